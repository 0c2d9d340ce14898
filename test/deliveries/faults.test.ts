import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sendToOne } from '../../server/mailings/personal.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import type { SinkHooks, Verdict } from '../support/smtp-sink.ts';

/**
 * Everything that a mail server can do to one mail, at each step of the dialogue: what the ledger says then, what her
 * mailbox holds, and what becomes of it once the server is well again.
 */
const service = useService({ now: '2031-11-10T10:00:00+01:00' });
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let eventId: string;

beforeAll(async () => {
  chapter = await makeChapter(service.db);
  const event = await makeEvent(service.deps, chapter.id, {
    startsAt: new Date('2031-12-01T18:30:00+01:00'),
  });
  eventId = event.id;
  await service.settle();
});
afterEach(() => {
  service.inbox.hooks = {};
});

/** Sends one mail to somebody new while the server behaves like this, and tells how the ledger and her mailbox stand. */
async function sendWhile(hooks: SinkHooks) {
  const person = await makeMember(service.db, chapter.id);
  await service.db
    .insertInto('invitations')
    .values({
      eventId,
      personId: person.id,
      chapterId: chapter.id,
      source: 'member',
      calendarUid: randomUUID(),
    })
    .execute();
  service.inbox.hooks = hooks;
  await service.db.transaction().execute((trx) =>
    sendToOne(
      trx,
      [
        {
          kind: 'invitation',
          personId: person.id,
          chapterId: chapter.id,
          eventId,
          cause: `fault:${person.id}`,
        },
      ],
      service.clock(),
    ),
  );
  await service.settle();
  const state = async () => {
    const row = await service.db
      .selectFrom('deliveries')
      .select(['state', 'attempts', 'nextAttemptAt', 'unknownCauses', 'response'])
      .where('personId', '=', person.id)
      .executeTakeFirstOrThrow();
    return { ...row, mailbox: service.inbox.messagesTo(person.email as string).length };
  };
  const then = await state();
  return {
    then,
    /** The server is well again, and the next try's time has come. */
    async afterwards() {
      service.inbox.hooks = {};
      if (then.nextAttemptAt) await service.travel(new Date(then.nextAttemptAt.getTime() + 1000));
      else await service.settle();
      return state();
    },
  };
}

const at = (step: 'connect' | 'mail' | 'rcpt' | 'data' | 'message', verdict: Verdict): SinkHooks => ({
  [step]: () => verdict,
});

describe('a refusal for now', () => {
  for (const step of ['mail', 'rcpt', 'data', 'message'] as const) {
    for (const code of [421, 450, 451, 452]) {
      test(`${code} to ${step}: it waits its turn, and arrives once`, async () => {
        const mail = await sendWhile(at(step, code));
        expect(mail.then).toMatchObject({ state: 'queued', attempts: 1, unknownCauses: [], mailbox: 0 });
        expect(mail.then.response).toContain(String(code));
        expect(await mail.afterwards()).toMatchObject({ state: 'sent', attempts: 2, mailbox: 1 });
      });
    }
  }
});

describe('a refusal for good', () => {
  for (const step of ['mail', 'rcpt', 'data', 'message'] as const) {
    for (const code of [550, 552, 554]) {
      test(`${code} to ${step}: it has failed, says why, and is not tried again`, async () => {
        const mail = await sendWhile(at(step, code));
        expect(mail.then).toMatchObject({ state: 'failed', nextAttemptAt: null, mailbox: 0 });
        expect(mail.then.response).toContain(String(code));
        expect(await mail.afterwards()).toMatchObject({ state: 'failed', attempts: 1, mailbox: 0 });
      });
    }
  }
});

describe('a connection that breaks before the body', () => {
  for (const step of ['mail', 'rcpt', 'data'] as const) {
    test(`at ${step}: nothing had left, and it arrives once`, async () => {
      const mail = await sendWhile(at(step, 'drop'));
      expect(mail.then).toMatchObject({ state: 'queued', unknownCauses: [], mailbox: 0 });
      expect(await mail.afterwards()).toMatchObject({ state: 'sent', mailbox: 1 });
    });
  }
});

describe('a connection that breaks once the body has begun', () => {
  const cases = {
    'in the middle of the body': [{ body: () => 'drop' }, 0],
    'after the final dot, the mail forgotten': [at('message', 'drop'), 0],
    'after the final dot, the mail kept': [{ message: () => 'keep_and_drop' }, 1],
  } as const satisfies Record<string, readonly [SinkHooks, number]>;
  for (const [when, [hooks, kept]] of Object.entries(cases)) {
    test(`${when}: nobody can know, and it is repeated once, to the byte`, async () => {
      const mail = await sendWhile(hooks);
      expect(mail.then).toMatchObject({ state: 'unknown', attempts: 1, mailbox: kept });
      expect(mail.then.unknownCauses).toEqual([expect.stringMatching(/^dropped_after_body/)]);
      expect(await mail.afterwards()).toMatchObject({ state: 'sent', attempts: 2, mailbox: kept + 1 });
      const [first, second] = service.inbox.messages.slice(-2);
      if (kept) expect(second?.raw.equals(first?.raw as Buffer)).toBe(true);
    });
  }

  test('twice: it stays unknown for good, and she gets no third', async () => {
    const mail = await sendWhile({ message: () => 'keep_and_drop' });
    service.inbox.hooks = { message: () => 'keep_and_drop' };
    await service.travel(new Date((mail.then.nextAttemptAt as Date).getTime() + 1000));
    expect(await mail.afterwards()).toMatchObject({ state: 'unknown', nextAttemptAt: null, mailbox: 2 });
  });
});

test('a greylisting server puts each recipient off once, and then takes each once', async () => {
  const known = new Set<string>();
  const greylist: SinkHooks = {
    rcpt(to) {
      if (known.has(to)) return undefined;
      known.add(to);
      return { code: 450, text: '4.2.0 greylisted' };
    },
  };
  const mail = await sendWhile(greylist);
  expect(mail.then).toMatchObject({ state: 'queued', mailbox: 0 });
  service.inbox.hooks = greylist;
  await service.travel(new Date((mail.then.nextAttemptAt as Date).getTime() + 1000));
  expect(await mail.afterwards()).toMatchObject({ state: 'sent', attempts: 2, mailbox: 1 });
});
