import { type RawBuilder, sql } from 'kysely';
import type { Db, Trx } from '../db/database.ts';
import { optedOut } from '../mailings/opt-outs.ts';
import { type ContactKind, pairOf } from './rules.ts';

/** Whether somebody can be introduced to others who were at an event with her: she was there and lets it be seen. */
const mayBeMet = (
  personId: RawBuilder<unknown>,
  of: { eventId: RawBuilder<unknown>; chapterId: RawBuilder<unknown> },
) =>
  sql<boolean>`(exists (
    select 1 from people x
    join invitations xi on xi.person_id = x.id and xi.event_id = ${of.eventId} and xi.visible
    join attendance xa on xa.person_id = x.id and xa.event_id = ${of.eventId}
    where x.id = ${personId} and x.erased_at is null and x.email is not null)
    and not ${optedOut({ personId, chapterId: of.chapterId, eventId: of.eventId, topic: 'introduction' })})`;

/** Whether a wish, the row `alias`, may be met as things stand now: both were there, let it be seen, and want such mail. */
const stands = (alias: string) => {
  const column = (name: string) => sql.ref(`${alias}.${name}`);
  const of = { eventId: column('event_id'), chapterId: column('chapter_id') };
  return sql<boolean>`(${mayBeMet(column('from_person_id'), of)} and ${mayBeMet(column('to_person_id'), of)})`;
};

export type Meetable = {
  id: string;
  firstName: string;
  lastName: string;
  askMe: string;
  work: string;
  /** They were introduced already. */
  isIntroduced: boolean;
  /** She is wished for by the reader. */
  isWished: boolean;
};

/** Whom somebody can wish to meet again after an event, by name. */
export async function listMeetable(
  db: Db,
  of: { eventId: string; chapterId: string; personId: string },
): Promise<Meetable[]> {
  const at = { eventId: sql`${of.eventId}::uuid`, chapterId: sql`${of.chapterId}::uuid` };
  const { rows } = await sql<Meetable>`
    select p.id, p.first_name, p.last_name, coalesce(pr.ask_me, '') as ask_me, coalesce(pr.work, '') as work,
      exists (select 1 from introductions n
        where n.first_id = least(p.id, ${of.personId}::uuid) and n.second_id = greatest(p.id, ${of.personId}::uuid)
          and n.state = 'made' and n.mailed_at is not null) as is_introduced,
      exists (select 1 from meet_wishes w where w.from_person_id = ${of.personId} and w.to_person_id = p.id) as is_wished
    from attendance a join people p on p.id = a.person_id left join profiles pr on pr.person_id = p.id
    where a.event_id = ${of.eventId} and a.person_id <> ${of.personId} and ${mayBeMet(sql`p.id`, at)}
    order by p.first_name collate "it-x-icu", p.last_name collate "it-x-icu", p.id`.execute(db);
  return rows;
}

/** Whether she was at an event, and lets it be seen. */
export async function findOwnPresence(db: Db, of: { eventId: string; personId: string }) {
  const { rows } = await sql<{ wasThere: boolean; visible: boolean; wants: boolean }>`
    select exists (select 1 from attendance a where a.event_id = i.event_id and a.person_id = i.person_id) as was_there,
      i.visible,
      not ${optedOut({
        personId: sql`i.person_id`,
        chapterId: sql`i.chapter_id`,
        eventId: sql`i.event_id`,
        topic: 'introduction',
      })} as wants
    from invitations i where i.event_id = ${of.eventId} and i.person_id = ${of.personId}`.execute(db);
  return rows[0] ?? { wasThere: false, visible: false, wants: true };
}

/** What she has to give, and what she gives as a rule. */
export async function findContacts(db: Db, personId: string) {
  const row = await db
    .selectFrom('people as p')
    .leftJoin('profiles as pr', 'pr.personId', 'p.id')
    .select(['p.email', 'p.phone', 'pr.website', 'pr.contacts'])
    .where('p.id', '=', personId)
    .executeTakeFirstOrThrow();
  return {
    has: { email: row.email, phone: row.phone || null, website: row.website || null },
    usual: (row.contacts ?? []) as ContactKind[],
  };
}

export type OwnContacts = Awaited<ReturnType<typeof findContacts>>;

/** What she gave with her wishes after an event; null where she has none. */
export async function findWishContacts(db: Db, of: { eventId: string; personId: string }) {
  const row = await db
    .selectFrom('meetWishes')
    .select('contacts')
    .where('fromPersonId', '=', of.personId)
    .where('eventId', '=', of.eventId)
    .limit(1)
    .executeTakeFirst();
  return row ? (row.contacts as ContactKind[]) : null;
}

/** Whom she wished for after an event, or, wherever she did so, among some people. */
export async function listWished(
  trx: Trx,
  of: { eventId: string; personId: string; among: readonly string[] },
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select to_person_id as id from meet_wishes where from_person_id = ${of.personId}
      and (event_id = ${of.eventId} or to_person_id = any (${of.among}::uuid[]))`.execute(trx);
  return rows.map(({ id }) => id);
}

/** Of two who wish for each other at the same moment one comes after the other. All of one's pairs in the order of all locks. */
export async function lockPairs(trx: Trx, personId: string, others: readonly string[]): Promise<void> {
  const keys = others.map((other) => {
    const { firstId, secondId } = pairOf(personId, other);
    return `${firstId}|${secondId}`;
  });
  // One at a time: a database may work through a list in an order of its own.
  for (const key of keys.sort()) {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`introduction|${key}`}, 0))`.execute(trx);
  }
}

/** Those of some people who are not erased, and stay so until the transaction ends. */
export async function lockLiving(trx: Trx, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`
    select id from people where id = any (${ids}::uuid[]) and erased_at is null order by id for key share`.execute(
    trx,
  );
  return new Set(rows.map(({ id }) => id));
}

export async function dropWishes(trx: Trx, fromPersonId: string, to: readonly string[]): Promise<void> {
  if (to.length === 0) return;
  await trx
    .deleteFrom('meetWishes')
    .where('fromPersonId', '=', fromPersonId)
    .where('toPersonId', 'in', [...to])
    .execute();
  // Where it was met and nobody has been told yet, nobody will be.
  await sql`
    update introductions n set state = 'withdrawn'
    from unnest(${[...to]}::uuid[]) as other(id)
    where n.first_id = least(other.id, ${fromPersonId}::uuid) and n.second_id = greatest(other.id, ${fromPersonId}::uuid)
      and n.kind = 'wish' and n.state = 'made' and n.mailed_at is null`.execute(trx);
}

/** Keeps wishes; one that was there keeps its day, so that saying it again does not make it last longer. */
export async function keepWishes(
  trx: Trx,
  wish: {
    fromPersonId: string;
    to: readonly string[];
    eventId: string;
    chapterId: string;
    contacts: readonly ContactKind[];
    now: Date;
  },
): Promise<void> {
  if (wish.to.length === 0) return;
  await trx
    .insertInto('meetWishes')
    .values(
      wish.to.map((toPersonId) => ({
        fromPersonId: wish.fromPersonId,
        toPersonId,
        eventId: wish.eventId,
        chapterId: wish.chapterId,
        contacts: [...wish.contacts],
        wishedAt: wish.now,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['fromPersonId', 'toPersonId']).doUpdateSet((row) => ({
        eventId: row.ref('excluded.eventId'),
        chapterId: row.ref('excluded.chapterId'),
        contacts: row.ref('excluded.contacts'),
      })),
    )
    .execute();
}

/** Makes an introduction of each wish of hers that is met; one that was made already stays one. */
export async function meetWishes(
  trx: Trx,
  of: { fromPersonId: string; to: readonly string[]; now: Date; sendsAt: Date },
): Promise<void> {
  await sql`
    insert into introductions (chapter_id, event_id, kind, state, first_id, second_id, created_at, made_at, sends_at)
    select w.chapter_id, w.event_id, 'wish', 'made', least(w.from_person_id, w.to_person_id),
      greatest(w.from_person_id, w.to_person_id), ${of.now}, ${of.now}, ${of.sendsAt}
    from meet_wishes w join meet_wishes back on back.from_person_id = w.to_person_id and back.to_person_id = w.from_person_id
    where w.from_person_id = ${of.fromPersonId} and w.to_person_id = any (${[...of.to]}::uuid[])
      and ${stands('w')} and ${stands('back')}
    on conflict (first_id, second_id, kind) where state in ('asked', 'made') do nothing`.execute(trx);
}

/** Whether two wish for each other, and may still be told so. */
export async function isMutual(trx: Trx, { firstId, secondId }: ReturnType<typeof pairOf>): Promise<boolean> {
  const { rows } = await sql`
    select 1 from meet_wishes w join meet_wishes back on back.from_person_id = w.to_person_id and back.to_person_id = w.from_person_id
    where w.from_person_id = ${firstId} and w.to_person_id = ${secondId} and ${stands('w')} and ${stands('back')}`.execute(
    trx,
  );
  return rows.length > 0;
}
