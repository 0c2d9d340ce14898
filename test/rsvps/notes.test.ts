import { expect, test } from 'vitest';
import { answerInvitation, deleteOldNotes } from '../../server/rsvps/service.ts';
import { days, testClock } from '../support/clock.ts';
import { useDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

const database = useDatabase();

test('a note to the organiser is gone a month after the event, and not before', async () => {
  const clock = testClock('2026-11-02T09:00:00Z');
  const deps = testDeps(database.db, clock);
  const chapter = await makeChapter(database.db);
  const { id: personId } = await makeMember(database.db, chapter.id);
  const event = await makeEvent(deps, chapter.id);
  await answerInvitation(deps, {
    eventId: event.id,
    personId,
    answer: 'yes',
    note: 'Senza glutine, grazie',
    source: 'link',
  });
  const note = () =>
    database.db.selectFrom('rsvps').select('note').where('eventId', '=', event.id).executeTakeFirst();

  clock.set(new Date(event.endsAt.getTime() + days(29)));
  await deleteOldNotes(deps);
  expect(await note()).toEqual({ note: 'Senza glutine, grazie' });
  clock.advance(days(2));
  await deleteOldNotes(deps);
  expect(await note()).toEqual({ note: null });
});
