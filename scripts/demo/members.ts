import { setTimeout as sleep } from 'node:timers/promises';
import type { Deps } from '../../server/deps.ts';
import { asked, listQuestions } from '../../server/events/questions.ts';
import type { DemoAnswer } from './coming-events.ts';
import { type Cast, idOf } from './context.ts';
import type { Name } from './people.ts';
import { isSeen } from './told.ts';

/** A member taps the button of her page: the same request that her browser would send. */
export async function answerByLink(
  deps: Deps,
  cast: Cast,
  eventId: string,
  given: DemoAnswer,
): Promise<void> {
  const form = new URLSearchParams({ answer: given.answer });
  if (given.answer === 'yes') form.set('visible', isSeen(given.who) ? '1' : '0');
  if (given.answer === 'yes') form.set('guests', String(given.guests?.length ?? 0));
  for (const guest of given.guests ?? []) form.append('guestName', guest);
  if (given.note) form.set('note', given.note);
  const url = await linkOf(deps, cast, eventId, given.who);
  await post(url, form, given.who);
  if (!given.says) return;
  const replies = new URLSearchParams();
  for (const [index, { id }] of asked(await listQuestions(deps.db, eventId)).entries()) {
    replies.set(`q-${id}`, given.says[index] ?? '');
  }
  await post(`${url}/questions`, replies, given.who);
}

async function post(url: string, form: URLSearchParams, who: Name): Promise<void> {
  const response = await fetch(url, { method: 'POST', body: form, redirect: 'manual' });
  await response.body?.cancel();
  if (response.status !== 303) throw new Error(`${who}'s answer got ${response.status}`);
}

/** Her own link, as her mail carries it. */
async function linkOf(deps: Deps, cast: Cast, eventId: string, who: Name): Promise<string> {
  const invitation = await deps.db
    .selectFrom('invitations')
    .innerJoin('people', 'people.id', 'invitations.personId')
    .select(['invitations.id', 'invitations.eventId', 'invitations.personId', 'people.linkEpoch'])
    .where('invitations.eventId', '=', eventId)
    .where('invitations.personId', '=', idOf(cast, who))
    .executeTakeFirstOrThrow();
  return deps.links.rsvpUrl(invitation);
}

/** Waits until every invitation of an event has reached the inbox. Nobody answers a mail that she does not have. */
export async function invitationsDelivered(
  deps: Deps,
  eventId: string,
  signal: AbortSignal,
): Promise<number> {
  for (;;) {
    signal.throwIfAborted();
    const mailing = await deps.db
      .selectFrom('mailings')
      .select(['id', 'state'])
      .where('eventId', '=', eventId)
      .where('kind', '=', 'invitation')
      .executeTakeFirst();
    if (mailing?.state === 'done') return countSent(deps, mailing.id);
    await sleep(100, undefined, { signal });
  }
}

async function countSent(deps: Deps, mailingId: string): Promise<number> {
  const row = await deps.db
    .selectFrom('deliveries')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('mailingId', '=', mailingId)
    .where('state', '=', 'sent')
    .executeTakeFirstOrThrow();
  return Number(row.count);
}
