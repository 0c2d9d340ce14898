import { sql } from 'kysely';
import { isCurrent } from '../chapters/current.ts';
import type { Db, Trx } from '../db/database.ts';
import { containing } from '../db/like.ts';

/** Those who coordinate a chapter now, or are about to, whoever has done it longest first. */
export async function listCoordinators(db: Db, chapterId: string, now: Date) {
  return db
    .selectFrom('memberships as m')
    .innerJoin('people as p', 'p.id', 'm.personId')
    .select([
      'm.id as membershipId',
      'm.startsAt',
      'm.endsAt',
      'p.id',
      'p.firstName',
      'p.lastName',
      'p.email',
    ])
    .where('m.chapterId', '=', chapterId)
    .where('m.role', '=', 'coordinator')
    .where((where) => where.or([where('m.endsAt', 'is', null), where('m.endsAt', '>', now)]))
    .where('p.erasedAt', 'is', null)
    .orderBy('m.startsAt')
    .orderBy('m.id')
    .execute();
}

/** The handovers of a chapter whose day is still to come, with who hands over to whom. */
export async function listHandovers(db: Db, chapterId: string, now: Date) {
  return handoversOf(db)
    .where('h.chapterId', '=', chapterId)
    .where('h.takesEffectAt', '>', now)
    .where('h.takenBackAt', 'is', null)
    .orderBy('h.takesEffectAt')
    .orderBy('h.id')
    .execute();
}

function handoversOf(db: Db) {
  return db
    .selectFrom('handovers as h')
    .innerJoin('memberships as o', 'o.id', 'h.outgoingMembershipId')
    .innerJoin('memberships as i', 'i.id', 'h.incomingMembershipId')
    .innerJoin('people as outgoing', 'outgoing.id', 'o.personId')
    .innerJoin('people as incoming', 'incoming.id', 'i.personId')
    .select([
      'h.id',
      'h.takesEffectAt',
      'h.incomingIsNew',
      'h.outgoingMembershipId',
      'h.incomingMembershipId',
    ])
    .select(['o.personId as outgoingId', 'outgoing.firstName as outgoingFirstName'])
    .select(['outgoing.lastName as outgoingLastName', 'incoming.lastName as incomingLastName'])
    .select(['i.personId as incomingId', 'incoming.firstName as incomingFirstName']);
}

/** A handover of a chapter that can still be taken back, locked. */
export async function lockHandover(trx: Trx, of: { id: string; chapterId: string; now: Date }) {
  return handoversOf(trx)
    .where('h.id', '=', of.id)
    .where('h.chapterId', '=', of.chapterId)
    .where('h.takesEffectAt', '>', of.now)
    .where('h.takenBackAt', 'is', null)
    .forUpdate(['h', 'o', 'i'])
    .executeTakeFirst();
}

/** One membership as coordinator that has no end yet, locked. */
export async function lockOpenCoordination(trx: Trx, of: { chapterId: string; personId: string }) {
  return trx
    .selectFrom('memberships')
    .select(['id', 'startsAt'])
    .where('chapterId', '=', of.chapterId)
    .where('personId', '=', of.personId)
    .where('role', '=', 'coordinator')
    .where('endsAt', 'is', null)
    .forUpdate()
    .executeTakeFirst();
}

export async function endCoordination(trx: Trx, membershipId: string, at: Date): Promise<void> {
  await trx
    .updateTable('memberships')
    .set({ endsAt: sql`greatest(starts_at, ${at})` })
    .where('id', '=', membershipId)
    .execute();
}

/** Somebody who belongs to a chapter now; undefined for anybody else. */
export async function findMember(db: Db, of: { chapterId: string; personId: string; now: Date }) {
  return db
    .selectFrom('people as p')
    .innerJoin('memberships as m', 'm.personId', 'p.id')
    .select(['p.id', 'p.firstName', 'p.lastName', 'p.email'])
    .where('p.id', '=', of.personId)
    .where('p.erasedAt', 'is', null)
    .where('m.chapterId', '=', of.chapterId)
    .where(isCurrent('m', of.now))
    .executeTakeFirst();
}

/** A few members of a chapter by a part of their name or address; those who have no address cannot sign in. */
export async function searchMembers(
  db: Db,
  of: { chapterId: string; words: string; now: Date; limit: number },
) {
  const pattern = containing(of.words.trim());
  return db
    .selectFrom('memberships as m')
    .innerJoin('people as p', 'p.id', 'm.personId')
    .select(['p.id', 'p.firstName', 'p.lastName', 'p.email'])
    .select(sql<boolean>`bool_or(m.role = 'coordinator')`.as('coordinates'))
    .where('m.chapterId', '=', of.chapterId)
    .where(isCurrent('m', of.now))
    .where('p.erasedAt', 'is', null)
    .where('p.email', 'is not', null)
    .where(sql<boolean>`(p.first_name || ' ' || p.last_name || ' ' || p.email::text) ilike ${pattern}`)
    .groupBy('p.id')
    .orderBy(sql`p.first_name collate "it-x-icu"`)
    .orderBy(sql`p.last_name collate "it-x-icu"`)
    .orderBy('p.id')
    .limit(of.limit)
    .execute();
}
