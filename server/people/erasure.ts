import pg from 'pg';
import { type Actor, audit } from '../audit.ts';
import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { forgetEntries } from '../directory/person-queries.ts';
import { forgetWelcomes } from '../encounters/person-queries.ts';
import { forgetFollowUps } from '../followups/person-queries.ts';
import { forgetIntroductions } from '../introductions/person-queries.ts';
import { forgetRequests } from '../joining/queries.ts';
import { listAdministrators, lockNetwork } from '../network/queries.ts';
import { findAdministration } from '../organizers/queries.ts';
import { lockEvent } from '../rsvps/queries.ts';
import { answerLocked } from '../rsvps/service.ts';
import {
  anonymise,
  clearAnswers,
  clearImportLines,
  clearMails,
  clearMentions,
  deleteSignIns,
  endMemberships,
  findPastNames,
  forgetPast,
  hasStanding,
  listOpenEvents,
  listSoleChapters,
  lockPerson,
  suppressAddress,
} from './erasure-queries.ts';
import { belongsElsewhere, type Reach } from './ties.ts';

export type ErasureOutcome =
  | { ok: true }
  | { ok: false; reason: 'not_found' }
  /** She is another chapter's too, and whoever asks is not everybody's. */
  | { ok: false; reason: 'shared' }
  /** Somebody administers the network at any time: another must do so first. */
  | { ok: false; reason: 'last_administrator' }
  /** A chapter always has a coordinator: somebody else must become one first. */
  | { ok: false; reason: 'last_coordinator'; chapters: string[] };

/**
 * Erases a person: what says who she was goes, in every table; what she takes up goes back to the others, through the
 * same path as her own no would. She gets no mail about it. A keyed hash of her address stays, so that no import brings
 * it back.
 * @param reach how far whoever asks may reach; left out: everywhere
 */
export async function erasePerson(
  deps: Pick<Deps, 'db' | 'clock' | 'links'>,
  personId: string,
  actor: Actor,
  reach: Reach = { chapterIds: [], isAdministrator: true },
): Promise<ErasureOutcome> {
  const now = deps.clock();
  return deps.db
    .transaction()
    .execute(async (trx): Promise<ErasureOutcome> => {
      // The events first and in order, then the person: as every answer does, so that none of them waits for us in a ring.
      const events = [];
      for (const id of await listOpenEvents(trx, personId, now)) events.push(await lockEvent(trx, id));
      const person = await lockPerson(trx, personId);
      if (!person || person.erasedAt) return { ok: false, reason: 'not_found' };
      if (await belongsElsewhere(trx, personId, reach, now)) return { ok: false, reason: 'shared' };
      const sole = await listSoleChapters(trx, personId);
      if (sole.length > 0) return { ok: false, reason: 'last_coordinator', chapters: sole };

      if (await isLastAdministrator(trx, personId)) return { ok: false, reason: 'last_administrator' };
      const past = await findPastNames(trx, personId);
      for (const email of [person.email, ...past.emails]) {
        const hash = email && deps.links.addressHashes(email)[0];
        if (hash) await suppressAddress(trx, hash, now);
        await clearMentions(trx, { ...person, email });
        await clearImportLines(trx, { ...person, email });
      }
      for (const { id, firstName, lastName } of past.merged) {
        await clearMentions(trx, { id, firstName, lastName, email: null });
        await clearImportLines(trx, { firstName, lastName, email: null });
        await clearMails(trx, id);
      }
      await forgetPast(trx, personId);
      await anonymise(trx, personId, now);
      await endMemberships(trx, personId, now);
      await deleteSignIns(trx, personId);
      for (const event of events) if (event) await withdraw(trx, event, personId, now);
      await clearAnswers(trx, personId);
      await forgetIntroductions(trx, personId);
      await forgetFollowUps(trx, personId);
      await forgetEntries(trx, personId);
      await forgetWelcomes(trx, personId);
      await forgetRequests(trx, personId);
      await clearMails(trx, personId);
      await audit(trx, {
        actor,
        chapterId: null,
        action: 'person.erased',
        subjectType: 'person',
        subjectId: personId,
      });
      return { ok: true };
    })
    .catch((error: unknown) => {
      // The other coordinator was erased at the same moment: the constraint decided.
      if (error instanceof pg.DatabaseError && error.constraint === 'chapters_keep_a_coordinator') {
        return { ok: false, reason: 'last_coordinator', chapters: [] };
      }
      throw error;
    });
}

async function isLastAdministrator(trx: Trx, personId: string): Promise<boolean> {
  if (!(await findAdministration(trx, personId))) return false;
  // As where one is removed: of the last two at the same moment one comes after the other.
  await lockNetwork(trx);
  return (await listAdministrators(trx)).length < 2;
}

/** She has no address any more, so that no mail confirms it; her seat goes to the next. */
async function withdraw(
  trx: Trx,
  event: NonNullable<Awaited<ReturnType<typeof lockEvent>>>,
  personId: string,
  now: Date,
): Promise<void> {
  if (event.state !== 'published' || !(await hasStanding(trx, event.id, personId))) return;
  await answerLocked(trx, event, { eventId: event.id, personId, answer: 'no', source: 'coordinator' }, now);
}
