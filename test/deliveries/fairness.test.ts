import Fastify from 'fastify';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { watchDomains } from '../../server/deliveries/domains.ts';
import { type SenderOptions, startSender } from '../../server/deliveries/sender.ts';
import type { Deps } from '../../server/deps.ts';
import { runOverdueMailings } from '../../server/mailings/due.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { days, hours, minutes, type TestClock, testClock } from '../support/clock.ts';
import { useDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';
import { makeChapter, makeEvent, makeMember, makeMembers } from '../support/factories.ts';
import { type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts';

/** Who leaves before whom, and who waits for whom. */
const database = useDatabase({ max: 20 });
const { log } = Fastify({ logger: false });
let deps: Deps;
let clock: TestClock;
let sink: SmtpSink;

beforeAll(async () => {
  clock = testClock('2031-11-10T10:00:00Z');
  deps = testDeps(database.db, clock);
  sink = await startSmtpSink();
});
afterAll(() => sink.close());
beforeEach(() => {
  sink.clear();
  sink.hooks = {};
});

async function chapterOf(members: number) {
  const chapter = await makeChapter(deps.db);
  const people = await makeMembers(deps.db, chapter.id, members - 1);
  return { ...chapter, people };
}

const publish = (chapterId: string) =>
  makeEvent(deps, chapterId, { startsAt: new Date(clock().getTime() + days(20)) });

/** Sends what may leave now, and stops. */
async function send(options: Partial<SenderOptions> = {}) {
  const sender = startSender(deps, log, {
    smtpUrl: sink.url,
    connections: 1,
    rate: null,
    pollMs: 20,
    ...options,
  });
  await sender.drain();
  await sender.stop();
}

const kindsInOrder = () => sink.messages.map((mail) => mail.header('X-Ritrovo-Kind'));

test('a confirmation does not wait behind a mailing that is leaving', async () => {
  const chapter = await chapterOf(60);
  const event = await publish(chapter.id);
  const other = await publish(chapter.id);
  await runOverdueMailings(deps);
  let answered = false;
  sink.hooks.message = async () => {
    // Slow enough for a look at what somebody waits for between two mails.
    await new Promise((resolve) => setTimeout(resolve, 30));
    if (sink.messages.length < 10 || answered) return undefined;
    answered = true;
    const personId = chapter.people[0]!.id;
    await answerInvitation(deps, { eventId: other.id, personId, answer: 'yes', source: 'link' });
    return undefined;
  };
  await send();
  const at = kindsInOrder().indexOf('confirmation');
  expect(sink.messages.filter((mail) => mail.header('X-Ritrovo-Kind') === 'invitation')).toHaveLength(120);
  expect(at).toBeGreaterThanOrEqual(10);
  // Not after the hundred that were there before it.
  expect(at).toBeLessThan(40);
  expect(event.id).not.toBe(other.id);
});

test('the mailing of a second chapter takes turns with one that is leaving', async () => {
  const first = await chapterOf(60);
  const second = await chapterOf(30);
  await publish(first.id);
  await runOverdueMailings(deps);
  let began = false;
  sink.hooks.message = async () => {
    // At a pace at which a worker takes a few at a time.
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (sink.messages.length < 10 || began) return undefined;
    began = true;
    clock.advance(minutes(1));
    await publish(second.id);
    await runOverdueMailings(deps);
    return undefined;
  };
  await send();
  const ofSecond = sink.messages.map((mail) => mail.header('List-ID')?.includes(second.slug) ?? false);
  expect(ofSecond.filter(Boolean)).toHaveLength(30);
  expect(ofSecond.filter((is) => !is)).toHaveLength(60);
  // The second one is through while the first still leaves, and the first did not stand still meanwhile.
  const last = ofSecond.lastIndexOf(true);
  expect(ofSecond.slice(last + 1).length).toBeGreaterThan(5);
  expect(ofSecond.slice(ofSecond.indexOf(true), last).filter((is) => !is).length).toBeGreaterThan(15);
});

test('a domain that puts mail off is left alone for a while, and the others are not', async () => {
  const chapter = await makeChapter(deps.db);
  for (let i = 0; i < 30; i += 1) {
    const domain = i % 2 === 0 ? 'puts-off.example' : 'takes.example';
    await makeMember(deps.db, chapter.id, {
      firstName: `Socia${i}`,
      email: `s${i}-${chapter.slug}@${domain}`,
    });
  }
  await publish(chapter.id);
  await runOverdueMailings(deps);
  let refused = 0;
  sink.hooks.rcpt = (to) => {
    if (!to.endsWith('@puts-off.example')) return undefined;
    refused += 1;
    return { code: 451, text: '4.7.1 come back later' };
  };
  await send({ connections: 2 });
  const taken = () => sink.messages.filter((mail) => mail.to.endsWith('.example'));
  expect(taken().filter((mail) => mail.to.endsWith('@takes.example'))).toHaveLength(15);
  // Five in a row, and one that was on its way at that moment; the other nine were not tried.
  expect(refused).toBeGreaterThanOrEqual(5);
  expect(refused).toBeLessThanOrEqual(6);
  const waiting = await deps.db
    .selectFrom('deliveries')
    .innerJoin('people', 'people.id', 'deliveries.personId')
    .select(['attempts', 'state'])
    .where('chapterId', '=', chapter.id)
    .where('email', 'like', '%@puts-off.example')
    .execute();
  expect(waiting.every(({ state }) => state === 'queued')).toBe(true);
  expect(waiting.filter(({ attempts }) => attempts === 0)).toHaveLength(15 - refused);

  sink.hooks = {};
  clock.advance(minutes(2));
  await send();
  expect(taken()).toHaveLength(30);
});

test('a slow domain gets a share of the connections, and all of them once it is quick again', () => {
  const now = new Date('2031-11-10T10:00:00Z');
  const domains = watchDomains(10);
  const at = (ms: number) => domains.end('a@slow.example', { refused: false, took: true, ms }, now);
  domains.begin('a@slow.example');
  at(9_000);
  domains.begin('b@slow.example');
  expect(domains.hasRoom('c@slow.example')).toBe(true);
  domains.begin('c@slow.example');
  expect(domains.hasRoom('d@SLOW.example')).toBe(false);
  expect(domains.hasRoom('d@quick.example')).toBe(true);
  for (let i = 0; i < 2; i += 1) at(50);
  for (let i = 0; i < 4; i += 1) {
    domains.begin('d@slow.example');
    at(50);
  }
  for (let i = 0; i < 10; i += 1) domains.begin('e@slow.example');
  expect(domains.hasRoom('f@slow.example')).toBe(true);
});

test('refusals of single mailboxes do not hold up their domain', () => {
  const now = new Date('2031-11-10T10:00:00Z');
  const domains = watchDomains(5);
  for (let i = 0; i < 40; i += 1) {
    const took = i % 5 === 4;
    domains.begin('a@large.example');
    domains.end('a@large.example', { refused: !took, took, ms: 10 }, now);
  }
  expect(domains.heldUntil('b@large.example', now)).toBeNull();
});

test('what the limit of a day holds back leaves the next day, and a confirmation leaves all the same', async () => {
  clock.advance(days(3));
  const chapter = await chapterOf(20);
  const event = await publish(chapter.id);
  await runOverdueMailings(deps);
  await send({ dailyLimit: 10 });
  expect(kindsInOrder()).toEqual(Array.from({ length: 9 }, () => 'invitation'));
  await answerInvitation(deps, {
    eventId: event.id,
    personId: chapter.people[0]!.id,
    answer: 'yes',
    source: 'link',
  });
  await send({ dailyLimit: 10 });
  expect(kindsInOrder().slice(9)).toEqual(['confirmation']);
  clock.advance(hours(23));
  await send({ dailyLimit: 10 });
  expect(sink.messages).toHaveLength(10);
  clock.advance(hours(2));
  await send({ dailyLimit: 10 });
  expect(sink.messages).toHaveLength(19);
  clock.advance(hours(25));
  await send({ dailyLimit: 10 });
  expect(sink.messages).toHaveLength(21);
});
