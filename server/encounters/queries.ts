import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { prepared } from '../db/prepared.ts';
import type { Mode } from '../rsvps/rules.ts';

/** One of those whom she will meet, as far as she may know of her: her mail and her page show "Paola N.". */
export type Companion = {
  firstName: string;
  lastName: string;
  askMe: string;
  mode: Mode;
  /** Present online at an event where she was online too, and never in one room with her; both come to the room now. */
  onlineSoFar: boolean;
  /** Whose photo it is, where she has one; no mail is told. */
  photoOf?: string | null;
};

/** Those who come as well: who is named, and how many more. */
export type Company = { people: Companion[]; more: number };

/** So many of those who come are named. */
const named = 8;

const wereBoth = (mode: Mode) => sql`exists (
  select 1 from attendance xa join attendance xb on xb.event_id = xa.event_id and xb.person_id = xr.person_id
  where xa.person_id = xme.person_id and xa.event_id <> xme.event_id and xa.mode = ${mode} and xb.mode = ${mode})`;

// The names inside are none that a caller's own query may have: one of its tables would be taken for ours.
/**
 * Whom a reader will meet at an event, as JSON (`Company`): of those who come, who let the others see her name there.
 * First who was met only online so far, then those in the reader's mode, those never met in person before the others;
 * beyond that each reader has an order of her own, so that not the same few are named to everybody. Nobody where the
 * reader does not come herself.
 */
export function companyAsJson(
  eventId: RawBuilder<unknown>,
  readerId: RawBuilder<unknown>,
  { withPhotos = false } = {},
): RawBuilder<unknown> {
  const photoOf = sql`, 'photoOf', (select xx.person_id from photos xx where xx.person_id = xc.id)`;
  const onlineSoFar = sql`(xi.visible and xmi.visible and xr.mode = 'room' and xme.mode = 'room'
    and ${wereBoth('online')} and not ${wereBoth('room')})`;
  return sql`(
    select jsonb_build_object(
      'people', coalesce(jsonb_agg(jsonb_build_object('firstName', xc.first_name, 'lastName', xc.last_name,
        'askMe', xc.ask_me, 'mode', xc.mode, 'onlineSoFar', xc.online_so_far${withPhotos ? photoOf : sql``}) order by xc.place)
        filter (where xc.visible and xc.place <= ${named}), '[]'),
      'more', count(*) filter (where not (xc.visible and xc.place <= ${named})))
    from (
      select xp.id, xp.first_name, xp.last_name, coalesce(xf.ask_me, '') as ask_me, xr.mode, xi.visible,
        ${onlineSoFar} as online_so_far,
        row_number() over (order by xi.visible desc, ${onlineSoFar} desc, xr.mode = xme.mode desc,
          xi.visible and ${wereBoth('room')}, md5(xme.person_id::text || xp.id::text)) as place
      from rsvps xme
      join invitations xmi on xmi.event_id = xme.event_id and xmi.person_id = xme.person_id
      join rsvps xr on xr.event_id = xme.event_id and xr.person_id <> xme.person_id and xr.state = 'going'
      join invitations xi on xi.event_id = xr.event_id and xi.person_id = xr.person_id
      join people xp on xp.id = xr.person_id and xp.erased_at is null
      left join profiles xf on xf.person_id = xp.id
      where xme.event_id = ${eventId} and xme.person_id = ${readerId} and xme.state = 'going') xc)`;
}

/** Whom a reader will meet, with whose photo her page shows. */
export const companyOf = prepared<{ eventId: string; personId: string }>()(
  (_db, { eventId, personId }) => sql<{ company: Company }>`
    select ${companyAsJson(sql`${eventId}::uuid`, sql`${personId}::uuid`, { withPhotos: true })} as company`,
);

/** The photo of somebody whom a reader will meet at an event: both come, and she lets the others see her name there. */
export async function findCompanionPhoto(
  db: Db,
  of: { eventId: string; readerId: string; personId: string },
): Promise<Buffer | null> {
  const { rows } = await sql<{ bytes: Buffer }>`
    select x.bytes from photos x
    join people p on p.id = x.person_id and p.erased_at is null
    join rsvps r on r.person_id = x.person_id and r.event_id = ${of.eventId} and r.state = 'going'
    join invitations i on i.person_id = x.person_id and i.event_id = r.event_id and i.visible
    join rsvps me on me.person_id = ${of.readerId} and me.event_id = r.event_id and me.state = 'going'
    where x.person_id = ${of.personId} and me.person_id <> x.person_id`.execute(db);
  return rows[0]?.bytes ?? null;
}
