import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { isNewcomer } from './newcomers.ts';

/** One who presents herself in the round: as far as she lets those who come know of her. */
export type Speaker = {
  firstName: string;
  lastName: string;
  askMe: string;
  work: string;
  isNew: boolean;
};

/** The round of introductions: who is named in it, in order, and how many more come, guests among them. */
export type Round = { speakers: Speaker[]; more: number };

/** So many speak before anybody who is there for the first time: then she has heard how it goes. */
const before = 3;

/** Those who come to an event and let the others see their name, newcomers never among the first three. */
export async function findRound(db: Db, eventId: string): Promise<Round> {
  const { rows } = await sql<Speaker & { visible: boolean; guests: number }>`
    select p.first_name, p.last_name, coalesce(f.ask_me, '') as ask_me, coalesce(f.work, '') as work,
      ${isNewcomer} as is_new, i.visible, r.guests
    from rsvps r join invitations i on i.event_id = r.event_id and i.person_id = r.person_id
    join people p on p.id = r.person_id and p.erased_at is null
    left join profiles f on f.person_id = r.person_id
    where r.event_id = ${eventId} and r.state = 'going'
    order by p.first_name collate "it-x-icu", p.last_name collate "it-x-icu", p.id`.execute(db);
  const named = rows.filter(({ visible }) => visible);
  const first = named.filter(({ isNew }) => !isNew).slice(0, before);
  return {
    speakers: [...first, ...named.filter((speaker) => !first.includes(speaker))],
    more: rows.length - named.length + rows.reduce((sum, { guests }) => sum + guests, 0),
  };
}
