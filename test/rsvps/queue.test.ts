import { expect, test } from 'vitest';
import { findQueuePlace } from '../../server/rsvps/queries.ts';
import { answerInvitation, expireOffers } from '../../server/rsvps/service.ts';
import { hours, testClock } from '../support/clock.ts';
import { useDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';

const database = useDatabase();

/** An event with one seat, taken by the first of four; the others wait. */
async function fullEvent(promotion: 'offer' | 'at_once') {
  const clock = testClock('2026-11-10T09:00:00Z');
  const deps = testDeps(database.db, clock);
  const chapter = await makeChapter(database.db);
  const members = await makeMembers(database.db, chapter.id, 4);
  const event = await makeEvent(deps, chapter.id, { seatsRoom: 1, promotion });
  const says = (index: number, answer: 'yes' | 'no') =>
    answerInvitation(deps, { eventId: event.id, personId: members[index]!.id, answer, source: 'link' });
  for (const index of [0, 1, 2, 3]) {
    await says(index, 'yes');
    clock.advance(1000);
  }
  return { clock, deps, event, members, says };
}

test('who brought a guest hears that she comes also where the list made room for her', async () => {
  const { event, members, says } = await fullEvent('at_once');
  const [, guest, , inviter] = members;
  await database.db
    .updateTable('invitations')
    .set({ invitedByPersonId: inviter!.id })
    .where('eventId', '=', event.id)
    .where('personId', '=', guest!.id)
    .execute();
  await says(0, 'no');
  const told = await database.db
    .selectFrom('mailings')
    .select('personId')
    .where('eventId', '=', event.id)
    .where('template', '=', 'guest_confirmed')
    .execute();
  expect(told).toEqual([{ personId: inviter!.id }]);
});

test('one whose offer ran out no longer stands between others and their seat', async () => {
  const { clock, deps, event, members, says } = await fullEvent('offer');
  const place = (index: number) => findQueuePlace(database.db, event.id, members[index]!.id);
  expect([await place(1), await place(2), await place(3)]).toEqual([1, 2, 3]);
  await says(0, 'no');
  clock.advance(hours(48));
  await expireOffers(deps);
  // The first let her offer lapse, the second holds one now: the third is next.
  expect([await place(2), await place(3)]).toEqual([null, 1]);
});
