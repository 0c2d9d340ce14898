import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeNetwork } from '../../scripts/chaos/load.ts';
import { createToken } from '../../server/api/tokens.ts';
import { systemClock } from '../../server/clock.ts';
import type { Deps } from '../../server/deps.ts';
import { installBoss } from '../../server/jobs/boss.ts';
import { createLinks } from '../../server/web/links.ts';
import { useDatabase } from '../support/database.ts';
import { secretKeys, testDeps } from '../support/deps.ts';
import { createFleet, type Fleet, freePorts } from '../support/fleet.ts';
import { type ReverseProxy, startReverseProxy } from '../support/reverse-proxy.ts';
import { type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts';

/**
 * Two web and two worker processes behind a plain reverse proxy on one PostgreSQL, ended and started again one by one
 * while members read, answer and are written to.
 */
const members = 240;
const database = useDatabase();
let deps: Deps;
let sink: SmtpSink;
let proxy: ReverseProxy;
let fleet: Fleet;
let token: string;
let webs: number[];

beforeAll(async () => {
  await installBoss(database.pool);
  const [front, ...backs] = (await freePorts(3)) as [number, number, number];
  webs = backs;
  const publicUrl = `http://127.0.0.1:${front}`;
  deps = { ...testDeps(database.db, systemClock), links: createLinks(publicUrl, secretKeys) };
  await makeNetwork(deps, members);
  token = (await createToken(database.db, { name: 'a test', chapterId: null, now: new Date() })).secret;
  // The server keeps each mail for a while before it says so: a process that ends has mails in the air.
  sink = await startSmtpSink({
    hooks: {
      async message() {
        await sleep(60);
        return undefined;
      },
    },
  });
  proxy = await startReverseProxy(front, webs);
  fleet = createFleet({
    DATABASE_URL: database.url,
    SECRET_KEYS: secretKeys.join(','),
    PUBLIC_URL: publicUrl,
    SMTP_URL: sink.url,
    TRUST_PROXY: '127.0.0.1',
    MAIL_CONNECTIONS: '3',
    MAIL_RATE: '25',
    DRAIN_SECONDS: '1',
  });
  for (const port of webs) await fleet.start('web', port);
  for (let count = 0; count < 2; count += 1) await fleet.start('worker');
  await proxy.sees(...webs);
}, 120_000);

afterAll(async () => {
  await fleet?.close();
  await proxy?.close();
  await sink?.close();
});

const api = async (path: string, body: object) => {
  const answer = await fetch(`${proxy.url}/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBeLessThan(300);
  return (await answer.json()) as { id: string };
};

/** An event whose invitations leave at once, and the links of all who got one. */
async function invite(): Promise<{ id: string; links: string[] }> {
  const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  const { id } = await api('/chapters/bologna/events', {
    title: 'Aperitivo',
    format: 'in_person',
    access: 'link',
    startsAt: day(30),
    endsAt: new Date(Date.parse(day(30)) + 7_200_000).toISOString(),
  });
  await api(`/events/${id}/publication`, {});
  const find = () =>
    database.db
      .selectFrom('invitations as i')
      .innerJoin('people as p', 'p.id', 'i.personId')
      .select(['i.id', 'i.eventId', 'i.personId', 'p.linkEpoch'])
      .where('i.eventId', '=', id)
      .execute();
  await expect.poll(async () => (await find()).length, { timeout: 20_000 }).toBe(members);
  return { id, links: (await find()).map((row) => deps.links.rsvpUrl(row)) };
}

/** Members who read and answer, one after the other and some at once, until told to stop. What went wrong is kept. */
function startMembers({ id, links }: { id: string; links: string[] }) {
  const wrong: string[] = [];
  const did = { pages: 0, answers: 0 };
  let stopping = false;
  let next = 0;
  const ask = async (url: string, expected: number, init: RequestInit = {}) => {
    try {
      const answer = await fetch(url, { redirect: 'manual', ...init });
      const said = await answer.text();
      if (answer.status !== expected) {
        wrong.push(`${init.method ?? 'GET'} ${url}: ${answer.status} ${said.slice(0, 100)}`);
      }
    } catch (error) {
      wrong.push(`${init.method ?? 'GET'} ${url}: ${(error as Error).cause ?? error}`);
    }
  };
  const reader = async () => {
    const pages = ['/', '/c/bologna', `/e/${id}`, '/api/v1/openapi.json', '/privacy'];
    while (!stopping) {
      await ask(`${proxy.url}${pages[did.pages % pages.length]}`, 200);
      did.pages += 1;
      await sleep(15);
    }
  };
  const answerer = async () => {
    while (!stopping && next < links.length * 3) {
      const link = links[next % links.length] as string;
      const answer = ['yes', 'no', 'yes'][Math.floor(next / links.length)] as string;
      next += 1;
      await ask(link, 200);
      await ask(link, 303, { method: 'POST', body: new URLSearchParams({ answer }) });
      did.answers += 1;
      await sleep(60);
    }
  };
  const running = Promise.all([reader(), reader(), answerer(), answerer(), answerer()]);
  return {
    wrong,
    did,
    async stop() {
      stopping = true;
      await running;
    },
  };
}

/** Everything in the ledger, and how often each lies in the mailboxes. */
async function readLedger() {
  const deliveries = await database.db
    .selectFrom('deliveries')
    .select(['id', 'state', 'unknownCauses', 'nextAttemptAt'])
    .execute();
  const copies = new Map<string, number>();
  for (const mail of sink.messages) {
    const id = mail.header('x-ritrovo-delivery') ?? 'none';
    copies.set(id, (copies.get(id) ?? 0) + 1);
  }
  return deliveries.map((row) => ({ ...row, copies: copies.get(row.id) ?? 0 }));
}
const isOpen = ({ state, nextAttemptAt }: { state: string; nextAttemptAt: Date | null }) =>
  state === 'queued' || state === 'sending' || (state === 'unknown' && nextAttemptAt !== null);

describe('a rolling upgrade', () => {
  test('fails no request and loses or doubles no mail', async () => {
    const event = await invite();
    const load = startMembers(event);
    await sleep(1_000);
    const codes: (number | null)[] = [];
    for (const member of [...fleet.members]) {
      const before = (await readLedger()).filter(({ state }) => state === 'sent').length;
      codes.push(await fleet.replace(member, 'SIGTERM'));
      if (member.role === 'web') await proxy.sees(...webs);
      await sleep(500);
      // Mail went on leaving meanwhile: there was something to lose.
      expect((await readLedger()).filter(({ state }) => state === 'sent').length).toBeGreaterThan(before);
    }
    await load.stop();
    expect(load.wrong).toEqual([]);
    expect(codes).toEqual([0, 0, 0, 0]);
    expect(load.did.pages).toBeGreaterThan(100);
    expect(load.did.answers).toBeGreaterThan(50);

    await expect.poll(async () => (await readLedger()).some(isOpen), { timeout: 90_000 }).toBe(false);
    const ledger = await readLedger();
    expect(ledger.length).toBeGreaterThan(members + 50);
    expect(ledger.filter(({ state, copies }) => state !== 'sent' || copies !== 1)).toEqual([]);
    expect(sink.messages).toHaveLength(ledger.length);
  }, 240_000);
});

describe('workers that are killed', () => {
  test('lose no mail, and double none but what the ledger says nobody can know of', async () => {
    sink.clear();
    await database.pool.query('delete from deliveries');
    const load = startMembers(await invite());
    for (const member of fleet.members.filter(({ role }) => role === 'worker')) {
      await sleep(1_500);
      // Not in the middle of nothing: mails are in the air.
      await expect
        .poll(async () => (await readLedger()).some(({ state }) => state === 'sending'), {
          timeout: 10_000,
          interval: 5,
        })
        .toBe(true);
      await fleet.replace(member, 'SIGKILL');
    }
    await load.stop();
    expect(load.wrong).toEqual([]);
    // The one retry of what nobody knows comes now instead of in a quarter of an hour.
    await expect
      .poll(
        async () => {
          await database.pool.query(
            `update deliveries set next_attempt_at = now() where state = 'unknown' and next_attempt_at > now()`,
          );
          return (await readLedger()).some(isOpen);
        },
        { timeout: 120_000, interval: 500 },
      )
      .toBe(false);
    const ledger = await readLedger();
    // A confirmation that had to wait for a dead worker's lease, and was overtaken by her next answer, is skipped.
    const lost = ledger.filter(({ copies, state }) => copies === 0 && state !== 'skipped');
    const doubled = ledger.filter(({ copies }) => copies > 1);
    expect(lost).toEqual([]);
    expect(doubled.filter(({ unknownCauses }) => unknownCauses.length === 0)).toEqual([]);
    expect(doubled.filter(({ copies }) => copies > 2)).toEqual([]);
    // Each kill left at most what three connections had in the air, and one each that was not written down yet.
    expect(ledger.filter(({ unknownCauses }) => unknownCauses.length > 0).length).toBeLessThanOrEqual(12);
  }, 300_000);
});
