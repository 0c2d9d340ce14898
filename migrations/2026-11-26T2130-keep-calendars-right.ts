import { type Kysely, sql } from 'kysely';

/**
 * What her calendar was told by each mail; when an event last changed, as feeds say it; a person's own calendar feed,
 * whose address she can renew by itself; and the chapter's choice to send invitations that calendars show buttons for.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
ALTER TABLE chapters ADD COLUMN invitation_in_calendar boolean NOT NULL DEFAULT false;

ALTER TABLE people ADD COLUMN feed_epoch integer NOT NULL DEFAULT 1;
ALTER TABLE merged_people ADD COLUMN feed_epoch integer NOT NULL DEFAULT 1;

ALTER TABLE events ADD COLUMN changed_at timestamptz;
UPDATE events SET changed_at = greatest(created_at, published_at, moved_at, cancelled_at);
ALTER TABLE events ALTER COLUMN changed_at SET NOT NULL, ALTER COLUMN changed_at SET DEFAULT now();

-- {"uid", "holds": whether her calendar holds the entry from then on, "sequence", "stamp": its DTSTAMP, ISO 8601 in UTC};
-- written when the body of a mail with a calendar part begins to leave, null for all others.
ALTER TABLE deliveries ADD COLUMN entry jsonb;

-- Those who have said that they come, or may, were sent an entry with their confirmation.
UPDATE deliveries d SET entry = jsonb_build_object('uid', i.calendar_uid, 'holds', true, 'sequence', i.sequence,
  'stamp', to_char(d.dated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS".000Z"'))
FROM events e, invitations i, rsvps r
WHERE e.ends_at > now() AND e.state = 'published' AND d.event_id = e.id
  AND i.event_id = e.id AND i.person_id = d.person_id AND r.event_id = e.id AND r.person_id = d.person_id
  AND r.state IN ('going', 'maybe') AND d.kind IN ('confirmation', 'update') AND d.state IN ('sent', 'unknown')
  AND d.dated_at IS NOT NULL;
`)
    .execute(db);
}
