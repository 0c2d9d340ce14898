import { copyFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildApp } from '../../server/app.ts';
import { findBackupTables, quoted } from '../../server/db/backup-tables.ts';
import { createDb, openPool } from '../../server/db/database.ts';
import { migrateToLatest } from '../../server/db/migrate.ts';
import { migrationNames } from '../../server/db/migrations.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { secretKeys } from '../support/deps.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';
import { runCommand } from './run.ts';

const service = useService({ now: '2098-11-17T10:00:00Z' });
let folder: string;
let file: string;
let rsvpPath: string;
const undo: (() => Promise<void>)[] = [];

/** Far ahead of any real clock, which the commands read. One mail is under way, and one mailing's hour has passed. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ritrovo-backup-'));
  const { id: chapterId } = await makeChapter(service.db, { slug: 'bologna' });
  const [first, second] = await makeMembers(service.db, chapterId, 12);
  // What COPY must write in another way than it stands.
  const odd = 'Zoë\t"Łódź"\\N\n\r\u2028 ; 🌸';
  await service.db.updateTable('people').set({ lastName: odd }).where('id', '=', second!.id).execute();
  const event = await makeEvent(service.deps, chapterId, { guestsAllowed: 2, description: odd });
  service.inbox.hooks = { rcpt: (to) => (to === second!.email ? 451 : undefined) };
  await service.settle();
  const answer = {
    eventId: event.id,
    personId: first!.id,
    answer: 'yes',
    source: 'link',
    mode: 'room',
  } as const;
  await answerInvitation(service.deps, { ...answer, guests: [{ name: 'Carla' }] });
  await service.settle();
  await service.db
    .updateTable('mailings')
    .set({ dueAt: new Date('2020-01-01T00:00:00Z') })
    .where('kind', '=', 'chase')
    .execute();
  const mail = service.inbox.messages.find(({ to }) => to === first!.email);
  rsvpPath = /\/r\/[\w.-]+/.exec((await mail!.parsed()).text ?? '')![0];
  file = join(folder, 'evening.tar.gz');
  expect(await run(['backup', file])).toMatchObject({ code: 0, out: `${file}\n` });
});
afterAll(async () => {
  for (const step of undo) await step();
  await rm(folder, { recursive: true });
});

const run = (args: string[], env: NodeJS.ProcessEnv = {}) =>
  runCommand(args, {
    DATABASE_URL: service.databaseUrl,
    DATA_DIR: folder,
    SECRET_KEYS: secretKeys.join(),
    ...env,
  });

async function emptyDatabase(): Promise<string> {
  const made = await createDatabase();
  undo.push(made.drop);
  return made.url;
}

/** Every row of every table but what a restore changes on purpose. */
async function contents(url: string): Promise<Record<string, string[]>> {
  const pool = openPool(url, { max: 1 });
  const client = await pool.connect();
  try {
    const found: Record<string, string[]> = {};
    for (const { name } of await findBackupTables(client)) {
      // The workers' figures are added up a moment after what they count.
      const some = { deliveries: `state = 'sent'`, mailings: `kind <> 'chase'`, figures: 'false' }[name];
      const where = some ? `WHERE ${some}` : '';
      const { rows } = await client.query(`SELECT t::text AS row FROM ${quoted(name)} t ${where} ORDER BY 1`);
      found[name] = rows.map(({ row }) => row as string);
    }
    return found;
  } finally {
    client.release();
    await pool.end();
  }
}

test('a backup is readable by its owner alone, holds the keys, and is not written over', async () => {
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(gunzipSync(await readFile(file)).toString('latin1')).toContain(secretKeys[0]);
  const again = await run(['backup', file]);
  expect(again).toMatchObject({ code: 1, out: '', err: expect.stringContaining('exists already') });
});

test('what comes back is what was there, row by row, and the links in old mails work', async () => {
  const url = await emptyDatabase();
  const { code, err } = await run(['restore', file], { DATABASE_URL: url });
  expect({ code, err }).toMatchObject({ code: 0, err: expect.stringContaining('rows are back') });
  const [before, after] = [await contents(service.databaseUrl), await contents(url)];
  expect(Object.keys(after)).toEqual(Object.keys(before));
  expect(after).toEqual(before);
  expect(before.people!.length).toBeGreaterThan(12);

  const app = await buildApp({
    config: service.deps.config,
    secretKeys,
    clock: service.clock,
    databaseUrl: url,
  });
  const page = await app.server.inject({ url: rsvpPath, headers: { accept: 'text/html' } });
  await app.close();
  expect([page.statusCode, page.body.includes('Socia1')]).toEqual([200, true]);
});

test('nobody is mailed twice: what was under way is unknown without a retry, what fell due meanwhile is held', async () => {
  const url = await emptyDatabase();
  const { err } = await run(['restore', file], { DATABASE_URL: url });
  expect(err).toContain('1 mailings are held, 1 mails are marked unknown');
  const pool = openPool(url, { max: 1 });
  const db = createDb(pool);
  try {
    const open = await db.selectFrom('deliveries').selectAll().where('state', '<>', 'sent').execute();
    expect(open).toMatchObject([{ state: 'unknown', unknownCauses: ['restored'], nextAttemptAt: null }]);
    const chase = await db.selectFrom('mailings').selectAll().where('kind', '=', 'chase').execute();
    expect(chase).toMatchObject([{ state: 'held', reason: 'restored' }]);
  } finally {
    await pool.end();
  }
});

describe('a restore that cannot be right changes nothing', () => {
  test('into a database that holds a network', async () => {
    const before = await contents(service.databaseUrl);
    const { code, err } = await run(['restore', file]);
    expect({ code, err }).toMatchObject({
      code: 1,
      err: expect.stringContaining('holds the network "Rete di prova"'),
    });
    expect(await contents(service.databaseUrl)).toEqual(before);
  });

  test('where SECRET_KEYS lacks its keys; with --keys-file they are kept and it goes on', async () => {
    const url = await emptyDatabase();
    const env = { DATABASE_URL: url, SECRET_KEYS: 'x'.repeat(40) };
    const refused = await run(['restore', file], env);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('SECRET_KEYS lacks the keys') });
    expect(refused.err + refused.out).not.toContain(secretKeys[0]);
    expect(Object.keys(await contents(url))).toEqual([]);
    const keysFile = join(folder, 'keys');
    expect(await run(['restore', file, '--keys-file', keysFile], env)).toMatchObject({ code: 0 });
    expect(await readFile(keysFile, 'utf8')).toBe(`${secretKeys[0]}\n`);
  });

  test('a file cut short at any of ten places, one that is none, and one with a row too few', async () => {
    const url = await emptyDatabase();
    const whole = await readFile(file);
    const broken = join(folder, 'broken.tar.gz');
    for (let part = 1; part <= 10; part += 1) {
      await copyFile(file, broken);
      await truncate(broken, Math.floor((whole.length * part) / 11));
      expect([part, (await run(['restore', broken], { DATABASE_URL: url })).code]).toEqual([part, 1]);
    }
    await writeFile(broken, 'Nome;Cognome\n');
    expect(await run(['restore', broken], { DATABASE_URL: url })).toMatchObject({ code: 1 });
    // The same size, one row fewer: a line feed becomes a blank.
    const plain = gunzipSync(whole).toString('latin1');
    const spoilt = plain.replace(/(tables\/memberships[\s\S]*?)\n/, '$1 ');
    await writeFile(broken, gzipSync(Buffer.from(spoilt, 'latin1')));
    const { code, err } = await run(['restore', '--check', broken]);
    expect({ code, err }).toMatchObject({
      code: 1,
      err: expect.stringContaining('"memberships" should have'),
    });
    expect(Object.keys(await contents(url))).toEqual([]);
  });

  test('a backup of a newer version', async () => {
    const newer = join(folder, 'newer.tar.gz');
    const last = (await migrationNames()).at(-1) as string;
    const plain = gunzipSync(await readFile(file)).toString('latin1');
    await writeFile(
      newer,
      gzipSync(Buffer.from(plain.replace(last, last.replace(/^2026/, '2999')), 'latin1')),
    );
    const { code, err } = await run(['restore', newer], { DATABASE_URL: await emptyDatabase() });
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining('newer version (2999-') });
  });
});

test('a backup of the schema of the first release is brought up to date, and so is its database in place', async () => {
  const old = await emptyDatabase();
  const pool = openPool(old, { max: 1 });
  const firstRelease = '2026-11-23T2020-create-mailings-and-deliveries';
  try {
    await migrateToLatest(createDb(pool), { upTo: firstRelease });
    await pool.query(`
      INSERT INTO networks (name) VALUES ('Rete di ieri');
      WITH chapter AS (INSERT INTO chapters (slug, name, time_zone) VALUES ('bologna', 'Bologna', 'Europe/Rome') RETURNING id),
        person AS (INSERT INTO people (email, first_name, source) VALUES ('anna@example.org', 'Anna', 'setup') RETURNING id)
      INSERT INTO memberships (chapter_id, person_id, role, source)
        SELECT chapter.id, person.id, 'coordinator', 'setup' FROM chapter, person`);
  } finally {
    await pool.end();
  }
  const yesterday = join(folder, 'yesterday.tar.gz');
  expect(await run(['backup', yesterday], { DATABASE_URL: old })).toMatchObject({ code: 0 });
  const restored = await emptyDatabase();
  expect(await run(['restore', yesterday], { DATABASE_URL: restored })).toMatchObject({ code: 0 });
  expect(await run(['migrate'], { DATABASE_URL: old })).toMatchObject({ code: 0 });
  const [inPlace, anew] = [await contents(old), await contents(restored)];
  expect(anew).toEqual(inPlace);
  expect(anew.people).toHaveLength(1);
});
