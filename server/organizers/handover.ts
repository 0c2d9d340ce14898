import pg from 'pg';
import { type Actor, audit } from '../audit.ts';
import { isCurrent } from '../chapters/current.ts';
import { insertMembership } from '../chapters/queries.ts';
import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { ensurePerson, type NewPerson } from '../people/service.ts';
import { endCoordination, findMember, lockHandover, lockOpenCoordination } from './coordinators.ts';
import { sendOfficeMail, welcomeWithLink } from './office-mail.ts';

type Needs = Pick<Deps, 'db' | 'clock' | 'links'>;

/** Somebody of the chapter, or whoever is behind an address. */
export type Candidate = { personId: string } | NewPerson;

type Refused = { ok: false; reason: 'not_a_member' | 'no_address' | 'address_erased' };

/**
 * Makes somebody a coordinator of a chapter beside those who are. She gets a mail that says so and lets her in.
 * @returns `already` where she coordinates it without an end date
 */
export async function addCoordinator(
  deps: Needs,
  of: { chapterId: string; candidate: Candidate; actor: Actor },
): Promise<{ ok: true; personId: string } | Refused | { ok: false; reason: 'already' }> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const found = await findCandidate(trx, deps, of, now);
    if (!found.ok) return found;
    const made = await makeCoordinator(trx, of, found.personId, now);
    if (!made) return { ok: false, reason: 'already' } as const;
    await welcomeWithLink(trx, deps, {
      variant: 'welcome',
      personId: found.personId,
      chapterId: of.chapterId,
      otherId: of.actor.kind === 'person' ? of.actor.id : null,
      cause: made,
      now,
    });
    return { ok: true, personId: found.personId } as const;
  });
}

export type HandoverOutcome =
  | { ok: true; handoverId: string }
  | Refused
  /** She coordinates nothing here that has no end date yet, or hands over to herself. */
  | { ok: false; reason: 'not_a_coordinator' | 'herself' | 'past' };

/**
 * Hands a chapter over as of a moment. Until then both may do everything; then the rights of the outgoing end by
 * themselves, because every right asks for the time. She stays a member; what she did stays hers. Both get a mail.
 */
export async function handOver(
  deps: Needs,
  of: { chapterId: string; outgoingId: string; candidate: Candidate; at: Date; actor: Actor },
): Promise<HandoverOutcome> {
  const now = deps.clock();
  if (of.at <= now) return { ok: false, reason: 'past' };
  return deps.db.transaction().execute(async (trx): Promise<HandoverOutcome> => {
    await lockChapter(trx, of.chapterId);
    const outgoing = await lockOpenCoordination(trx, { chapterId: of.chapterId, personId: of.outgoingId });
    if (!outgoing) return { ok: false, reason: 'not_a_coordinator' };
    const found = await findCandidate(trx, deps, of, now);
    if (!found.ok) return found;
    if (found.personId === of.outgoingId) return { ok: false, reason: 'herself' };

    const isNew = (await makeCoordinator(trx, of, found.personId, now)) !== null;
    const incoming = await lockOpenCoordination(trx, { chapterId: of.chapterId, personId: found.personId });
    if (!incoming) throw new Error('the incoming coordinator is none');
    await endCoordination(trx, outgoing.id, of.at);
    await stayMember(trx, of.chapterId, of.outgoingId, now);
    const { id } = await trx
      .insertInto('handovers')
      .values({
        chapterId: of.chapterId,
        outgoingMembershipId: outgoing.id,
        incomingMembershipId: incoming.id,
        incomingIsNew: isNew,
        takesEffectAt: of.at,
        createdAt: now,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await audit(trx, {
      actor: of.actor,
      chapterId: of.chapterId,
      action: 'chapter.handed_over',
      subjectType: 'handover',
      subjectId: id,
      detail: { from: of.outgoingId, to: found.personId, at: of.at.toISOString() },
    });
    const mail = { chapterId: of.chapterId, cause: id, until: of.at, now };
    await welcomeWithLink(trx, deps, {
      ...mail,
      variant: 'incoming',
      personId: found.personId,
      otherId: of.outgoingId,
    });
    await sendOfficeMail(trx, {
      ...mail,
      variant: 'outgoing',
      personId: of.outgoingId,
      otherId: found.personId,
    });
    return { ok: true, handoverId: id };
  });
}

/**
 * Takes a handover back before its day: who was to go stays, and who became a coordinator by it is none any more. Both
 * get a mail.
 */
export async function takeBackHandover(
  deps: Needs,
  of: { chapterId: string; handoverId: string; actor: Actor },
): Promise<boolean> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    await lockChapter(trx, of.chapterId);
    const handover = await lockHandover(trx, { id: of.handoverId, chapterId: of.chapterId, now });
    if (!handover) return false;
    const { outgoingId, incomingId } = handover;
    // She may have been made a coordinator anew meanwhile: then she has one without an end already.
    if (!(await lockOpenCoordination(trx, { chapterId: of.chapterId, personId: outgoingId }))) {
      await trx
        .updateTable('memberships')
        .set({ endsAt: null })
        .where('id', '=', handover.outgoingMembershipId)
        .execute();
    }
    if (handover.incomingIsNew) {
      await endCoordination(trx, handover.incomingMembershipId, now);
      await stayMember(trx, of.chapterId, incomingId, now);
    }
    await trx.updateTable('handovers').set({ takenBackAt: now }).where('id', '=', handover.id).execute();
    await audit(trx, {
      actor: of.actor,
      chapterId: of.chapterId,
      action: 'chapter.handover_taken_back',
      subjectType: 'handover',
      subjectId: handover.id,
    });
    const mail = { chapterId: of.chapterId, cause: `${handover.id}:back`, now };
    await sendOfficeMail(trx, { ...mail, variant: 'stays', personId: outgoingId, otherId: incomingId });
    await sendOfficeMail(trx, {
      ...mail,
      variant: handover.incomingIsNew ? 'released' : 'together',
      personId: incomingId,
      otherId: outgoingId,
    });
    return true;
  });
}

/** Ends somebody's time as a coordinator now. She stays a member. The last one cannot leave: the constraint decides. */
export async function leaveCoordination(
  deps: Needs,
  of: { chapterId: string; personId: string; actor: Actor },
): Promise<'left' | 'last' | 'not_found'> {
  const now = deps.clock();
  return deps.db
    .transaction()
    .execute(async (trx): Promise<'left' | 'not_found'> => {
      await lockChapter(trx, of.chapterId);
      const ended = await trx
        .updateTable('memberships')
        .set({ endsAt: now })
        .where('chapterId', '=', of.chapterId)
        .where('personId', '=', of.personId)
        .where('role', '=', 'coordinator')
        .where(isCurrent('memberships', now))
        .executeTakeFirst();
      if (ended.numUpdatedRows === 0n) return 'not_found';
      await stayMember(trx, of.chapterId, of.personId, now);
      await audit(trx, {
        actor: of.actor,
        chapterId: of.chapterId,
        action: 'coordinator.left',
        subjectType: 'person',
        subjectId: of.personId,
      });
      return 'left';
    })
    .catch((error: unknown) => {
      if (error instanceof pg.DatabaseError && error.constraint === 'chapters_keep_a_coordinator')
        return 'last';
      throw error;
    });
}

/** Of two handovers of a chapter at the same moment one comes after the other. */
async function lockChapter(trx: Trx, chapterId: string): Promise<void> {
  await trx.selectFrom('chapters').select('id').where('id', '=', chapterId).forNoKeyUpdate().execute();
}

async function findCandidate(
  trx: Trx,
  deps: Needs,
  { chapterId, candidate }: { chapterId: string; candidate: Candidate },
  now: Date,
): Promise<{ ok: true; personId: string } | Refused> {
  if ('personId' in candidate) {
    const member = await findMember(trx, { chapterId, personId: candidate.personId, now });
    if (!member) return { ok: false, reason: 'not_a_member' };
    // Without an address nobody can sign in.
    return member.email ? { ok: true, personId: member.id } : { ok: false, reason: 'no_address' };
  }
  const made = await ensurePerson(trx, deps.links, candidate, { source: 'coordinator', now });
  return made.ok ? { ok: true, personId: made.person.id } : made;
}

/** @returns what caused it, for her mail; null where she coordinates the chapter already, without an end date */
async function makeCoordinator(
  trx: Trx,
  of: { chapterId: string; actor: Actor },
  personId: string,
  now: Date,
): Promise<string | null> {
  const { chapterId } = of;
  const added = await insertMembership(trx, {
    chapterId,
    personId,
    role: 'coordinator',
    source: 'coordinator',
    now,
  });
  if (!added) return null;
  await audit(trx, {
    actor: of.actor,
    chapterId,
    action: 'member.added',
    subjectType: 'person',
    subjectId: personId,
    detail: { role: 'coordinator' },
  });
  return `${chapterId}:${personId}:${now.toISOString()}`;
}

/** Whoever coordinated a group belongs to it afterwards as well. */
async function stayMember(trx: Trx, chapterId: string, personId: string, now: Date): Promise<void> {
  await insertMembership(trx, { chapterId, personId, role: 'member', source: 'coordinator', now });
}
