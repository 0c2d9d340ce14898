import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Mode } from '../rsvps/rules.ts';
import { anyOf } from './queries.ts';

/** By head, guests included; those seen without their guests. */
export type ByMode = { going: Record<Mode, number>; present: Record<Mode, number> };

/**
 * How the hybrid ones among some events stand in the room and online. Of one long past only who was seen is known: its
 * sums are left.
 */
export async function countByMode(
  db: Db,
  events: readonly { id: string; format: string }[],
): Promise<Map<string, ByMode>> {
  const ids = events.filter(({ format }) => format === 'hybrid').map(({ id }) => id);
  if (ids.length === 0) return new Map();
  const { rows } = await sql<{ id: string } & ByMode>`
    select e.id,
      (select jsonb_build_object('room', coalesce(sum(1 + r.guests) filter (where r.mode = 'room'), 0),
        'online', coalesce(sum(1 + r.guests) filter (where r.mode = 'online'), 0))
        from rsvps r where r.event_id = e.id and r.state = 'going') as going,
      coalesce((select jsonb_build_object('room', z.attended_room, 'online', z.attended_online)
        from event_sums z where z.event_id = e.id),
        (select jsonb_build_object('room', count(*) filter (where a.mode = 'room'),
          'online', count(*) filter (where a.mode = 'online')) from attendance a where a.event_id = e.id)) as present
    from events e where e.id = ${anyOf(ids)}`.execute(db);
  return new Map(rows.map(({ id, ...counts }) => [id, counts]));
}
