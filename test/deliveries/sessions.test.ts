import Fastify from 'fastify';
import { beforeAll, describe, expect, test } from 'vitest';
import { startSender } from '../../server/deliveries/sender.ts';
import type { Deps } from '../../server/deps.ts';
import { runOverdueMailings } from '../../server/mailings/due.ts';
import { minutes, type TestClock, testClock } from '../support/clock.ts';
import { useDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';
import { makeChapter, makeEvent } from '../support/factories.ts';
import { type SinkHooks, type SinkOptions, type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts';

/**
 * Mail servers that will not talk, stop talking, or ask for what we do not have: what the ledger says then, what her mailbox
 * holds, and that the mail leaves once the server is as it should be.
 */
const database = useDatabase({ max: 20 });
const { log } = Fastify({ logger: false });
const timeouts = { connect: 400, greeting: 400, reply: 400, acceptance: 400 };
let deps: Deps;
let clock: TestClock;
let chapterId: string;

beforeAll(async () => {
  clock = testClock('2031-11-10T10:00:00Z');
  deps = testDeps(database.db, clock);
  chapterId = (await makeChapter(deps.db)).id;
});

/** One invitation leaves for a server like this; then for one that is well. */
async function sendTo(options: SinkOptions, url: (sink: SmtpSink) => string = (sink) => sink.url) {
  const sink = await startSmtpSink(options);
  const well = await startSmtpSink();
  const event = await makeEvent(deps, chapterId, { startsAt: new Date(clock().getTime() + 20 * 86_400_000) });
  await runOverdueMailings(deps);
  const settle = async (smtpUrl: string) => {
    const sender = startSender(deps, log, { smtpUrl, connections: 1, rate: null, pollMs: 20, timeouts });
    await sender.drain();
    await sender.stop();
    return deps.db
      .selectFrom('deliveries')
      .select(['state', 'attempts', 'nextAttemptAt', 'unknownCauses', 'response'])
      .where('eventId', '=', event.id)
      .executeTakeFirstOrThrow();
  };
  try {
    const then = { ...(await settle(url(sink))), mailbox: sink.messages.length };
    clock.advance(minutes(16));
    const after = await settle(well.url);
    return { then, after: { ...after, mailbox: sink.messages.length + well.messages.length } };
  } finally {
    await sink.close();
    await well.close();
  }
}

const never = () => new Promise<undefined>(() => {});

describe('a server that stops talking', () => {
  for (const step of ['mail', 'rcpt', 'data'] as const) {
    test(`at ${step}: nothing had left, and it arrives once`, async () => {
      const { then, after } = await sendTo({ hooks: { [step]: never } as SinkHooks });
      expect(then).toMatchObject({ state: 'queued', attempts: 1, unknownCauses: [], mailbox: 0 });
      expect(after).toMatchObject({ state: 'sent', attempts: 2, mailbox: 1 });
    });
  }

  test('before its greeting: it has not been tried at all', async () => {
    const { then, after } = await sendTo({ hooks: { connect: never } });
    expect(then).toMatchObject({ state: 'queued', attempts: 0, unknownCauses: [], mailbox: 0 });
    expect(then.response).toContain('mail server away');
    expect(after).toMatchObject({ state: 'sent', attempts: 1, mailbox: 1 });
  });

  test('after the final dot: nobody can know, and it is repeated once', async () => {
    const { then, after } = await sendTo({ hooks: { message: never } });
    expect(then).toMatchObject({ state: 'unknown', attempts: 1, mailbox: 0 });
    expect(then.unknownCauses).toHaveLength(1);
    expect(after).toMatchObject({ state: 'sent', attempts: 2, mailbox: 1 });
  });
});

test('a server that is slow at every step gets each mail once', async () => {
  const slowly = () => new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 100));
  const { then } = await sendTo({
    hooks: { connect: slowly, mail: slowly, rcpt: slowly, data: slowly, message: slowly },
  });
  expect(then).toMatchObject({ state: 'sent', attempts: 1, mailbox: 1 });
});

test('a port where nobody listens costs no attempt', async () => {
  const { then, after } = await sendTo({}, () => 'smtp://127.0.0.1:1');
  expect(then).toMatchObject({ state: 'queued', attempts: 0, mailbox: 0 });
  expect(after).toMatchObject({ state: 'sent', attempts: 1, mailbox: 1 });
});

test('a server without PIPELINING takes the mail', async () => {
  const { then } = await sendTo({ pipelining: false });
  expect(then).toMatchObject({ state: 'sent', attempts: 1, mailbox: 1 });
});

test('a mail that is larger than the server takes has failed, and says why', async () => {
  const { then, after } = await sendTo({ size: 2000 });
  expect(then).toMatchObject({ state: 'failed', attempts: 1, mailbox: 0 });
  expect(then.response).toContain('552');
  expect(after).toMatchObject({ state: 'failed', attempts: 1, mailbox: 0 });
});

describe('a server that asks for what we do not have', () => {
  for (const [code, text] of [
    [530, '5.7.0 Must issue a STARTTLS command first'],
    [530, '5.7.0 Authentication required'],
    [535, '5.7.8 Authentication credentials invalid'],
  ] as const) {
    test(`${text}: the mail waits until the operator has put it right`, async () => {
      const { then, after } = await sendTo({ hooks: { mail: () => ({ code, text }) } });
      expect(then).toMatchObject({ state: 'queued', attempts: 1, mailbox: 0 });
      expect(then.response).toContain(text);
      expect(after).toMatchObject({ state: 'sent', attempts: 2, mailbox: 1 });
    });
  }

  test('credentials that it refuses cost no attempt, and stand nowhere', async () => {
    const { then, after } = await sendTo({ auth: { user: 'ritrovo', pass: 'the right one' } }, (sink) =>
      sink.url.replace('the%20right%20one', 'a-wrong-one'),
    );
    expect(then).toMatchObject({ state: 'queued', attempts: 0, mailbox: 0 });
    expect(then.response).not.toContain('a-wrong-one');
    expect(after).toMatchObject({ state: 'sent', mailbox: 1 });
  });

  test('TLS that it does not offer, where we insist: nothing leaves in the clear', async () => {
    const { then, after } = await sendTo({}, (sink) => `${sink.url}/?requireTLS=true`);
    expect(then).toMatchObject({ state: 'queued', attempts: 0, mailbox: 0 });
    expect(after).toMatchObject({ state: 'sent', attempts: 1, mailbox: 1 });
  });
});
