import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../server/clock.ts';
import { runImports } from '../../server/imports/jobs.ts';
import { batchSize } from '../../server/imports/service.ts';
import { keepFile, nameColumns, startImport } from '../../server/imports/staging.ts';
import { useDatabase } from '../support/database.ts';
import { secretKeys, testDeps } from '../support/deps.ts';
import { makeChapter } from '../support/factories.ts';

const database = useDatabase();
const total = 4 * batchSize;
const addresses = (name: string) => Array.from({ length: total }, (_, i) => `${name}${i}@example.org`);
const fileOf = (emails: readonly string[]) =>
  `Nome;E-mail\n${emails.map((email) => `Socia;${email}`).join('\n')}\n`;
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ritrovo-crash-'));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  chapter = await makeChapter(database.db);
});

const deps = () => testDeps(database.db, systemClock);

const members = async () =>
  (
    await database.db
      .selectFrom('memberships')
      .select('personId')
      .where('chapterId', '=', chapter.id)
      .where('role', '=', 'member')
      .execute()
  ).length;

async function hasOpenTransaction(): Promise<boolean> {
  const { rows } = await database.pool.query(
    `select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
      and backend_type = 'client backend' and xact_start is not null`,
  );
  return rows.length > 0;
}

/**
 * Runs a process until it stands in the middle of its third batch, where somebody else is just making one of its
 * people, and kills it there. That somebody thinks better of it then.
 */
async function killInTheMiddle(email: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  const other = await database.pool.connect();
  await other.query('begin');
  await other.query(`insert into people (email, first_name, source) values ($1, 'Altra', 'test')`, [email]);
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: 'ignore' });
  const ended = once(child, 'exit');
  try {
    while ((await members()) < 2 * batchSize) {
      expect(child.exitCode, 'it ended before it could be killed').toBeNull();
      await sleep(20);
    }
  } finally {
    child.kill('SIGKILL');
    await ended;
    await other.query('rollback');
    other.release();
    // PostgreSQL hears of the death a moment later: until then the locks are held for the dead.
    while (await hasOpenTransaction()) await sleep(20);
  }
}

test('a worker killed in the middle of an import leaves whole batches, and the next one goes on from there', async () => {
  const emails = addresses('desk');
  const id = await start(emails, chapter);

  const process = join(import.meta.dirname, 'importing-process.ts');
  await killInTheMiddle(emails[2 * batchSize + 10] as string, [
    process,
    database.url,
    secretKeys[0] as string,
  ]);
  expect(await members()).toBe(2 * batchSize);

  await runImports(deps());
  expect(await members()).toBe(total);
  const done = await database.db
    .selectFrom('memberImports')
    .select(['state', 'created', 'updated', 'unchanged', 'rejected', 'handled'])
    .where('id', '=', id)
    .executeTakeFirst();
  expect(done).toEqual({
    state: 'done',
    created: total,
    updated: 0,
    unchanged: 0,
    rejected: 0,
    handled: total,
  });
});

test('a command killed in the middle is run again: who is in stays, the others follow, nobody twice', async () => {
  const emails = addresses('cli');
  const file = join(folder, 'socie.csv');
  await writeFile(file, fileOf(emails));
  const env = { DATABASE_URL: database.url, DATA_DIR: folder, SECRET_KEYS: 'k'.repeat(43) };
  const cli = join(import.meta.dirname, '../../scripts/cli.ts');
  const args = [cli, 'members', 'import', file, '--chapter', chapter.slug];
  await killInTheMiddle(emails[2 * batchSize + 10] as string, args, env);
  expect(await members()).toBe(2 * batchSize);

  const again = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let out = '';
  again.stdout.on('data', (chunk) => {
    out += chunk;
  });
  const [code] = await once(again, 'close');
  expect({ code, out }).toEqual({
    code: 0,
    out: `created: ${2 * batchSize}, updated: 0, unchanged: ${2 * batchSize}, rejected: 0\n`,
  });
  expect(await members()).toBe(total);
});

/** Brings a file as far as a coordinator does: from here on it is the workers'. */
async function start(emails: readonly string[], of: Awaited<ReturnType<typeof makeChapter>>) {
  const kept = await keepFile(
    deps(),
    { chapterId: of.id, personId: of.coordinator.id, fileName: 'x.csv' },
    Buffer.from(fileOf(emails)),
  );
  if (!kept.ok) throw new Error(kept.reason);
  const staged = { chapterId: of.id, importId: kept.id };
  await nameColumns(deps(), staged, { columns: ['firstName', 'email'], hasHeader: true });
  const actor = { kind: 'person', id: of.coordinator.id } as const;
  await startImport(deps(), { ...staged, returningAllowed: false, actor });
  return kept.id;
}

test('an import that fails is tried again later, and holds up no other', async () => {
  const other = await makeChapter(database.db);
  const failing = await start(['failing@example.org'], chapter);
  const fine = await start(['fine@example.org'], other);
  await database.pool.query(`
    create function fail_once() returns trigger language plpgsql as $$
    begin if new.email = 'failing@example.org' then raise exception 'no'; end if; return new; end $$;
    create trigger fail_once before insert on people for each row execute function fail_once()`);
  await expect(runImports(deps())).rejects.toThrow('tried again');
  const states = async () =>
    Object.fromEntries(
      (
        await database.db
          .selectFrom('memberImports')
          .select(['id', 'state', 'failures'])
          .where('id', 'in', [failing, fine])
          .execute()
      ).map(({ id, state, failures }) => [id, [state, failures]]),
    );
  expect(await states()).toEqual({ [failing]: ['running', 1], [fine]: ['done', 0] });
  await database.pool.query('drop trigger fail_once on people; drop function fail_once()');
  // Not at once.
  await runImports(deps());
  expect(await states()).toMatchObject({ [failing]: ['running', 1] });
  await runImports({ ...deps(), clock: () => new Date(Date.now() + 31_000) });
  expect(await states()).toMatchObject({ [failing]: ['done', 0] });
});

test('a line that no longer reads as anybody, after a release in between, is refused, and the rest goes on', async () => {
  const id = await start(['before@example.org', 'between@example.org', 'after@example.org'], chapter);
  await database.pool.query(
    `update member_import_lines set cells = array['Socia', 'nessuna'] where import_id = $1 and line = 3`,
    [id],
  );
  // One for the lines and one for the end: no line is looked at again and again.
  await runImports(deps(), { batches: 2 });
  const done = await database.db
    .selectFrom('memberImports')
    .select(['state', 'created', 'rejected', 'handled'])
    .where('id', '=', id)
    .executeTakeFirst();
  expect(done).toEqual({ state: 'done', created: 2, rejected: 1, handled: 3 });
  const left = await database.db
    .selectFrom('memberImportLines')
    .select(['line', 'outcome', 'reason'])
    .where('importId', '=', id)
    .where('outcome', 'is not', null)
    .execute();
  expect(left).toEqual([{ line: 3, outcome: 'rejected', reason: 'bad_address' }]);
});
