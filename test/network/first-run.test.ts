import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createSetUpLink } from '../../server/network/first-run.ts';
import { suggestSlug } from '../../server/network/first-run-form.ts';
import { sessionOf } from '../desk/at-desk.ts';
import { days } from '../support/clock.ts';
import { createDatabase } from '../support/database.ts';
import { useSite } from '../support/site.ts';

const site = useSite('2026-11-16T10:00:00Z');
const newLink = async () => new URL((await createSetUpLink(site.deps)) as string).pathname;

const network = { step: 'network', network: 'Filo Rosso', locale: 'it' };
const chapter = {
  ...network,
  step: 'chapter',
  chapter: 'San Giovanni in Persiceto',
  timeZone: 'Europe/Rome',
};
const you = { ...chapter, step: 'you', firstName: 'Anna', lastName: 'Ricci', email: 'anna@example.org' };

test('before anything is set up, the first page kindly says where the beginning is', async () => {
  const home = await site.server.inject({ url: '/', headers: { 'accept-language': 'it' } });
  expect(home.statusCode).toBe(200);
  expect(home.body).toContain('è nel registro del servizio');
  expect((await site.server.inject({ url: '/sign-in' })).statusCode).toBe(200);
});

test('a step that lacks something says what, keeps what was typed, and nothing is made before the last', async () => {
  const path = await newLink();
  const empty = await site.post(path, { ...network, network: ' ' });
  expect(empty.statusCode).toBe(400);
  expect(empty.body).toContain('Scrivilo qui');
  const second = await site.post(path, network);
  expect(second.body).toContain('Il primo gruppo');
  expect(second.body).toContain('<input type="hidden" name="network" value="Filo Rosso">');
  const third = await site.post(path, { ...chapter, slug: '' });
  expect(third.body).toContain('name="slug" value="san-giovanni-in-persiceto"');
  const back = await site.post(path, { ...you, go: 'back' });
  expect(back.body).toContain('value="San Giovanni in Persiceto"');
  expect((await site.post(path, { ...you, email: 'anna@' })).statusCode).toBe(400);
  // Hidden fields are fields.
  expect((await site.post(path, { ...you, network: '' })).body).toContain('Come si chiama la vostra rete?');
  expect((await site.post(path, { ...you, slug: 'Con Spazi' })).statusCode).toBe(400);
  expect(await site.db.selectFrom('networks').select('id').execute()).toEqual([]);
});

test('a link that was not made here, or too long ago, or is used from elsewhere, opens nothing', async () => {
  const path = await newLink();
  expect((await site.server.inject({ url: '/setup/x' })).statusCode).toBe(404);
  expect((await site.post('/setup/x', you)).statusCode).toBe(404);
  expect((await site.post(path, you, { 'sec-fetch-site': 'cross-site' })).statusCode).toBe(404);
  site.clock.advance(days(8));
  expect((await site.server.inject({ url: path })).statusCode).toBe(404);
  site.clock.set('2026-11-16T10:00:00Z');
});

test('the last step makes the network and signs her in; every link dies at that moment', async () => {
  const [path, other] = [await newLink(), await newLink()];
  const answers = await Promise.all([site.post(path, you), site.post(other, { ...you, network: 'Altra' })]);
  expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([303, 410]);
  const made = answers.find(({ statusCode }) => statusCode === 303);
  expect(made?.headers.location).toBe('/desk/chapters/san-giovanni-in-persiceto/members/new');
  const headers = { cookie: sessionOf(made as NonNullable<typeof made>) };
  const members = await site.server.inject({ url: made?.headers.location as string, headers });
  expect(members.statusCode).toBe(200);
  expect(members.body).toContain('I primi passi');
  for (const gone of [path, other]) {
    const late = await site.server.inject({ url: gone });
    expect(late.statusCode).toBe(410);
    expect(late.body).toContain('/sign-in');
  }
  expect(await createSetUpLink(site.deps)).toBeNull();
  expect(await site.db.selectFrom('setUpLinks').selectAll().execute()).toEqual([]);
  expect(await site.db.selectFrom('networkAdministrators').selectAll().execute()).toHaveLength(1);
});

test('a name gives its part of addresses', () => {
  expect(suggestSlug('Forlì-Cesena')).toBe('forli-cesena');
  expect(suggestSlug('  L’Aquila! ')).toBe('l-aquila');
  expect(suggestSlug('日本')).toBe('');
});

test('the service prints the link when it starts on an empty database, and not once there is a network', async () => {
  const database = await createDatabase();
  const dir = await mkdtemp(join(tmpdir(), 'ritrovo-first-'));
  const port = String(20_000 + Math.floor(process.pid % 20_000));
  const env = {
    ...process.env,
    DATABASE_URL: database.url,
    DATA_DIR: dir,
    PORT: port,
    ROLE: 'web',
    DRAIN_SECONDS: '0',
    LOG_LEVEL: 'error',
  };
  const started = spawn(process.execPath, ['server/main.ts'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    let said = '';
    const link = await new Promise<string>((resolve, reject) => {
      started.once('exit', () => reject(new Error(said)));
      for (const stream of [started.stdout, started.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          said += chunk;
          const found = /http\S+\/setup\/\S+/.exec(said)?.[0];
          if (found) resolve(found);
        });
      }
    });
    const page = await fetch(link, { headers: { 'accept-language': 'en' } });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('What is your network called?');
  } finally {
    started.kill('SIGTERM');
    await new Promise((resolve) => started.once('exit', resolve));
    await rm(dir, { recursive: true });
    await database.drop();
  }
}, 60_000);
