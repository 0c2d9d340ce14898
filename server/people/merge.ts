import { sql } from 'kysely';
import { type Actor, audit } from '../audit.ts';
import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { joinEntries } from '../directory/person-queries.ts';
import { joinWelcomes } from '../encounters/person-queries.ts';
import { joinPitchNotes } from '../followups/person-queries.ts';
import { joinIntroductions } from '../introductions/person-queries.ts';
import { addHistory, lockEvent, type RsvpSource } from '../rsvps/queries.ts';
import type { Mode, RsvpState } from '../rsvps/rules.ts';
import { reconcileSeats } from '../rsvps/seats.ts';
import { mailFails } from './arrival.ts';
import { releaseClaims } from './edit.ts';
import { moveMails } from './merge-mails.ts';
import {
  aliasInvitations,
  dropInvitation,
  emptyRow,
  findShared,
  joinInvitation,
  keepParty,
  lockEventsOf,
  moveAttendance,
  moveCalendarReplies,
  moveLastWords,
  moveMemberships,
  moveTheRest,
  type Pair,
  renameInMailings,
  type Shared,
  takeAnswer,
} from './merge-queries.ts';
import { countingAnswer } from './merge-rules.ts';
import type { Person } from './queries.ts';
import { hasTraceElsewhere, type Reach } from './ties.ts';

export type MergeOutcome = { ok: true } | { ok: false; reason: 'not_found' | 'shared' };

const longestNote = 1000;

/**
 * Makes one of two rows that are the same woman. The one that stays keeps its name and address, and takes from the other
 * what it lacks: memberships, invitations, answers, attendance, mails, notes. Her links go on working, all of them. Where
 * both have something, `merge-rules.ts` says which counts; of opting out and suppression the stricter. The other row stays
 * empty, and counts as erased.
 */
export async function mergePeople(
  deps: Pick<Deps, 'db' | 'clock' | 'links'>,
  input: Pair & { reach: Reach; chapterId: string; actor: Actor },
): Promise<MergeOutcome> {
  const now = deps.clock();
  const pair: Pair = { keptId: input.keptId, goneId: input.goneId };
  return deps.db.transaction().execute(async (trx): Promise<MergeOutcome> => {
    // The events first and in order, then the people: as every answer and every erasure does.
    await lockEventsOf(trx, pair);
    const { kept, gone } = await lockBoth(trx, pair);
    if (!kept || !gone) return { ok: false, reason: 'not_found' };
    for (const id of [kept.id, gone.id]) {
      if (await hasTraceElsewhere(trx, id, input.reach)) return { ok: false, reason: 'shared' };
    }
    const address = await readAddressState(trx, kept, gone);
    await releaseClaims(trx, [kept.id, gone.id], now);
    const shared = await findShared(trx, pair);
    await recordMerge(trx, gone, pair, now);
    await aliasInvitations(trx, pair);
    await trx.updateTable('rsvpHistory').set({ personId: kept.id }).where('personId', '=', gone.id).execute();
    for (const event of shared) await joinAnswers(trx, event, pair, now);
    // The answer and its guests follow the invitation.
    await trx.updateTable('invitations').set({ personId: kept.id }).where('personId', '=', gone.id).execute();
    await moveAttendance(trx, pair);
    await moveMails(trx, pair);
    await moveLastWords(trx, pair);
    await moveTheRest(trx, pair);
    await joinIntroductions(trx, pair);
    await joinPitchNotes(trx, pair);
    await joinEntries(trx, pair);
    await joinWelcomes(trx, pair);
    await moveMemberships(trx, pair, now);
    await renameInMailings(trx, pair);
    await joinBasics(trx, deps, { kept, gone, address, now });
    for (const { eventId } of shared) {
      const event = await lockEvent(trx, eventId);
      if (event && event.endsAt > now) await reconcileSeats(trx, event, now);
    }
    await audit(trx, {
      actor: input.actor,
      chapterId: input.chapterId,
      action: 'person.merged',
      subjectType: 'person',
      subjectId: kept.id,
      detail: { merged: gone.id },
    });
    return { ok: true };
  });
}

async function lockBoth(trx: Trx, { keptId, goneId }: Pair): Promise<{ kept?: Person; gone?: Person }> {
  if (keptId === goneId) return {};
  const rows = await trx
    .selectFrom('people')
    .selectAll()
    .where('id', 'in', [keptId, goneId])
    .where('erasedAt', 'is', null)
    .orderBy('id')
    .forUpdate()
    .execute();
  const find = (id: string) => rows.find((row) => row.id === id);
  const [kept, gone] = [find(keptId), find(goneId)];
  return { ...(kept && { kept }), ...(gone && { gone }) };
}

type AddressState = { owner: Person; fails: boolean };

/** Whose address stays, and whether mail to it fails: that is about the address, and not about the rest. */
async function readAddressState(trx: Trx, kept: Person, gone: Person): Promise<AddressState> {
  const owner = kept.email ? kept : gone;
  const { rows } = await sql<{ fails: boolean }>`
    select ${mailFails('p')} as fails from people p where p.id = ${owner.id}`.execute(trx);
  return { owner, fails: rows[0]?.fails ?? false };
}

async function recordMerge(trx: Trx, gone: Person, { keptId, goneId }: Pair, now: Date): Promise<void> {
  await trx
    .insertInto('mergedPeople')
    .values({
      id: goneId,
      keptId,
      firstName: gone.firstName,
      lastName: gone.lastName,
      linkEpoch: gone.linkEpoch,
      feedEpoch: gone.feedEpoch,
      mergedAt: now,
    })
    .execute();
  await trx.updateTable('mergedPeople').set({ keptId }).where('keptId', '=', goneId).execute();
}

/** One event to which both were invited: one invitation and one answer stay. */
async function joinAnswers(trx: Trx, shared: Shared, pair: Pair, now: Date): Promise<void> {
  const { kept, gone, eventId, chapterId } = shared;
  const counts = countingAnswer(kept, gone);
  await joinInvitation(trx, shared, counts === 'gone');
  await moveCalendarReplies(trx, shared, pair);
  if (counts === 'gone') await takeAnswer(trx, shared, pair);
  await keepParty(trx, shared, counts === 'gone' ? pair.keptId : pair.goneId);
  await dropInvitation(trx, shared, pair);
  const winner = counts === 'gone' ? gone : kept;
  if (!winner || !kept || !gone) return;
  const notes = [...new Set([kept.note, gone.note].filter(Boolean))].join('\n').slice(0, longestNote);
  await trx
    .updateTable('rsvps')
    .set({ note: notes || null })
    .where('eventId', '=', eventId)
    .where('personId', '=', pair.keptId)
    .execute();
  // The history reads in the order in which things were said. Where its last line is not what counts now, one more says so.
  const other = counts === 'gone' ? kept : gone;
  if (!winner.historyId || !other.historyId || winner.historyId > other.historyId) return;
  const [line] = await addHistory(trx, [
    {
      eventId,
      personId: pair.keptId,
      chapterId,
      state: winner.state as RsvpState,
      mode: winner.mode as Mode,
      guests: winner.guests,
      source: winner.source as RsvpSource,
      late: winner.late,
      at: now,
    },
  ]);
  // A confirmation of that answer which has not left yet stays true.
  await sql`
    update mailings set data = jsonb_set(data, '{historyId}', to_jsonb(${line?.id}::text))
    where event_id = ${eventId} and person_id in (${pair.keptId}, ${pair.goneId})
      and data ->> 'historyId' = ${winner.historyId}`.execute(trx);
}

/** Her name and address, with what the row that stays lacks; what was said against either address holds on. */
async function joinBasics(
  trx: Trx,
  deps: Pick<Deps, 'links'>,
  { kept, gone, address, now }: { kept: Person; gone: Person; address: AddressState; now: Date },
): Promise<void> {
  await emptyRow(trx, { keptId: kept.id, goneId: gone.id }, now);
  const isStranger = kept.source === 'link' || kept.source === 'public';
  await trx
    .updateTable('people')
    .set({
      email: address.owner.email,
      lastName: kept.lastName || gone.lastName,
      phone: kept.phone ?? gone.phone,
      locale: kept.locale ?? gone.locale,
      form: kept.form ?? gone.form,
      source: isStranger ? gone.source : kept.source,
      createdAt: kept.createdAt < gone.createdAt ? kept.createdAt : gone.createdAt,
      // In one ledger, the mails to the other address say nothing about this one.
      addressSince: now,
      addressFailedAt: address.fails ? now : null,
    })
    .where('id', '=', kept.id)
    .execute();
  if (kept.email && gone.email) {
    await trx
      .insertInto('formerAddresses')
      .values({ email: gone.email, personId: kept.id, createdAt: now })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await keepSuppression(trx, deps, gone.email, kept.email, now);
  }
}

/** A complaint, or an operator's word, was about her and not about one of her addresses. A bounce was about the address. */
async function keepSuppression(
  trx: Trx,
  { links }: Pick<Deps, 'links'>,
  from: string,
  to: string,
  now: Date,
): Promise<void> {
  const found = await trx
    .selectFrom('suppressions')
    .select('reason')
    .where('addressHash', 'in', links.addressHashes(from))
    .where('reason', 'in', ['complaint', 'operator'])
    .executeTakeFirst();
  const [addressHash] = links.addressHashes(to);
  if (!found || !addressHash) return;
  await trx
    .insertInto('suppressions')
    .values({ addressHash, reason: found.reason, createdAt: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
