import { type RawBuilder, sql } from 'kysely';
import type { Db, Trx } from '../db/database.ts';
import { optedOut } from '../mailings/opt-outs.ts';
import type { ContactKind, Outcome } from './rules.ts';

/** What one of two may know of the other, as it stands now; a text, so that a mail can be compared with it. */
export type Other = {
  personId: string;
  /** Null while she may not be named to the reader. */
  firstName: string | null;
  lastName: string | null;
  askMe: string;
  work: string;
  /** What she gives, and has: nothing before both are told. */
  contacts: Partial<Record<ContactKind, string>>;
};

/** Both were at one event, and the one let the others see her name there. */
export const isNamedTo = (named: RawBuilder<unknown>, reader: RawBuilder<unknown>) => sql<boolean>`exists (
  select 1 from invitations ni
  join attendance na on na.event_id = ni.event_id and na.person_id = ni.person_id
  join attendance nr on nr.event_id = ni.event_id and nr.person_id = ${reader}
  where ni.person_id = ${named} and ni.visible)`;

// The names inside are none that a caller's own query may have: one of its tables would be taken for ours.
/** As JSON: the other one of an introduction, `{}` where there is none to be shown. */
export function otherAsJson(
  introductionId: RawBuilder<unknown>,
  readerId: RawBuilder<unknown>,
): RawBuilder<string> {
  const isTold = sql`(xn.state = 'made' and xn.mailed_at is not null)`;
  const isNamed = sql`(${isTold} or ${isNamedTo(sql`xo.person_id`, readerId)})`;
  return sql<string>`coalesce((
    select jsonb_build_object(
      'personId', xo.person_id,
      'firstName', case when ${isNamed} then xp.first_name end,
      -- Those who were there read "Anna R."; the whole name comes with the yes of both.
      'lastName', case when ${isTold} then xp.last_name when ${isNamed} and xp.last_name <> '' then left(xp.last_name, 1) || '.' end,
      'askMe', case when ${isTold} then coalesce(xpr.ask_me, '') else '' end,
      'work', case when ${isTold} then coalesce(xpr.work, '') else '' end,
      'contacts', case when ${isTold} then jsonb_strip_nulls(jsonb_build_object(
        'email', case when 'email' = any(xo.contacts) then xp.email::text end,
        'phone', case when 'phone' = any(xo.contacts) then nullif(xp.phone, '') end,
        'website', case when 'website' = any(xo.contacts) then nullif(xpr.website, '') end)) else '{}' end)
    from introductions xn join introduction_sides xo on xo.introduction_id = xn.id and xo.person_id <> ${readerId}
    join people xp on xp.id = xo.person_id and xp.erased_at is null
    left join profiles xpr on xpr.person_id = xp.id
    where xn.id = ${introductionId})::text, '{}')`;
}

export function readOther(json: string): Other | null {
  const other = JSON.parse(json) as Partial<Other>;
  return other.personId ? (other as Other) : null;
}

export type OwnIntroduction = {
  id: string;
  chapterId: string;
  chapterName: string;
  slug: string;
  timeZone: string;
  kind: 'wish' | 'by_hand';
  state: string;
  words: string | null;
  createdAt: Date;
  mailedAt: Date | null;
  eventTitle: string | null;
  contacts: ContactKind[];
  agreedAt: Date | null;
  declinedAt: Date | null;
  askedLaterAt: Date | null;
  metAgain: 'yes' | 'no' | null;
  outcome: Outcome | null;
  /** The first name of whoever introduces them; null for wishes. */
  introducer: string | null;
  otherJson: string;
};

/** Somebody's introductions, or one of them; one that was wished for only once both were told. */
export async function listOwnIntroductions(
  db: Db,
  of: { personId: string; introductionId?: string },
): Promise<OwnIntroduction[]> {
  const { rows } = await sql<OwnIntroduction>`
    select n.id, n.chapter_id, c.name as chapter_name, c.slug, c.time_zone, n.kind, n.state, n.words, n.created_at, n.mailed_at,
      e.title as event_title, s.contacts, s.agreed_at, s.declined_at, s.asked_later_at, s.met_again, s.outcome,
      by_whom.first_name as introducer, ${otherAsJson(sql`n.id`, sql`s.person_id`)} as other_json
    from introduction_sides s join introductions n on n.id = s.introduction_id
    join chapters c on c.id = n.chapter_id left join events e on e.id = n.event_id
    left join people by_whom on by_whom.id = n.introduced_by and by_whom.erased_at is null
    where s.person_id = ${of.personId} and (n.kind = 'by_hand' or n.mailed_at is not null)
      and (${of.introductionId ?? null}::uuid is null or n.id = ${of.introductionId ?? null}::uuid)
    order by coalesce(n.mailed_at, n.created_at) desc, n.id`.execute(db);
  return rows;
}

/** The next date at which two can meet in person: one that both are invited to, or one of the chapter that is open to all. */
export async function findNextMeeting(
  db: Db,
  of: { chapterId: string; one: string; other: string; now: Date },
) {
  const invited = (personId: string) =>
    sql<boolean>`exists (select 1 from invitations i where i.event_id = e.id and i.person_id = ${personId})`;
  const row = await db
    .selectFrom('events as e')
    .select(['e.id', 'e.title', 'e.startsAt', 'e.timeZone', 'e.venueName'])
    .where('e.state', '=', 'published')
    .where('e.startsAt', '>', of.now)
    .where('e.format', 'in', ['in_person', 'hybrid'])
    .where(
      sql<boolean>`((${invited(of.one)} and ${invited(of.other)})
        or (e.access = 'public' and e.chapter_id = ${of.chapterId}))`,
    )
    .orderBy('e.startsAt')
    .orderBy('e.id')
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/** Whether an introduction may be told to both: neither is gone or wants no such mail. */
export const bothMayBeTold = (introductionId: RawBuilder<unknown>) => sql<boolean>`not exists (
  select 1 from introductions bn cross join lateral (values (bn.first_id), (bn.second_id)) as who(id)
  join people bp on bp.id = who.id
  where bn.id = ${introductionId} and (bp.erased_at is not null or ${optedOut({
    personId: sql`bp.id`,
    chapterId: sql`bn.chapter_id`,
    eventId: sql`bn.event_id`,
    topic: 'introduction',
  })}))`;

/** Whether what a mail says of an introduction is over: the objection to sending it. */
export function introductionIsOver(
  template: string,
  introductionId: string,
  readerId: RawBuilder<unknown>,
): RawBuilder<boolean> {
  const id = sql`${introductionId}::uuid`;
  const state = sql`(select state from introductions where id = ${id})`;
  if (template === 'introduction_asked') {
    return sql`(${state} is distinct from 'asked' or not ${bothMayBeTold(id)} or exists (
      select 1 from introduction_sides s where s.introduction_id = ${id} and s.person_id = ${readerId}
        and (s.agreed_at is not null or s.declined_at is not null)))`;
  }
  if (template === 'introduction_later') {
    return sql`(${state} is distinct from 'made' or exists (
      select 1 from introduction_sides s join people p on p.id = s.person_id
      where s.introduction_id = ${id} and p.erased_at is not null))`;
  }
  return sql`(${state} is distinct from 'made' or not ${bothMayBeTold(id)})`;
}

export async function lockIntroduction(trx: Trx, id: string) {
  return trx.selectFrom('introductions').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}
