import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Listener, startListener } from '../../server/inbound/listener.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import type { SinkMail } from '../support/smtp-sink.ts';
import { sample } from './corpus.ts';

/** From a mail that left, through another server's report of it, to what the ledger and the next mailing do. */
const domain = 'bounces.incontri.example';
const service = useService({
  now: '2031-11-10T10:00:00+01:00',
  env: { BOUNCE_DOMAIN: domain, INBOUND_SMTP_PORT: '2525' },
});
let listener: Listener;
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let giulia: Awaited<ReturnType<typeof makeMember>>;
let invitation: SinkMail;

beforeAll(async () => {
  listener = await startListener(service.deps, service.server.log, { port: 0, host: '127.0.0.1' });
});
afterAll(() => listener?.close());
beforeEach(async () => {
  chapter = await makeChapter(service.db);
  giulia = await makeMember(service.db, chapter.id);
  invitation = await invite();
});

/** A mail to Giulia, as it arrived. */
async function invite(): Promise<SinkMail> {
  await makeEvent(service.deps, chapter.id);
  await service.settle();
  return service.inbox.messagesTo(giulia.email as string).at(-1) as SinkMail;
}

const written = (mail = invitation) => ({ verp: mail.envelope.from, to: giulia.email as string });

/** Another server hands a mail to ours. */
async function deliver(raw: string, to = written().verp): Promise<void> {
  const transport = createTransport({ host: '127.0.0.1', port: listener.port, ignoreTLS: true });
  await transport.sendMail({ envelope: { from: '', to }, raw });
  transport.close();
}

const states = async () =>
  (
    await service.db
      .selectFrom('deliveries')
      .select('state')
      .where('personId', '=', giulia.id)
      .where('kind', '=', 'invitation')
      .orderBy('id')
      .execute()
  ).map(({ state }) => state);
const suppressed = async () =>
  service.db
    .selectFrom('suppressions')
    .select('reason')
    .where('addressHash', '=', service.deps.links.addressHashes(giulia.email as string)[0] as Buffer)
    .executeTakeFirst();

describe('a bounce', () => {
  test('of an address that does not exist is the last mail to it', async () => {
    await deliver(sample('gmail-unknown-user', written()));
    expect(await states()).toEqual(['failed']);
    expect(await suppressed()).toEqual({ reason: 'bounce' });
    const before = service.inbox.messages.length;
    await makeEvent(service.deps, chapter.id);
    await service.settle();
    expect(await states()).toEqual(['failed', 'suppressed']);
    expect(service.inbox.messages.slice(before).map(({ to }) => to)).not.toContain(giulia.email);
  });

  test('of a full mailbox counts, and is enough the third time; a report that comes twice counts once', async () => {
    for (let time = 1; time <= 2; time += 1) {
      await deliver(sample('exchange-over-quota', written()));
      await deliver(sample('exchange-over-quota', written()));
      expect(await suppressed()).toBeUndefined();
      invitation = await invite();
    }
    await deliver(sample('exchange-over-quota', written()));
    expect(await states()).toEqual(['failed', 'failed', 'failed']);
    expect(await suppressed()).toEqual({ reason: 'bounce' });
  });

  test('is forgotten after thirty days', async () => {
    await deliver(sample('exchange-over-quota', written()));
    invitation = await invite();
    await deliver(sample('exchange-over-quota', written()));
    service.clock.advance(31 * 86_400_000);
    invitation = await invite();
    await deliver(sample('exchange-over-quota', written()));
    expect(await suppressed()).toBeUndefined();
  });

  test('that says only that it takes longer changes nothing', async () => {
    await deliver(sample('postfix-delayed', written()));
    expect(await states()).toEqual(['sent']);
  });

  test('of an address that she no longer has says nothing of her new one', async () => {
    service.clock.advance(60_000);
    await service.db
      .updateTable('people')
      .set({ email: `nuova.${giulia.id}@example.org`, addressSince: service.clock() })
      .where('id', '=', giulia.id)
      .execute();
    await deliver(sample('gmail-unknown-user', written()));
    expect(await states()).toEqual(['sent']);
  });

  test('whose return path nobody of us signed proves nothing', async () => {
    const { verp } = written();
    const [local = ''] = verp.split('@');
    const other = `${local.slice(0, 26)}${local.slice(26).replace(/^./, (first) => (first === 'a' ? 'b' : 'a'))}@${domain}`;
    await deliver(sample('gmail-unknown-user', { ...written(), verp: other }), other);
    await deliver(sample('gmail-unknown-user', written()), `postmaster@${domain}`);
    expect(await states()).toEqual(['sent']);
    expect(await suppressed()).toBeUndefined();
  });

  test('is known although a relay wrote its address in capitals', async () => {
    await deliver(sample('gmail-unknown-user', written()), written().verp.toUpperCase());
    expect(await suppressed()).toEqual({ reason: 'bounce' });
  });
});

test('a complaint ends every kind of mail from the chapter, and whatever else we would send', async () => {
  await deliver(sample('complaint', written()), `abuse@${domain}`);
  expect(await suppressed()).toEqual({ reason: 'complaint' });
  const topics = await service.db
    .selectFrom('preferences')
    .select('topic')
    .where('personId', '=', giulia.id)
    .execute();
  expect(topics).toHaveLength(6);
  expect(await states()).toEqual(['sent']);
});

test('a mail program leaves the list by mail, with the token that the header gave it', async () => {
  const header = invitation.header('list-unsubscribe') ?? '';
  const [https, mailto] = header.split(', ').map((way) => new URL(way.replace(/[<>]/g, '')));
  expect(https?.protocol).toBe('http:');
  expect(mailto?.href).toMatch(`mailto:unsubscribe@${domain}?subject=`);
  const subject = mailto?.searchParams.get('subject') ?? '';
  await deliver(`From: <x@example.net>\r\nSubject: ${subject}\r\n\r\n`, `unsubscribe@${domain}`);
  const before = service.inbox.messages.length;
  await makeEvent(service.deps, chapter.id);
  await service.settle();
  expect(service.inbox.messages.slice(before).map(({ to }) => to)).not.toContain(giulia.email);
  // What always arrives still does.
  const event = await makeEvent(service.deps, chapter.id);
  await answerInvitation(service.deps, {
    eventId: event.id,
    personId: giulia.id,
    answer: 'yes',
    source: 'link',
  });
  await service.settle();
  expect(
    service.inbox
      .messagesTo(giulia.email as string)
      .at(-1)
      ?.header('x-ritrovo-kind'),
  ).toBe('confirmation');
});

test('mail for anybody else, and what is too large, is refused; nobody is ever answered', async () => {
  const before = service.inbox.messages.length;
  await expect(deliver(sample('gmail-unknown-user', written()), 'somebody@example.org')).rejects.toThrow(
    /550 5\.7\.1/,
  );
  await expect(deliver(`Subject: x\r\n\r\n${'x'.repeat(3 * 1024 * 1024)}`)).rejects.toThrow(/552/);
  await deliver(sample('holiday-outlook', written()));
  // Our own mail, handed back by whoever forwards what she gets.
  await deliver(invitation.raw.toString('latin1'));
  await service.settle();
  expect(service.inbox.messages.length).toBe(before);
  expect(await states()).toEqual(['sent']);
});
