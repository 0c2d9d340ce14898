import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { nameOnLink } from '../rsvps/page-row.ts';

/** What a coordinator has added after an event: a line to one woman, photos and links; and whom she brought. */
export type Afterwords = {
  line: string | null;
  links: RecapLink[];
  /** The first names of those who came because of her. */
  brought: string[];
};

/** `seen`: "Anna R.", those in the photo who let it be said. */
export type RecapLink = { id: string; kind: 'photo' | 'link'; title: string; url: string; seen: string[] };

type Named = { firstName: string; lastName: string };
type Row = Omit<Afterwords, 'links'> & { links: (Omit<RecapLink, 'seen'> & { seen: Named[] })[] };

/**
 * All of it as JSON, as it stands now: compared again when the mail leaves, so that a name taken back, or a line put
 * right, is not what leaves. Who is in a photo is named only while her own invitation says so.
 */
export function afterwordsAsJson(
  eventId: RawBuilder<unknown>,
  personId: RawBuilder<unknown>,
): RawBuilder<string> {
  return sql<string>`(select jsonb_build_object(
    'line', (select l.text from thanks_lines l where l.event_id = ${eventId} and l.person_id = ${personId}),
    'links', ${linksAsJson(eventId)},
    'brought', (select coalesce(jsonb_agg(guest.name order by guest.name), '[]') from (
      select p.first_name as name from invitations i
      join attendance a on a.event_id = i.event_id and a.person_id = i.person_id
      join people p on p.id = i.person_id and p.erased_at is null and p.first_name <> ''
      where i.event_id = ${eventId} and i.invited_by_person_id = ${personId} and i.person_id <> ${personId}
      union
      select split_part(g.name, ' ', 1) from rsvp_guests g
      join guest_attendance ga on ga.event_id = g.event_id and ga.person_id = g.person_id and ga.position = g.position
      where g.event_id = ${eventId} and g.person_id = ${personId} and g.name <> '') guest))::text)`;
}

function linksAsJson(eventId: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(select coalesce(jsonb_agg(jsonb_build_object('id', l.id, 'kind', l.kind, 'title', l.title, 'url', l.url,
      'seen', (select coalesce(jsonb_agg(jsonb_build_object('firstName', p.first_name, 'lastName', p.last_name)
          order by p.first_name, p.id), '[]')
        from event_link_people s
        join invitations i on i.event_id = l.event_id and i.person_id = s.person_id and i.in_photos
        join people p on p.id = s.person_id and p.erased_at is null
        where s.link_id = l.id))
      order by l.position, l.id), '[]')
    from event_links l where l.event_id = ${eventId})`;
}

/** The JSON, and what it says. */
export async function loadAfterwords(
  db: Db,
  of: { eventId: string; personId: string },
): Promise<{ json: string; said: Afterwords }> {
  const { rows } = await sql<{ json: string }>`
    select ${afterwordsAsJson(sql`${of.eventId}::uuid`, sql`${of.personId}::uuid`)} as json`.execute(db);
  const json = rows[0]?.json ?? '{}';
  const row = JSON.parse(json) as Row;
  return { json, said: { ...row, links: row.links.map(linkOf) } };
}

/** The photos and links of an event, with those in them who let it be said. */
export async function listRecap(db: Db, eventId: string): Promise<RecapLink[]> {
  const { rows } = await sql<{ links: Row['links'] }>`
    select ${linksAsJson(sql`${eventId}::uuid`)} as links`.execute(db);
  return (rows[0]?.links ?? []).map(linkOf);
}

const linkOf = (link: Row['links'][number]): RecapLink => ({ ...link, seen: link.seen.map(nameOnLink) });
