import { expect, test } from 'vitest';
import { changeEvent } from '../../server/events/service.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { testClock } from '../support/clock.ts';
import { useDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';

const database = useDatabase();
const actor = { kind: 'system' } as const;

test('those who wait for a place in the room take no place online that a change of format needs', async () => {
  const deps = testDeps(database.db, testClock('2026-11-10T09:00:00Z'));
  const chapter = await makeChapter(database.db);
  const members = await makeMembers(database.db, chapter.id, 4);
  const event = await makeEvent(deps, chapter.id, { format: 'hybrid', seatsRoom: 2, seatsOnline: 10 });
  for (const { id: personId } of members) {
    const answer = { eventId: event.id, personId, answer: 'yes', mode: 'room', source: 'link' } as const;
    await answerInvitation(deps, answer);
  }
  // Two are going and two wait: two places are enough for those who have one.
  const changes = { format: 'online', seatsOnline: 2 } as const;
  expect(await changeEvent(deps, event.id, changes, { actor, notify: false })).toMatchObject({ ok: true });
  const rows = await database.db.selectFrom('rsvps').select(['state', 'mode']).orderBy('state').execute();
  expect(rows.map((row) => `${row.state} ${row.mode}`)).toEqual([
    'going online',
    'going online',
    'waitlisted online',
    'waitlisted online',
  ]);
});
