import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { HeldEntry } from './rules.ts';

/**
 * Whether a mail has reached her, or may have, over the alias `told` (deliveries): what came back or was never sent told her
 * calendar nothing.
 */
export const mayHaveArrived = sql`(told.state in ('sent', 'unknown') or (told.state = 'sending' and told.phase = 'data'))`;

/** Whether her calendar holds an entry of the event, over the alias `i` (invitations). */
export const holdsEntry: RawBuilder<boolean> = sql`coalesce((
  select (told.entry ->> 'holds')::boolean from deliveries told
  where told.person_id = i.person_id and told.event_id = i.event_id
    and told.entry ->> 'uid' = i.calendar_uid and ${mayHaveArrived}
  order by told.entry ->> 'stamp' desc limit 1), false)`;

/**
 * The last word that calendars had before some mails, by the mail's id: null where there was none. A mail that is
 * repeated does not count its own first try.
 */
export async function findHeldEntries(
  db: Db,
  mails: readonly { id: string; personId: string; eventId: string }[],
): Promise<Map<string, HeldEntry>> {
  if (mails.length === 0) return new Map();
  const column = (key: 'id' | 'personId' | 'eventId') => mails.map((mail) => mail[key]);
  const { rows } = await sql<{ id: string; holds: boolean; sequence: number; stamp: string }>`
    select distinct on (m.id) m.id, (told.entry ->> 'holds')::boolean as holds,
      (told.entry ->> 'sequence')::int as sequence, told.entry ->> 'stamp' as stamp
    from unnest(${column('id')}::uuid[], ${column('personId')}::uuid[], ${column('eventId')}::uuid[])
      as m (id, person_id, event_id)
    join invitations i on i.event_id = m.event_id and i.person_id = m.person_id
    join deliveries told on told.person_id = m.person_id and told.event_id = m.event_id and told.id <> m.id
    where told.entry ->> 'uid' = i.calendar_uid and ${mayHaveArrived}
    order by m.id, told.entry ->> 'stamp' desc`.execute(db);
  return new Map(rows.map(({ id, stamp, ...row }) => [id, { ...row, stamp: new Date(stamp) }]));
}
