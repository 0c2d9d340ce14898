import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../scripts/cli/program.ts';
import { findToken } from '../../server/api/tokens.ts';
import { mailTemplates } from '../../server/mail/variables.ts';
import { findSignInLink } from '../../server/organizers/sign-in.ts';
import { createLinks } from '../../server/web/links.ts';
import { createDatabase, useDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';
import { makeEvent, makeMember } from '../support/factories.ts';

const database = useDatabase();
const secretKey = 'k'.repeat(43);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ritrovo-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs one command in this process. */
async function cli(
  args: string[],
  {
    typed = '',
    env = {},
    screen,
  }: { typed?: string; env?: NodeJS.ProcessEnv; screen?: NodeJS.WritableStream } = {},
) {
  let out = '';
  let err = '';
  const code = await runCli(args, {
    env: { DATABASE_URL: database.url, DATA_DIR: folder, SECRET_KEYS: secretKey, ...env },
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    ask: async () => typed,
    screen,
  });
  return { code, out, err };
}

const setup = (more: Record<string, string> = {}) => {
  const options = {
    network: 'Rete di prova',
    chapter: 'bologna',
    'chapter-name': 'Bologna',
    'time-zone': 'Europe/Rome',
    coordinator: 'Anna.Ricci@Example.org',
    ...more,
  };
  return ['setup', ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])];
};

const realDeps = () => ({
  ...testDeps(database.db, () => new Date()),
  links: createLinks('http://127.0.0.1:3000', [secretKey]),
});
const bologna = () =>
  database.db.selectFrom('chapters').selectAll().where('slug', '=', 'bologna').executeTakeFirstOrThrow();

describe('setup', () => {
  it('makes the network, its chapter and its coordinator, and prints a link that signs her in', async () => {
    const { code, out, err } = await cli(setup({ 'last-name': 'Ricci' }));
    expect({ code, err }).toMatchObject({ code: 0, err: expect.stringContaining('within 24 hours') });
    expect(out).toMatch(/^http:\/\/127\.0\.0\.1:3000\/sign-in\/[\w.-]+\n$/);
    const link = await findSignInLink(realDeps(), out.trim().split('/').at(-1)!);
    expect(link).toMatchObject({ ok: true, firstName: 'Anna' });
    const lasts = await database.db.selectFrom('signInLinks').select('expiresAt').executeTakeFirstOrThrow();
    expect(Math.round((lasts.expiresAt.getTime() - Date.now()) / 3_600_000)).toBe(24);
    const administrator = await database.db
      .selectFrom('networkAdministrators')
      .innerJoin('people', 'people.id', 'personId')
      .select(['email', 'lastName'])
      .execute();
    expect(administrator).toEqual([{ email: 'anna.ricci@example.org', lastName: 'Ricci' }]);
  });

  it('is refused a second time, in one line', async () => {
    const { code, out, err } = await cli(setup({ network: 'Altra', chapter: 'roma' }));
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toBe(
      'This database holds the network "Rete di prova" already: one installation serves one.\n',
    );
    expect(await database.db.selectFrom('chapters').select('slug').execute()).toEqual([{ slug: 'bologna' }]);
  });

  it('is wrong usage with a slug, a zone or an address that is none, or something missing', async () => {
    for (const wrong of [
      { chapter: 'Bologna!' },
      { 'time-zone': 'Europe/Bologna' },
      { coordinator: 'anna' },
      { network: ' ' },
      { locale: 'fr' },
    ]) {
      const { code, out, err } = await cli(setup(wrong as Record<string, string>));
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain(`--${Object.keys(wrong)[0]}`);
    }
    expect((await cli(['setup', '--network', 'x'])).code).toBe(2);
  });

  it('migrates an empty database first', async () => {
    const empty = await createDatabase();
    expect((await cli(setup(), { env: { DATABASE_URL: empty.url } })).code).toBe(0);
    expect((await cli(['migrate'], { env: { DATABASE_URL: empty.url } })).code).toBe(0);
    await empty.drop();
  });
});

describe('token create', () => {
  it('prints one token and nothing else', async () => {
    const { code, out, err } = await cli(['token', 'create', '--name', 'sito']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^ritrovo_[\w-]{43}\n$/);
    expect(await findToken(database.db, out.trim())).toMatchObject({ chapterId: null });
  });

  it('of a chapter belongs to it', async () => {
    const { out } = await cli(['token', 'create', '--name', 'sito', '--chapter', 'bologna']);
    expect(await findToken(database.db, out.trim())).toMatchObject({ chapterId: (await bologna()).id });
    const missing = await cli(['token', 'create', '--name', 'sito', '--chapter', 'roma']);
    expect(missing).toEqual({ code: 1, out: '', err: 'There is no chapter "roma".\n' });
  });
});

describe('a person', () => {
  it('is exported as JSON', async () => {
    const { id } = await makeMember(database.db, (await bologna()).id, {
      firstName: 'Giulia',
      email: 'giulia@example.org',
    });
    const { code, out } = await cli(['person', 'export', 'GIULIA@example.org']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      person: { id, firstName: 'Giulia' },
      memberships: [{ chapter: 'bologna' }],
    });
  });

  it('is erased when her address is typed, or with --yes', async () => {
    expect(await cli(['person', 'erase', 'giulia@example.org'], { typed: 'sì' })).toMatchObject({
      code: 1,
      err: expect.stringContaining('Nothing was erased'),
    });
    expect((await cli(['person', 'erase', 'giulia@example.org'])).code).toBe(1);
    expect((await cli(['person', 'export', 'giulia@example.org'])).code).toBe(0);
    expect(
      (await cli(['person', 'erase', 'giulia@example.org'], { typed: ' Giulia@example.org' })).code,
    ).toBe(0);
    expect(await cli(['person', 'export', 'giulia@example.org'])).toEqual({
      code: 1,
      out: '',
      err: 'Nobody here has the address giulia@example.org.\n',
    });
    await makeMember(database.db, (await bologna()).id, { firstName: 'Sara', email: 'sara@example.org' });
    expect((await cli(['person', 'erase', '--yes', 'sara@example.org'])).code).toBe(0);
  });

  it('who is the last coordinator stays, and it says of which chapter', async () => {
    expect(await cli(['person', 'erase', '--yes', 'anna.ricci@example.org'])).toMatchObject({
      code: 1,
      err: 'She is the last coordinator of bologna: make somebody else coordinator first.\n',
    });
  });
});

describe('mail preview', () => {
  const rows = async () => {
    const count = async (table: 'people' | 'events' | 'invitations' | 'rsvps' | 'mailings' | 'deliveries') =>
      (
        await database.db
          .selectFrom(table as 'people')
          .select('id' as never)
          .execute()
      ).length;
    return Promise.all((['people', 'events', 'invitations', 'mailings', 'deliveries'] as const).map(count));
  };

  it('writes each mail of a sample in both languages, and keeps nothing', async () => {
    const before = await rows();
    for (const kind of mailTemplates) {
      for (const locale of ['it', 'en']) {
        const { code, out, err } = await cli(['mail', 'preview', kind, '--locale', locale]);
        expect({ kind, code, err }).toEqual({ kind, code: 0, err: '' });
        const [subject, blank, greeting] = out.split('\n');
        expect(subject?.length).toBeGreaterThan(10);
        expect(blank).toBe('');
        expect(greeting).toMatch(locale === 'it' ? /Ciao Anna/ : /(Hello|Hi|Dear) Anna/);
      }
    }
    expect(await rows()).toEqual(before);
  });

  it('writes the mail of a real event to a real person, as a page where a file is named', async () => {
    const chapter = await bologna();
    const event = await makeEvent(realDeps(), chapter.id, { title: 'Cena di Natale' });
    await makeMember(database.db, chapter.id, {
      firstName: 'Elena',
      email: 'elena@example.org',
      locale: 'en',
    });
    const before = await rows();
    const file = join(folder, 'mail.html');
    const { code, out, err } = await cli([
      ...['mail', 'preview', 'reminder', '--event', event.id],
      ...['--person', 'elena@example.org', '--html', file],
    ]);
    expect({ code, out }).toEqual({ code: 0, out: '' });
    expect(err).toContain('Cena di Natale');
    expect(await readFile(file, 'utf8')).toMatch(/<!doctype html>[\s\S]*Elena/i);
    expect(await rows()).toEqual(before);
  });

  it('says what is not there', async () => {
    expect((await cli(['mail', 'preview', 'poem'])).code).toBe(2);
    expect((await cli(['mail', 'preview', 'offer', '--event', 'x'])).code).toBe(2);
    const none = '01900000-0000-7000-8000-000000000000';
    expect(await cli(['mail', 'preview', 'offer', '--event', none])).toMatchObject({
      code: 1,
      err: `There is no event ${none}.\n`,
    });
    expect((await cli(['mail', 'preview', 'offer', '--person', 'nessuna@example.org'])).code).toBe(1);
  });
});

describe('members import', () => {
  const people = () => database.db.selectFrom('people').select('id').where('source', '=', 'import').execute();

  it('takes a file in, prints the result alone, and says of each line why it was not taken', async () => {
    const file = join(folder, 'socie.csv');
    const notTaken = join(folder, 'scartate.csv');
    const text =
      'Cognome;Nome;E-mail\r\nBorsò;Nicolò;nicolo@example.org\r\n=cmd;Ada;ada@\r\nBlu;Eva;eva@example.org\r\n';
    await writeFile(file, Buffer.from(text, 'latin1'));
    const first = await cli(['members', 'import', file, '--chapter', 'bologna', '--rejected', notTaken]);
    expect(first).toEqual({
      code: 0,
      out: 'created: 2, updated: 0, unchanged: 0, rejected: 1\n',
      err: 'line 3: This is not a mail address such as anna@example.org.\n',
    });
    expect(await readFile(notTaken, 'utf8')).toBe(
      "\uFEFFCognome;Nome;E-mail;Reason\r\n'=cmd;Ada;ada@;This is not a mail address such as anna@example.org.\r\n",
    );
    expect(await people()).toHaveLength(2);

    const again = await cli(['members', 'import', file, '--json']);
    expect(JSON.parse(again.out)).toEqual({
      created: 0,
      updated: 0,
      unchanged: 2,
      rejected: [{ line: 3, reason: 'This is not a mail address such as anna@example.org.' }],
    });
    expect(await people()).toHaveLength(2);
  });

  it('draws how far it is on a terminal, beside the output', async () => {
    const file = join(folder, 'molte.csv');
    await writeFile(
      file,
      `E-mail\n${Array.from({ length: 600 }, (_, i) => `m${i}@example.org`).join('\n')}\n`,
    );
    const screen = Object.assign(new PassThrough(), { isTTY: true });
    let drawn = '';
    screen.on('data', (data) => {
      drawn += data;
    });
    const { code, out, err } = await cli(['members', 'import', file], { screen });
    expect({ code, out, err }).toEqual({
      code: 0,
      out: 'created: 600, updated: 0, unchanged: 0, rejected: 0\n',
      err: '',
    });
    expect(drawn).toContain('% | ');
  });

  it('says what is not there, or is no table', async () => {
    const file = join(folder, 'foglio.xlsx');
    await writeFile(file, Buffer.from('PK\x03\x04', 'latin1'));
    expect(await cli(['members', 'import', file])).toMatchObject({
      code: 1,
      out: '',
      err: `${file}: This is a spreadsheet, not CSV: save it as CSV first.\n`,
    });
    expect((await cli(['members', 'import', join(folder, 'none.csv')])).err).toMatch(
      /^The file .* cannot be read/,
    );
    expect(await cli(['members', 'import', file, '--chapter', 'roma'])).toMatchObject({
      code: 1,
      err: 'There is no chapter "roma".\n',
    });
    expect((await cli(['members', 'import'])).code).toBe(2);
  });
});

describe('the command line', () => {
  it('helps everywhere, with exit code 0', async () => {
    for (const words of [
      [],
      ['setup'],
      ['migrate'],
      ['token'],
      ['token', 'create'],
      ['members'],
      ['members', 'import'],
      ['person'],
      ['person', 'erase'],
      ['person', 'export'],
      ['mail'],
      ['mail', 'preview'],
    ]) {
      const { code, out } = await cli([...words, '--help']);
      expect({ words, code }).toEqual({ words, code: 0 });
      expect(out).toContain('Usage: cli');
    }
  });

  it('is wrong usage without a command, with an unknown one, or an unknown option', async () => {
    for (const words of [
      [],
      ['fly'],
      ['token'],
      ['token', 'create', '--colour', 'red'],
      ['person', 'export'],
      ['person', 'export', 'x'],
    ]) {
      expect({ words, ...(await cli(words)) }).toMatchObject({ words, code: 2, out: '' });
    }
  });

  it('says in one line that the database is away, or that a variable is wrong', async () => {
    const away = await cli(['token', 'create', '--name', 'x'], {
      env: { DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none' },
    });
    expect(away).toMatchObject({ code: 1, out: '' });
    expect(away.err).toMatch(/^The database does not answer: .*ECONNREFUSED.*\n$/);
    const wrong = await cli(['token', 'create', '--name', 'x'], { env: { PORT: 'abc' } });
    expect(wrong).toEqual({
      code: 1,
      out: '',
      err: 'PORT takes a whole number from 0 to 65535, not "abc"\n',
    });
  });
});
