import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dkimFinding, dmarcFinding, isAligned, spfFinding } from '../../scripts/cli/doctor/dns.ts';
import { answersFinding, mxFinding } from '../../scripts/cli/doctor/inbound.ts';
import { startListener } from '../../server/inbound/listener.ts';
import { createDatabase, useDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';
import { startImapServer } from '../support/imap-server.ts';
import { type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts';
import { runCommand } from './run.ts';

const database = useDatabase();
let folder: string;
let inbox: SmtpSink;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ritrovo-doctor-'));
  inbox = await startSmtpSink();
});
afterAll(async () => {
  await inbox.close();
  await rm(folder, { recursive: true });
});

const doctor = (env: NodeJS.ProcessEnv = {}, args: string[] = []) =>
  runCommand(['doctor', ...args], {
    DATABASE_URL: database.url,
    DATA_DIR: folder,
    SECRET_KEYS: 'k'.repeat(40),
    SMTP_URL: inbox.url,
    MAIL_FROM: 'eventi@localhost',
    ...env,
  });
const line = (out: string, subject: string) =>
  out.split('\n').find((text) => text.slice(2).startsWith(subject));

test('where all is well each thing has one line that says so', async () => {
  const { code, out, err } = await doctor();
  expect({ code, err }).toEqual({ code: 0, err: '' });
  for (const subject of [
    'configuration',
    'node',
    'disk',
    'secret keys',
    'database',
    'migrations',
    'clock',
    'smtp',
  ]) {
    expect(line(out, subject), subject).toMatch(/^[✓!] /);
  }
  expect(line(out, 'migrations')).toContain('✓');
  expect(line(out, 'smtp')).toContain('127.0.0.1 answers');
});

test('--mail sends one mail that arrives', async () => {
  const { code, out } = await doctor({}, ['--mail', 'anna@example.org']);
  expect({ code, mail: line(out, 'mail') }).toMatchObject({
    code: 0,
    mail: expect.stringContaining('✓ mail'),
  });
  const mail = inbox.messages.find(({ to }) => to === 'anna@example.org');
  expect((await mail?.parsed())?.subject).toBe('La posta di Ritrovo parte · Ritrovo can send');
});

test('a mail that the server refuses is said with its words', async () => {
  inbox.hooks = { rcpt: () => 550 };
  const { code, out } = await doctor({}, ['--mail', 'anna@example.org']);
  inbox.hooks = {};
  expect({ code, mail: line(out, 'mail') }).toMatchObject({
    code: 1,
    mail: expect.stringMatching(/^✗ mail .*550/),
  });
});

test.each([
  ['a variable that is none', { PORT: 'x' }, 'configuration', /PORT/],
  [
    'a database that is away',
    { DATABASE_URL: 'postgres://x:y@127.0.0.1:1/x' },
    'database',
    /ECONNREFUSED.*DATABASE_URL/,
  ],
  ['a mail server that is away', { SMTP_URL: 'smtp://127.0.0.1:1' }, 'smtp', /ECONNREFUSED.*nothing listens/],
  ['a password that is asked of a server without AUTH', { SMTP_URL: 'auth' }, 'smtp', /no AUTH/],
  ['a folder that cannot be', { DATA_DIR: '/dev/null/none' }, 'disk', /DATA_DIR cannot be written/],
])('%s: what to do, and exit code 1', async (_name, env: NodeJS.ProcessEnv, subject, says) => {
  const withPassword = inbox.url.replace('//', '//anna:geheim@');
  const { code, out } = await doctor(env.SMTP_URL === 'auth' ? { SMTP_URL: withPassword } : env);
  expect({ code, line: line(out, subject) }).toEqual({ code: 1, line: expect.stringMatching(says) });
  expect(line(out, subject)).toMatch(/^✗/);
  expect(out).not.toContain('geheim');
});

test('an empty database awaits its tables, and gets none from looking', async () => {
  const empty = await createDatabase();
  const { out } = await doctor({ DATABASE_URL: empty.url });
  expect(line(out, 'migrations')).toContain('! migrations     none yet');
  expect(line((await doctor({ DATABASE_URL: empty.url })).out, 'migrations')).toContain('none yet');
  await empty.drop();
});

describe('what DNS says of the sender', () => {
  test.each([
    [['v=spf1 include:relay.example -all'], 'well'],
    [['google-site-verification=x', 'v=spf1 mx ~all'], 'well'],
    [[], 'wrong'],
    [['v=spf10 -all'], 'wrong'],
    [['v=spf1 mx -all', 'v=spf1 a -all'], 'wrong'],
    [['v=spf1 +all'], 'wrong'],
    [['v=spf1 all'], 'wrong'],
  ])('SPF %j is %s', (texts, state) => {
    expect(spfFinding(texts, 'example.org').state).toBe(state);
  });

  test('DKIM: the key that signs must be the one that is published', () => {
    const pair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
    const [own, other] = [pair(), pair()];
    const published = (keys: ReturnType<typeof pair>) =>
      `v=DKIM1; k=rsa; p=${keys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`;
    const key = own.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const judge = (texts: string[]) =>
      dkimFinding(texts, 's._domainkey.example.org', { domain: 'example.org', selector: 's', key });
    expect(judge([published(own)]).state).toBe('well');
    expect(judge([published(other)])).toMatchObject({
      state: 'wrong',
      says: expect.stringContaining('another key'),
    });
    const none = judge([]);
    expect(none).toMatchObject({ state: 'wrong', says: expect.stringContaining('has no TXT record') });
    expect(none.says).toContain(published(own));
  });

  test('DMARC: any policy will do, none will not', () => {
    expect(dmarcFinding(['v=DMARC1; p=none'], '_dmarc.example.org').state).toBe('well');
    expect(dmarcFinding(['v=spf1 -all'], '_dmarc.example.org').state).toBe('wrong');
  });
});

test('the signer must be the sender’s own domain, or one above or below', () => {
  for (const domain of ['example.org', 'mail.example.org', 'org.example'])
    expect(isAligned('a@example.org', { domain })).toBe(domain !== 'org.example');
  expect(isAligned('a@mail.example.org', { domain: 'example.org' })).toBe(true);
  expect(isAligned('a@notexample.org', { domain: 'example.org' })).toBe(false);
});

describe('mail that comes in', () => {
  const bounces = { BOUNCE_DOMAIN: 'bounces.invalid' };
  const imapUrl = (url: string) => ({ ...bounces, INBOUND_IMAP_URL: url });

  test('is nothing to wonder about where nobody asked for it', async () => {
    const { code, out } = await doctor();
    expect({ code, line: line(out, 'inbound') }).toMatchObject({
      code: 0,
      line: expect.stringMatching(/^! .*nothing is set/),
    });
  });

  test.each([
    ['a domain for what comes back, and nobody who reads it', bounces, /^✗ .*nobody reads them/],
    ['somebody who reads, and no domain', { INBOUND_SMTP_PORT: '1' }, /^✗ .*BOUNCE_DOMAIN is not set/],
  ])('%s', async (_name, env: NodeJS.ProcessEnv, says) => {
    const { code, out } = await doctor(env);
    expect({ code, line: line(out, 'inbound') }).toEqual({ code: 1, line: expect.stringMatching(says) });
  });

  test('the port is answered by us, by somebody else, or by nobody', async () => {
    const deps = testDeps(database.db, () => new Date());
    const { log } = Fastify({ logger: false });
    const listener = await startListener(deps, log, { port: 0, host: '127.0.0.1' });
    const ask = async (port: number) =>
      line((await doctor({ ...bounces, INBOUND_SMTP_PORT: String(port) })).out, 'inbound smtp');
    expect(await ask(listener.port)).toMatch(/^✓ .* answers/);
    await listener.close();
    expect(await ask(listener.port)).toMatch(/^! .*ECONNREFUSED.*while the worker runs/);
    expect(await ask(inbox.port)).toMatch(/^✗ .*something else listens/);
  });

  test('the mailbox opens, or says why not, without the password', async () => {
    const imap = await startImapServer('anna', 'geheim');
    imap.deliver('Subject: Ciao\r\n\r\n');
    const { out } = await doctor(imapUrl(imap.url));
    expect(line(out, 'inbound imap')).toMatch(/^✓ .*takes the password; 1 not read yet/);
    expect(imap.messages.every(({ flags }) => flags.size === 0)).toBe(true);
    imap.refusing = true;
    const refused = await doctor(imapUrl(imap.url));
    expect({ code: refused.code, line: line(refused.out, 'inbound imap') }).toEqual({
      code: 1,
      line: expect.stringMatching(/^✗ .*not with ….*INBOUND_IMAP_URL/),
    });
    expect(refused.out).not.toContain('geheim');
    await imap.close();
  });

  const [mx, here] = [
    { name: 'mx.example.org', addresses: ['192.0.2.1', '2001:db8::1'] },
    ['127.0.0.1', '192.0.2.1'],
  ];
  test.each([
    ['no MX', [], here, 25, 'wrong', /takes no mail/],
    ['a null MX', [{ name: '', addresses: [] }], here, 25, 'wrong', /takes no mail/],
    [
      'a name that leads nowhere',
      [{ name: 'mx.example.org', addresses: [] }],
      here,
      25,
      'wrong',
      /no address/,
    ],
    ['here', [mx], here, 25, 'well', /which is here$/],
    ['here, at another port', [mx], here, 2525, 'look', /hands mail for the domain on to port 2525/],
    ['elsewhere', [mx], ['127.0.0.1'], 25, 'look', /no address of this machine/],
    ['a mailbox', [mx], ['127.0.0.1'], null, 'well', /lands in the one mailbox/],
  ] as const)('DNS leads to %s', (_where, exchanges, own, port, state, says) => {
    const finding = mxFinding(exchanges, { domain: 'bounces.example.org', own, port });
    expect(finding).toEqual({ subject: 'bounce mx', state, says: expect.stringMatching(says) });
  });

  test.each([
    ['no MX', [], 25, 'look', /takes no mail.*no answer by calendar reaches us/],
    ['here', [mx], 25, 'well', /which is here$/],
    [
      'elsewhere',
      [mx],
      2525,
      'look',
      /hands what comes for eventi@example\.org \(not all of example\.org\) on to port 2525/,
    ],
    [
      'a mailbox',
      [mx],
      null,
      'well',
      /look that what comes for eventi@example\.org lands in the one mailbox/,
    ],
  ] as const)('for the answers of calendars DNS leads to %s', (_where, exchanges, port, state, says) => {
    const finding = mxFinding(exchanges, { domain: 'example.org', own: here, port });
    const told = answersFinding(finding, { address: 'eventi@example.org', domain: 'example.org' });
    expect(told).toEqual({ subject: 'answers mx', state, says: expect.stringMatching(says) });
  });
});
