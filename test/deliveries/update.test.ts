import { expect, test } from 'vitest';
import { changeEvent } from '../../server/events/service.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';
import { useWorkers } from '../support/workers.ts';

const workers = useWorkers({ now: '2026-11-10T09:00:00Z' });
const actor = { kind: 'system' } as const;

test('a second move while the first update is leaving tells the others once, of both', async () => {
  const { deps, clock, sink } = workers;
  const chapter = await makeChapter(deps.db);
  const members = await makeMembers(deps.db, chapter.id, 5);
  const event = await makeEvent(deps, chapter.id);
  for (const { id: personId } of members)
    await answerInvitation(deps, { eventId: event.id, personId, answer: 'yes', source: 'link' });
  await workers.settle();
  sink.clear();

  const moveTo = (venueName: string) => changeEvent(deps, event.id, { venueName }, { actor, notify: true });
  let second: Promise<unknown> | null = null;
  sink.hooks.data = async () => {
    second ??= moveTo('Sala Verde');
    await second;
  };
  await moveTo('Sala Rossa');
  await workers.settle();
  clock.advance(1000);
  await workers.settle();

  const updates = sink.messages.filter((mail) => mail.header('X-Ritrovo-Kind') === 'update');
  expect(updates.map((mail) => mail.to).sort()).toEqual(members.map((member) => member.email).sort());
  for (const mail of updates) expect((await mail.parsed()).text).toContain('Sala Verde');
});

test('what those in the room are told afterwards overtakes nothing that those online have still to hear', async () => {
  const { deps, clock, sink } = workers;
  sink.hooks = {};
  const chapter = await makeChapter(deps.db);
  const members = await makeMembers(deps.db, chapter.id, 6);
  const event = await makeEvent(deps, chapter.id, { format: 'hybrid' });
  for (const [index, { id: personId }] of members.entries()) {
    const mode = index % 2 ? 'online' : 'room';
    await answerInvitation(deps, { eventId: event.id, personId, answer: 'yes', mode, source: 'link' });
  }
  await workers.settle();
  sink.clear();

  let second: Promise<unknown> | null = null;
  sink.hooks.data = async () => {
    second ??= changeEvent(deps, event.id, { venueName: 'Sala Verde' }, { actor, notify: true });
    await second;
  };
  const endsAt = new Date(event.endsAt.getTime() + 3_600_000);
  await changeEvent(deps, event.id, { endsAt }, { actor, notify: true });
  await workers.settle();
  clock.advance(1000);
  await workers.settle();

  const updates = sink.messages.filter((mail) => mail.header('X-Ritrovo-Kind') === 'update');
  // Each hears once: those in the room of both, those online of the hour.
  expect(updates.map((mail) => mail.to).sort()).toEqual(members.map((member) => member.email).sort());
});
