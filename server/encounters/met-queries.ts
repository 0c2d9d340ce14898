import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Mode } from '../rsvps/rules.ts';

/** Somebody whom she met, with where it was the last time and how often. */
export type Met = {
  firstName: string;
  lastName: string;
  times: number;
  title: string;
  startsAt: Date;
  timeZone: string;
  mode: Mode;
};

const most = 200;

/**
 * Whom somebody met: those who were at the same event in the same room, or online as she was, where both let their names be
 * seen by the others. The latest first; each stands there once, with all that they share.
 */
export async function listMet(db: Db, personId: string): Promise<Met[]> {
  const { rows } = await sql<Met>`
    select * from (
      select distinct on (p.id) p.id, p.first_name, p.last_name, e.title, e.starts_at, e.time_zone, theirs.mode,
        (count(*) over (partition by p.id))::int as times
      from attendance mine
      join invitations my on my.event_id = mine.event_id and my.person_id = mine.person_id and my.visible
      join attendance theirs on theirs.event_id = mine.event_id and theirs.mode = mine.mode
        and theirs.person_id <> mine.person_id
      join invitations their on their.event_id = theirs.event_id and their.person_id = theirs.person_id and their.visible
      join people p on p.id = theirs.person_id and p.erased_at is null
      join events e on e.id = mine.event_id
      where mine.person_id = ${personId}
      order by p.id, e.starts_at desc, e.id) met
    order by starts_at desc, first_name collate "it-x-icu", last_name collate "it-x-icu", id
    limit ${most}`.execute(db);
  return rows;
}

/** How often she was there since a moment, in a room and online. */
export async function countPresences(
  db: Db,
  of: { personId: string; since: Date },
): Promise<Record<Mode, number>> {
  const { rows } = await sql<Record<Mode, number>>`
    select count(*) filter (where a.mode = 'room')::int as room, count(*) filter (where a.mode = 'online')::int as online
    from attendance a join events e on e.id = a.event_id
    where a.person_id = ${of.personId} and e.starts_at > ${of.since}`.execute(db);
  return rows[0] ?? { room: 0, online: 0 };
}
