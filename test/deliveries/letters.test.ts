import { describe, expect, test } from 'vitest';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

/** People whose addresses are not written in ASCII, and what becomes of mail to them. */
const now = '2031-11-10T10:00:00+01:00';
const modern = useService({ now });
const old = useService({ now, inbox: { smtpUtf8: false } });

/** Invites somebody with this address, and tells how the ledger stands. */
async function invite(service: typeof modern, email: string) {
  const chapter = await makeChapter(service.db);
  const person = await makeMember(service.db, chapter.id, { firstName: 'Zoë', email });
  await makeEvent(service.deps, chapter.id);
  await service.settle();
  return service.db
    .selectFrom('deliveries')
    .select(['state', 'response', 'attempts'])
    .where('personId', '=', person.id)
    .executeTakeFirstOrThrow();
}

test('a domain with accents is reached over any server, in the letters that DNS knows', async () => {
  expect(await invite(old, 'zoe@caffè.example')).toMatchObject({ state: 'sent' });
  const [mail] = old.inbox.messagesTo('zoe@caffè.example');
  expect(mail?.header('to')).toContain('<zoe@xn--caff-8oa.example>');
});

describe('a name with accents before the @', () => {
  test('is reached over a server that offers SMTPUTF8', async () => {
    expect(await invite(modern, 'zoë@example.org')).toMatchObject({ state: 'sent' });
    expect(modern.inbox.messagesTo('zoë@example.org')).toHaveLength(1);
  });

  test('is undeliverable over one that does not, at once and in words', async () => {
    expect(await invite(old, 'zoë@example.org')).toEqual({
      state: 'failed',
      attempts: 1,
      response:
        '553 5.6.7 zoë@example.org: the mail server does not take addresses with such letters (SMTPUTF8)',
    });
  });
});

test('what is no address at all is undeliverable at once, and not put off for three days', async () => {
  expect(await invite(modern, 'zoe@[127.0.0.1]')).toEqual({
    state: 'failed',
    attempts: 1,
    response: '553 5.1.3 Not a mail address: "zoe@[127.0.0.1]"',
  });
});
