import { type RawBuilder, sql } from 'kysely';
import { isCurrent } from '../../chapters/current.ts';
import type { Db } from '../../db/database.ts';
import { containing } from '../../db/like.ts';
import { hostNameOf, isNewcomer } from '../../encounters/newcomers.ts';
import { hostOf } from '../../rsvps/page-queries.ts';
import type { Mode, RsvpState } from '../../rsvps/rules.ts';

/**
 * Somebody as the door knows her: her name and how she stands. Whoever helps at the door for one evening sees this, and
 * it stays on phones: no address, no telephone, no note is in it.
 */
export type DoorPerson = {
  id: string;
  firstName: string;
  lastName: string;
  linkEpoch: number;
  /** How she was invited; null for a member whom no invitation reached. */
  source: string | null;
  inviterFirstName: string | null;
  inviterLastName: string | null;
  invitedBy: string | null;
  state: RsvpState | null;
  mode: Mode | null;
  guests: number;
  guestNames: string[];
  /** Which of her guests are here. */
  guestsHere: number[];
  presentMode: Mode | null;
  walkIn: boolean | null;
  /** From outside the group, and never seen before: as her mails say it. */
  isNew: boolean;
  /** The first name of who was chosen to welcome her. */
  host: string | null;
  /** The latest tap about her or a guest of hers. */
  tappedAt: Date | null;
};

type AtDoor = { id: string; chapterId: string };

/** Those who said yes or were seen: as many as there are seats, and a few more. */
export async function findExpected(db: Db, event: AtDoor): Promise<DoorPerson[]> {
  const { rows } = await people(
    sql`select person_id from rsvps where event_id = ${event.id} and state = 'going'
      union select person_id from attendance where event_id = ${event.id}`,
    event,
    sql`true`,
    null,
  ).execute(db);
  return rows;
}

/** Those who might come all the same: everybody else who was invited, and the group's members. */
export async function findOthers(
  db: Db,
  event: AtDoor,
  { now, search, limit }: { now: Date; search: string; limit: number },
): Promise<DoorPerson[]> {
  const like = containing(search);
  const { rows } = await people(
    sql`select person_id from invitations where event_id = ${event.id}
      union select person_id from memberships where chapter_id = ${event.chapterId}
        and ${isCurrent('memberships', now)}`,
    event,
    sql`r.state is distinct from 'going' and a.person_id is null
      and (p.first_name || ' ' || p.last_name) ilike ${like}`,
    limit,
  ).execute(db);
  return rows;
}

function people(ids: RawBuilder<unknown>, event: AtDoor, which: RawBuilder<unknown>, limit: number | null) {
  return sql<DoorPerson>`
    select p.id, p.first_name, p.last_name, p.link_epoch, i.source, i.invited_by,
      inviter.first_name as inviter_first_name, inviter.last_name as inviter_last_name,
      r.state, r.mode, coalesce(r.guests, 0) as guests,
      coalesce((select array_agg(g.name order by g.position) from rsvp_guests g
        where g.event_id = ${event.id} and g.person_id = p.id), '{}') as guest_names,
      coalesce((select array_agg(h.position order by h.position) from guest_attendance h
        where h.event_id = ${event.id} and h.person_id = p.id), '{}') as guests_here,
      a.mode as present_mode, a.walk_in, ${hostNameOf(sql`${event.id}`, sql.ref('p.id'))} as host,
      coalesce(${isNewcomer}, false) as is_new,
      (select max(m.tapped_at) from door_marks m where m.person_id = p.id and m.event_id = ${event.id})
        as tapped_at
    from (${ids}) who
    join people p on p.id = who.person_id and p.erased_at is null
    left join invitations i on i.event_id = ${event.id} and i.person_id = p.id
    left join people inviter on inviter.id = i.invited_by_person_id
    left join rsvps r on r.event_id = ${event.id} and r.person_id = p.id
    left join attendance a on a.event_id = ${event.id} and a.person_id = p.id
    where ${which}
    order by p.first_name collate "it-x-icu", p.last_name collate "it-x-icu", p.id
    limit ${limit}`;
}

/** The first name of who welcomes those who are new: whom their mails tell them to ask for. */
export async function findWelcomer(db: Db, eventId: string, now: Date): Promise<string | null> {
  const { rows } = await sql<{ name: string | null }>`
    select ${hostOf(now)} as name from events e where e.id = ${eventId}`.execute(db);
  return rows[0]?.name ?? null;
}
