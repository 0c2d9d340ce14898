import { simpleParser } from 'mailparser';
import { afterEach, expect, test } from 'vitest';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { saveText } from '../../server/texts/service.ts';
import { minutes } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { useWorkers } from '../support/workers.ts';

const workers = useWorkers({ now: '2026-11-16T10:00:00Z' });
const actor = { kind: 'system' } as const;
const button = '[Sì]({{ links.yes }} "button")';
afterEach(() => {
  workers.sink.hooks = {};
});

async function scene() {
  const { deps } = workers;
  const chapter = await makeChapter(deps.db);
  const person = await makeMember(deps.db, chapter.id);
  const write = (subject: string) =>
    saveText(
      deps,
      { chapterId: chapter.id, eventId: null, kind: 'invitation', locale: 'it' },
      { subject, body: `${subject}\n\n${button}` },
      { actor },
    );
  return { chapter, person, write };
}

test('a mail that may have arrived is repeated to the byte, though its words were changed meanwhile', async () => {
  const { deps, sink, clock } = workers;
  const { chapter, person, write } = await scene();
  await write('prima');
  const seen: Buffer[] = [];
  sink.hooks = {
    message: (mail) => {
      if (mail.to !== person.email) return undefined;
      seen.push(mail.raw);
      return seen.length === 1 ? 'keep_and_drop' : undefined;
    },
  };
  await makeEvent(deps, chapter.id);
  await workers.settle();
  await write('dopo');
  clock.advance(minutes(16));
  await workers.settle();
  expect(seen).toHaveLength(2);
  expect(seen[1]?.equals(seen[0] as Buffer)).toBe(true);
});

test('nor do the seats that are left change in a repetition, though somebody took one meanwhile', async () => {
  const { deps, sink, clock } = workers;
  const { chapter, person } = await scene();
  const seen: Buffer[] = [];
  sink.hooks = {
    message: (mail) => {
      if (mail.to !== person.email || mail.header('X-Ritrovo-Kind') !== 'invitation') return undefined;
      seen.push(mail.raw);
      return seen.length === 1 ? 'keep_and_drop' : undefined;
    },
  };
  const event = await makeEvent(deps, chapter.id, { seatsRoom: 3 });
  await workers.settle();
  const { coordinator } = chapter;
  await answerInvitation(deps, {
    eventId: event.id,
    personId: coordinator.id,
    answer: 'yes',
    source: 'link',
  });
  clock.advance(minutes(16));
  await workers.settle();
  expect(seen).toHaveLength(2);
  expect((await simpleParser(seen[0] as Buffer)).text).toContain('3 posti');
  expect(seen[1]?.equals(seen[0] as Buffer)).toBe(true);
});

test('a mail that surely has not arrived leaves with the words of now', async () => {
  const { deps, sink, clock } = workers;
  const { chapter, person, write } = await scene();
  await write('prima');
  sink.hooks = { rcpt: () => 451 };
  await makeEvent(deps, chapter.id);
  await workers.settle();
  await write('dopo');
  sink.hooks = {};
  clock.advance(minutes(2));
  await workers.settle();
  expect(
    await Promise.all(
      sink.messagesTo(person.email as string).map(async (mail) => (await mail.parsed()).subject),
    ),
  ).toEqual(['dopo']);
});
