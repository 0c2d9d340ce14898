import { sql } from 'kysely';
import pino from 'pino';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MailboxReader, startMailboxReader } from '../../server/inbound/mailbox-reader.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { type ImapServer, startImapServer } from '../support/imap-server.ts';
import { organizer, useCalendars } from './calendar-world.ts';
import { sample, type Written } from './corpus.ts';

/** Mail that comes in over a mailbox at another server: read, done, marked; once, by one worker, whatever breaks. */
const domain = 'bounces.incontri.example';
const service = useService({
  now: '2031-11-10T10:00:00+01:00',
  env: { MAIL_FROM: organizer, BOUNCE_DOMAIN: domain },
});
const calendars = useCalendars(service);
let imap: ImapServer;
let lines: { msg: string; reason?: string; taken?: string }[];
const readers: MailboxReader[] = [];
let chapter: Awaited<ReturnType<typeof makeChapter>>;

beforeAll(async () => {
  chapter = await makeChapter(service.db);
});
beforeEach(async () => {
  imap = await startImapServer('rimbalzi@incontri.example', 'pass/w:rd@');
  lines = [];
});
afterEach(async () => {
  for (const reader of readers.splice(0)) await reader.close();
  await imap.close();
});

function read(url = imap.url): MailboxReader {
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const reader = startMailboxReader({ ...service.deps, resolve: calendars.dns.resolve }, log, {
    url,
    pollMs: 50,
    retryMs: 20,
  });
  readers.push(reader);
  return reader;
}

/** Somebody was invited; what her mail server might write. */
async function invite() {
  const person = await makeMember(service.db, chapter.id);
  await makeEvent(service.deps, chapter.id);
  await service.settle();
  const email = person.email as string;
  return {
    person,
    written: { verp: service.inbox.messagesTo(email).at(-1)?.envelope.from ?? '', to: email },
  };
}

const isSuppressed = async ({ to }: Written) =>
  (await service.db
    .selectFrom('suppressions')
    .select('reason')
    .where('addressHash', '=', service.deps.links.addressHashes(to)[0] as Buffer)
    .executeTakeFirst()) !== undefined;
const taken = () => lines.flatMap((line) => line.taken ?? []);
const areRead = () => imap.messages.every(({ flags }) => flags.has('\\Seen'));

test('a bounce that lay there, and one that comes while it is read, are taken as the listener would', async () => {
  const [first, second] = [await invite(), await invite()];
  imap.deliver(sample('gmail-unknown-user', first.written));
  read();
  await expect.poll(() => isSuppressed(first.written)).toBe(true);
  imap.deliver(sample('postfix-unknown-user', second.written));
  await expect.poll(() => isSuppressed(second.written)).toBe(true);
  await expect.poll(areRead).toBe(true);
  expect(taken()).toEqual(['suppressed', 'suppressed']);
});

describe('whom it was for is read from', () => {
  test.each(['Delivered-To', 'X-Original-To', 'Envelope-To'])(
    '%s, which the server wrote',
    async (header) => {
      const { written } = await invite();
      imap.deliver(
        `${header}: ${written.verp}\r\n${sample('gmail-unknown-user', { ...written, verp: 'a@elsewhere.example' })}`,
      );
      read();
      await expect.poll(() => isSuppressed(written)).toBe(true);
    },
  );

  test('nothing that is not ours', async () => {
    const { written } = await invite();
    imap.deliver(sample('gmail-unknown-user', { ...written, verp: 'a@elsewhere.example' }));
    imap.deliver(sample('gmail-unknown-user', { ...written, verp: `${'a'.repeat(52)}@${domain}` }));
    read();
    await expect.poll(areRead).toBe(true);
    expect(taken()).toEqual(['unproven', 'unproven']);
    expect(await isSuppressed(written)).toBe(false);
  });
});

test('a complaint and an unsubscription come this way too', async () => {
  const { person, written } = await invite();
  const header = service.inbox.messagesTo(written.to).at(-1)?.header('list-unsubscribe') ?? '';
  const token = new URL(header.replace(/[<>]/g, '')).pathname.split('/').at(-1);
  imap.deliver(`To: unsubscribe@${domain}\r\nSubject: ${token}\r\n\r\n`);
  imap.deliver(sample('complaint', written));
  read();
  await expect.poll(taken).toEqual(['unsubscribed', 'complaint']);
  const topics = service.db.selectFrom('preferences').select('topic').where('personId', '=', person.id);
  expect((await topics.execute()).length).toBeGreaterThan(0);
});

test('a connection that breaks is opened again, and what was taken before is not taken twice', async () => {
  const [first, second] = [await invite(), await invite()];
  imap.deliver(sample('gmail-unknown-user', first.written));
  read();
  await expect.poll(areRead).toBe(true);
  imap.drop();
  imap.deliver(sample('gmail-unknown-user', second.written));
  await expect.poll(() => isSuppressed(second.written)).toBe(true);
  await expect.poll(areRead).toBe(true);
  expect([imap.counts.logins, imap.counts.fetched]).toEqual([2, 2]);
});

test('without IDLE it is asked', async () => {
  imap.idle = false;
  const { written } = await invite();
  read();
  await expect.poll(() => imap.counts.open).toBe(1);
  imap.deliver(sample('gmail-unknown-user', written));
  await expect.poll(() => isSuppressed(written)).toBe(true);
});

test('of two workers one reads, and the other goes on when it ends', async () => {
  const first = read();
  await expect.poll(() => imap.counts.open).toBe(1);
  read();
  const { written } = await invite();
  imap.deliver(sample('gmail-unknown-user', written));
  await expect.poll(areRead).toBe(true);
  expect(imap.counts.logins).toBe(1);
  await first.close();
  await expect.poll(() => imap.counts.logins).toBe(2);
  imap.deliver(sample('postfix-unknown-user', (await invite()).written));
  await expect.poll(areRead).toBe(true);
});

test('a server that lets nobody in is asked again, and no line of the log knows the password', async () => {
  imap.refusing = true;
  const { written } = await invite();
  imap.deliver(sample('gmail-unknown-user', written));
  read();
  await expect
    .poll(() => lines.filter(({ reason }) => reason?.includes('not with')).length)
    .toBeGreaterThan(1);
  imap.refusing = false;
  await expect.poll(() => isSuppressed(written)).toBe(true);
  const log = JSON.stringify(lines);
  for (const secret of ['pass/w', 'pass%2F', Buffer.from('pass/w:rd@').toString('base64')])
    expect(log).not.toContain(secret);
});

test('what cannot be taken is left to a person after three times, and holds up nothing behind it', async () => {
  const [first, second] = [await invite(), await invite()];
  const [bad, good] = [
    imap.deliver(sample('gmail-unknown-user', first.written)),
    imap.deliver(sample('gmail-unknown-user', second.written)),
  ];
  // A report of this delivery cannot be written down.
  await service.db.schema
    .alterTable('mail_reports')
    .addCheckConstraint('not_hers', sql`person_id <> ${sql.lit(first.person.id)}`)
    .execute();
  try {
    read();
    await expect.poll(() => [...bad.flags]).toEqual(['\\Seen', '\\Flagged']);
    expect([...good.flags]).toEqual(['\\Seen']);
    expect(await isSuppressed(second.written)).toBe(true);
    expect(lines.filter(({ msg }) => /could not be taken/.test(msg))).toHaveLength(3);
  } finally {
    await service.db.schema.alterTable('mail_reports').dropConstraint('not_hers').execute();
  }
});

test('what is too large is not read to its end, and a mailbox where nothing can be marked says so', async () => {
  imap.deliver(`Subject: x\r\n\r\n${'x'.repeat(3 * 1024 * 1024)}`);
  const reader = read();
  await expect.poll(areRead).toBe(true);
  expect(taken()).toEqual([]);
  await reader.close();
  imap.readOnly = true;
  imap.deliver('Subject: Ciao\r\n\r\n');
  read();
  await expect.poll(() => lines.some(({ reason }) => reason?.includes('nothing be marked'))).toBe(true);
});

describe('a calendar’s answer', () => {
  const answerOf = async () => {
    const her = await calendars.makeHer(chapter.id);
    return { her, raw: await calendars.sign(calendars.write(her), calendars.own) };
  };

  test('that lies there counts, and a letter is left for a person to read', async () => {
    const { her, raw } = await answerOf();
    const reply = imap.deliver(raw);
    const letter = imap.deliver(
      `From: g@example.com\r\nTo: ${organizer}\r\nSubject: Domanda\r\n\r\nA che ora?\r\n`,
    );
    read();
    await expect.poll(() => calendars.stateOf(her)).toBe('going');
    await expect.poll(() => [...letter.flags]).toEqual(['\\Seen', '\\Flagged']);
    expect([...reply.flags]).toEqual(['\\Seen']);
    expect(taken()).toEqual(['reply', 'letter']);
  });

  test('waits where DNS is away, and is not proved where it stays away', async () => {
    const { her, raw } = await answerOf();
    calendars.dns.away.add('mail._domainkey.example.org');
    try {
      imap.deliver(raw);
      read();
      await expect.poll(taken).toEqual(['reply_uncertain']);
      expect(await calendars.stateOf(her)).toBe('maybe');
      expect(lines.filter(({ msg }) => msg === 'a mail that came in has to wait')).toHaveLength(2);
      await expect.poll(areRead).toBe(true);
    } finally {
      calendars.dns.away.clear();
    }
  });
});
