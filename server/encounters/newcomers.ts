import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Mode } from '../rsvps/rules.ts';

// Looked up person by person: a plain EXISTS may be answered by reading everybody's.
/** Whether somebody was never seen at another event, however long ago. */
export const isUnseen = (personId: RawBuilder<unknown>, eventId: RawBuilder<unknown>) => sql<boolean>`(
  (select x.event_id from attendance x where x.person_id = ${personId} and x.event_id <> ${eventId} limit 1) is null
  and (select x.person_id from past_presence x where x.person_id = ${personId} limit 1) is null)`;

/**
 * Whether a person of the alias `i` (invitations) comes from outside the group and was never seen at another event: what
 * her mails, the door and the eve's list call new.
 */
export const isNewcomer = sql<boolean>`(i.source <> 'member'
  and ${isUnseen(sql.ref('i.person_id'), sql.ref('i.event_id'))})`;

/** What both have said for as long as a choice stands, over the alias `w` (welcomes): each comes, in one mode, and may be named. */
export const hostStands = sql`exists (
  select 1 from invitations hi
  join rsvps hr on hr.event_id = hi.event_id and hr.person_id = hi.person_id and hr.state = 'going'
  join people hp on hp.id = hi.person_id and hp.erased_at is null
  join profiles hf on hf.person_id = hi.person_id and hf.welcomes
  join invitations ni on ni.event_id = hi.event_id and ni.person_id = w.newcomer_id and ni.visible
  join rsvps nr on nr.event_id = ni.event_id and nr.person_id = ni.person_id and nr.state = 'going' and nr.mode = hr.mode
  join people np on np.id = ni.person_id and np.erased_at is null
  where hi.event_id = w.event_id and hi.person_id = w.host_id and hi.visible)`;

/** The first name of who welcomes a reader at an event, or null: for her own mails and the door. */
export const hostNameOf = (eventId: RawBuilder<unknown>, newcomerId: RawBuilder<unknown>) => sql<
  string | null
>`(
  select wp.first_name from welcomes w join people wp on wp.id = w.host_id
  where w.event_id = ${eventId} and w.newcomer_id = ${newcomerId} and ${hostStands})`;

/** One of two in a choice, as the other one's mail shows her. `hosts`: whether the reader is she who welcomes. */
export type Welcomed = {
  hosts: boolean;
  mode: Mode;
  firstName: string;
  lastName: string;
  askMe: string;
  work: string;
};

/** What a mail about a choice tells its reader of the other one, as JSON (`Welcomed`); null once it no longer stands. */
export function welcomeAsJson(
  welcomeId: RawBuilder<unknown>,
  readerId: RawBuilder<unknown>,
): RawBuilder<unknown> {
  return sql`(
    select jsonb_build_object('hosts', w.host_id = ${readerId}, 'mode', wr.mode, 'firstName', wp.first_name,
      'lastName', wp.last_name, 'askMe', coalesce(wf.ask_me, ''), 'work', coalesce(wf.work, ''))
    from welcomes w
    join people wp on wp.id = case when w.host_id = ${readerId} then w.newcomer_id else w.host_id end
    join rsvps wr on wr.event_id = w.event_id and wr.person_id = wp.id
    left join profiles wf on wf.person_id = wp.id
    where w.id = ${welcomeId} and ${readerId} in (w.host_id, w.newcomer_id) and ${hostStands})`;
}

/** Somebody who comes to an event for the first time, as the desk shows her to a coordinator. */
export type Newcomer = {
  id: string;
  firstName: string;
  lastName: string;
  mode: Mode;
  visible: boolean;
  inviter: { id: string; firstName: string; lastName: string } | null;
  host: { id: string; firstName: string; lastName: string; stands: boolean } | null;
};

export async function listNewcomers(db: Db, eventId: string): Promise<Newcomer[]> {
  const { rows } = await sql<Newcomer>`
    select p.id, p.first_name, p.last_name, r.mode, i.visible,
      case when v.id is not null
        then jsonb_build_object('id', v.id, 'firstName', v.first_name, 'lastName', v.last_name) end as inviter,
      case when h.id is not null then jsonb_build_object('id', h.id, 'firstName', h.first_name, 'lastName', h.last_name,
        'stands', ${hostStands}) end as host
    from rsvps r join invitations i on i.event_id = r.event_id and i.person_id = r.person_id
    join people p on p.id = r.person_id and p.erased_at is null
    left join people v on v.id = i.invited_by_person_id and v.erased_at is null
    left join welcomes w on w.event_id = r.event_id and w.newcomer_id = r.person_id
    left join people h on h.id = w.host_id and h.erased_at is null
    where r.event_id = ${eventId} and r.state = 'going' and ${isNewcomer}
    order by p.first_name collate "it-x-icu", p.last_name collate "it-x-icu", p.id`.execute(db);
  return rows;
}

/** Who comes, gladly welcomes somebody new, and may be named to her. `count`: how many of this event she welcomes already. */
export type Willing = { id: string; firstName: string; lastName: string; mode: Mode; count: number };

export async function listWilling(db: Db, eventId: string): Promise<Willing[]> {
  const { rows } = await sql<Willing>`
    select p.id, p.first_name, p.last_name, r.mode,
      (select count(*)::int from welcomes w where w.event_id = r.event_id and w.host_id = r.person_id) as count
    from rsvps r join invitations i on i.event_id = r.event_id and i.person_id = r.person_id and i.visible
    join people p on p.id = r.person_id and p.erased_at is null
    join profiles f on f.person_id = r.person_id and f.welcomes
    where r.event_id = ${eventId} and r.state = 'going' and not ${isNewcomer}
    order by count, p.first_name collate "it-x-icu", p.last_name collate "it-x-icu", p.id`.execute(db);
  return rows;
}
