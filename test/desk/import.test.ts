import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { erasePerson } from '../../server/people/erasure.ts';
import { useService } from '../support/app.ts';
import { days } from '../support/clock.ts';
import { makeChapter, makeMember } from '../support/factories.ts';
import { type AtDesk, signedIn } from './at-desk.ts';
import { uploadFile } from './import-at-desk.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let desk: AtDesk;
let base: string;

beforeAll(async () => {
  await makeChapter(service.db, { slug: 'altrove' });
});
beforeEach(async () => {
  chapter = await makeChapter(service.db);
  desk = await signedIn(service, chapter.coordinator.id);
  base = `/desk/chapters/${chapter.slug}/import`;
});

const latin = (text: string) => Buffer.from(text, 'latin1');
const upload = (file: Buffer | string | null, options = {}) => uploadFile(service, desk, base, file, options);

/** Uploads a file and takes the columns as they were guessed; the address of what follows. */
async function check(file: Buffer | string): Promise<string> {
  const kept = await upload(file);
  expect(kept.statusCode).toBe(303);
  const columns = kept.headers.location as string;
  const named = await desk.post(columns, guessedIn((await desk.get(columns)).body));
  expect(named.statusCode).toBe(303);
  return named.headers.location as string;
}

/** What the form of the columns would send as it stands. */
function guessedIn(html: string): Record<string, string> {
  const selects = [...html.matchAll(/<select id="(c\d+)"[\s\S]*?<\/select>/g)];
  const chosen = selects.map(([select, name = '']) => [
    name,
    /value="(\w*)" selected/.exec(select)?.[1] ?? '',
  ]);
  const header = /name="header" value="yes" checked/.test(html) ? { header: 'yes' } : {};
  return { ...Object.fromEntries(chosen), ...header };
}

const members = async () => {
  const rows = await service.db
    .selectFrom('memberships')
    .innerJoin('people', 'people.id', 'memberships.personId')
    .select(['people.firstName', 'people.lastName', 'people.email', 'people.phone'])
    .select(['memberships.source', 'memberships.addedBy'])
    .where('memberships.chapterId', '=', chapter.id)
    .where('memberships.role', '=', 'member')
    .where('memberships.endsAt', 'is', null)
    .orderBy('people.email')
    .execute();
  return rows.map((row) => `${row.firstName} ${row.lastName} ${row.email}`);
};

const lines = async () =>
  (
    await service.db
      .selectFrom('memberImportLines')
      .select('line')
      .where('chapterId', '=', chapter.id)
      .execute()
  ).length;

let n = 0;
const fresh = (name: string) => {
  n += 1;
  return `${name}.${n}@example.org`;
};

test('a file as Italian Excel writes it: its columns are guessed, nothing changes before she says so, and then all of it', async () => {
  const [known, moved, one, two] = [fresh('a'), fresh('b'), fresh('c'), fresh('d')];
  await makeMember(service.db, chapter.id, { firstName: 'Sara', lastName: 'Neri', email: known });
  await makeMember(service.db, chapter.id, { firstName: 'Elena', lastName: 'Conti', email: moved });
  const file = latin(
    [
      'Cognome;Nome;E-mail;Telefono;Note',
      `Borsò;Nicolò;${one};"=""0512345""";x`,
      `Neri;Sara;${known};;`,
      `Conti Verdi;Elena;${moved};;`,
      `Blu;Ada;;;`,
      `"D'Angelo; Lù";Mariù;${two.toUpperCase()};;`,
      '',
    ].join('\r\n'),
  );
  const kept = await upload(file);
  const columns = await desk.get(kept.headers.location as string);
  expect(columns.body).toContain('5 righe');
  expect(columns.body).toContain('WINDOWS-1252, colonne divise da punto e virgola');
  expect(columns.body).toContain('<span>Borsò</span>');
  expect(guessedIn(columns.body)).toEqual({
    c0: 'lastName',
    c1: 'firstName',
    c2: 'email',
    c3: 'phone',
    c4: '',
    header: 'yes',
  });

  const at = (await desk.post(kept.headers.location as string, guessedIn(columns.body))).headers
    .location as string;
  const preview = (await desk.get(at)).body;
  expect(preview).toContain('2 persone nuove');
  expect(preview).toContain('Una persona cambia');
  expect(preview).toMatch(/Cognome: <s>.*Conti<\/s>.*<b>Conti Verdi<\/b>/);
  expect(preview).toContain('Una persona c’è già, uguale');
  expect(preview).toContain('Riga 5:');
  expect(preview).toContain('Manca la mail.');
  expect(preview).toContain('Va bene: importa 3 persone');
  expect(await members()).toEqual([`Sara Neri ${known}`, `Elena Conti ${moved}`]);

  await desk.post(`${at}/start`);
  const running = await desk.get(at);
  expect(running.body).toContain('1 righe su 5');
  // Without script the page asks again by itself.
  expect(running.body).toContain('<noscript><meta http-equiv="refresh"');
  await service.settle();
  const done = (await desk.get(at)).body;
  expect(done).toContain('Fatto');
  expect(done).toContain('persone in più nel gruppo');
  expect(await members()).toEqual([
    `Sara Neri ${known}`,
    `Elena Conti Verdi ${moved}`,
    `Nicolò Borsò ${one}`,
    `Mariù D'Angelo; Lù ${two}`,
  ]);
  expect(await service.db.selectFrom('people').select('phone').where('email', '=', one).execute()).toEqual([
    { phone: '0512345' },
  ]);
  const via = await service.db
    .selectFrom('memberships')
    .innerJoin('people', 'people.id', 'personId')
    .select(['memberships.source', 'addedBy'])
    .where('email', '=', one)
    .execute();
  expect(via).toEqual([{ source: 'import', addedBy: chapter.coordinator.id }]);
  // Nobody is written to because her name stood in a file; and of the file only what was not taken is left.
  expect(service.inbox.messages).toEqual([]);
  expect(await lines()).toBe(2);
});

test('a second tap imports nothing twice, and the same file again finds everybody unchanged', async () => {
  const file = `Nome;E-mail\nGiulia;${fresh('giulia')}\nSara;${fresh('sara')}\n`;
  const at = await check(file);
  await Promise.all([desk.post(`${at}/start`), desk.post(`${at}/start`)]);
  await service.settle();
  await desk.post(`${at}/start`);
  expect((await desk.get(at)).body).toContain('Fatto');
  await service.settle();
  expect(await members()).toHaveLength(2);
  const started = await service.db
    .selectFrom('auditLog')
    .select('id')
    .where('chapterId', '=', chapter.id)
    .where('action', '=', 'members.import_started')
    .execute();
  expect(started).toHaveLength(1);
  const added = await service.db
    .selectFrom('auditLog')
    .select('id')
    .where('chapterId', '=', chapter.id)
    .where('action', '=', 'member.added')
    .execute();
  expect(added).toHaveLength(2);
  const again = (await desk.get(await check(file))).body;
  expect(again).toContain('2 persone ci sono già, uguali');
  expect(again).toContain('Non c’è nulla da importare');
});

test('columns are hers to name, and a heading hers to deny; what is named wrongly is said and kept', async () => {
  const email = fresh('eva');
  const kept = (await upload(`${email};Blu;Eva\n`)).headers.location as string;
  const none = await desk.post(kept, { c0: '', c1: 'lastName', c2: 'firstName' });
  expect(none.statusCode).toBe(400);
  expect(none.body).toContain('Di’ quale colonna contiene la mail');
  expect(guessedIn(none.body)).toMatchObject({ c1: 'lastName', c2: 'firstName' });
  const twice = await desk.post(kept, { c0: 'email', c1: 'firstName', c2: 'firstName' });
  expect(twice.body).toContain('Due colonne hanno lo stesso significato');
  // The first line taken for a heading, and then not.
  await desk.post(kept, { c0: 'email', c1: 'lastName', c2: 'firstName', header: 'yes' });
  expect((await desk.get(kept.replace('/columns', ''))).body).not.toContain('Eva Blu');
  const named = await desk.post(kept, { c0: 'email', c1: 'lastName', c2: 'firstName', c9: 'phone' });
  const at = named.headers.location as string;
  expect((await desk.get(at)).body).toContain('<b>Eva Blu</b>');
  await desk.post(`${at}/start`);
  await service.settle();
  expect(await members()).toEqual([`Eva Blu ${email}`]);
  // What runs or is done is not named again.
  expect((await desk.post(kept, { c0: 'email' })).statusCode).toBe(303);
  expect((await desk.get(kept)).headers.location).toBe(at);
});

test.each([
  ['nothing chosen', null, 400, 'Scegli prima un file.'],
  ['an empty file', '', 400, 'non c’è nulla da leggere'],
  ['a spreadsheet', latin('PK\x03\x04...'), 400, 'Questo è un foglio di calcolo'],
  ['a PDF', '%PDF-1.7 ...', 400, 'Questo è un PDF'],
  ['more than 10 MB', Buffer.alloc(10 * 1024 * 1024 + 1, 'a;b\n'), 413, 'al massimo 10 MB'],
  ['more than 100,000 lines', 'a\n'.repeat(100_001), 400, 'al massimo 100.000'],
])('%s is answered beside the field, with what to do', async (_, file, status, words) => {
  const answer = await upload(file);
  expect(answer.statusCode).toBe(status);
  expect(answer.body).toContain(words);
  expect(
    await service.db.selectFrom('memberImports').select('id').where('chapterId', '=', chapter.id).execute(),
  ).toEqual([]);
});

test('hostile cells are shown as text, and go back out as no formula', async () => {
  const hostile = '<script>alert(1)</script>';
  const file = [
    'Nome;E-mail;=1+1',
    `${hostile};${fresh('x')};`,
    `=HYPERLINK("http://x");nope;\0`,
    `@SUM(1);;"-2\n+3"`,
    `${'y'.repeat(10_000)};${fresh('y')};`,
  ].join('\n');
  const kept = (await upload(file, { name: `${hostile}.csv` })).headers.location as string;
  const columns = (await desk.get(kept)).body;
  const at = (await desk.post(kept, guessedIn(columns))).headers.location as string;
  const preview = (await desk.get(at)).body;
  await desk.post(`${at}/start`);
  await service.settle();
  for (const page of [columns, preview, (await desk.get(at)).body, (await desk.get(base)).body]) {
    expect(page).not.toContain('<script>alert');
  }
  expect(preview).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  const csv = await desk.get(`${at}/rejected.csv`);
  expect(csv.headers['content-type']).toContain('text/csv');
  const cells = csv.body.split('\r\n');
  expect(cells[0]).toBe("\uFEFFNome;E-mail;'=1+1;Motivo");
  expect(cells[1]).toBe(`"'=HYPERLINK(""http://x"")";nope;;La mail non è scritta bene.`);
  expect(cells[2]).toBe(`'@SUM(1);;"'-2\n+3";Manca la mail.`);
  expect(cells[3]?.endsWith(';Il nome è troppo lungo.')).toBe(true);
});

test('whoever left comes back only where she says so', async () => {
  const email = fresh('zita');
  const her = await makeMember(service.db, chapter.id, { firstName: 'Zita', email });
  const leave = () =>
    service.db
      .updateTable('memberships')
      .set({ endsAt: service.clock() })
      .where('personId', '=', her.id)
      .execute();
  await leave();
  const file = `Nome;E-mail\nZita;${email}\nIda;${fresh('ida')}\n`;
  const at = await check(file);
  expect((await desk.get(at)).body).toContain('Una persona non fa più parte del gruppo');
  await desk.post(`${at}/start`);
  await service.settle();
  expect((await members()).join()).not.toContain('Zita');
  expect((await desk.get(at)).body).toContain('chiedile se vuole tornare');
  const asked = await check(file);
  await desk.post(`${asked}/start`, { returning: 'yes' });
  await service.settle();
  expect((await members()).join()).toContain('Zita');
});

test('whoever had herself erased does not come back, and no file keeps her line', async () => {
  const [ines, lia] = [fresh('ines'), fresh('lia')];
  const her = await makeMember(service.db, chapter.id, { firstName: 'Ines', email: ines });
  const waiting = await check(`Nome;E-mail\nInes;${ines}\nLia;${lia}\n`);
  await erasePerson(service.deps, her.id, { kind: 'cli' });
  const left = await service.db
    .selectFrom('memberImportLines')
    .select('cells')
    .where('chapterId', '=', chapter.id)
    .execute();
  expect(left.flatMap(({ cells }) => cells).join()).not.toContain('ines');
  await desk.post(`${waiting}/start`);
  await service.settle();
  expect(await members()).toEqual([`Lia  ${lia}`]);
  expect((await desk.get(await check(`Nome;E-mail\nInes;${ines}\n`))).body).toContain(
    'Ha chiesto di essere cancellata',
  );
});

describe('another chapter', () => {
  test('sees, names, starts and deletes nothing of it', async () => {
    const email = fresh('mia');
    const at = await check(`Nome;E-mail\nMia;${email}\n`);
    const theirs = at.replace(chapter.slug, 'altrove');
    const other = await makeChapter(service.db);
    const stranger = await signedIn(service, other.coordinator.id);
    const elsewhere = at.replace(chapter.slug, other.slug);
    for (const path of [at, theirs, elsewhere]) {
      for (const page of ['', '/columns', '/rejected.csv']) {
        expect((await stranger.get(path + page)).statusCode, path + page).toBe(404);
      }
      for (const [form, fields] of [
        ['/columns', { c0: 'email' }],
        ['/start', {}],
        ['/removal', {}],
      ] as const) {
        expect((await stranger.post(path + form, { ...fields })).statusCode, path + form).toBe(404);
      }
    }
    expect((await stranger.get(`/desk/chapters/${chapter.slug}/members.csv`)).statusCode).toBe(404);
    expect((await uploadFile(service, stranger, base, 'a@x.it\n')).statusCode).toBe(404);
    expect((await desk.get(at)).body).toContain('Va bene: importa una persona');
    expect((await desk.get(`${base}/x`)).statusCode).toBe(404);
  });
});

test('a file without the form’s token, or for a form that takes none, is refused', async () => {
  expect((await upload('a@x.it\n', { csrf: 'x' })).statusCode).toBe(403);
  const elsewhere = await uploadFile(service, desk, `/desk/chapters/${chapter.slug}/members`, 'a@x.it\n');
  expect(elsewhere.statusCode).toBe(413);
  const unknown = await service.server.inject({
    method: 'POST',
    url: base,
    headers: { accept: 'text/html' },
  });
  expect(unknown.headers.location).toBe('/sign-in');
});

test('a file is deleted when she says so, a week after its end, or when nobody goes on with it', async () => {
  const dropped = await check(`${fresh('a')}\n`);
  expect((await desk.post(`${dropped}/removal`)).headers.location).toBe(base);
  expect((await desk.get(dropped)).statusCode).toBe(404);

  const file = () => `Nome;E-mail\nGiulia;${fresh('giulia')}\nSara;\n`;
  const done = await check(file());
  await desk.post(`${done}/start`);
  await service.settle();
  const left = await check(file());
  service.clock.advance(days(3));
  await service.settle();
  desk = await signedIn(service, chapter.coordinator.id);
  expect((await desk.get(left)).statusCode).toBe(404);
  expect((await desk.get(done)).body).toContain('Fatto');
  service.clock.advance(days(5));
  await service.settle();
  expect((await desk.get(done)).statusCode).toBe(404);
  expect(await lines()).toBe(0);
});

test('the list that is taken away is what an import reads, and opens in an Italian Excel', async () => {
  await makeMember(service.db, chapter.id, {
    firstName: '=1+1',
    lastName: 'Verdi; "Lù"',
    email: fresh('v'),
    locale: 'en',
  });
  const her = await makeMember(service.db, chapter.id, {
    firstName: 'Anna',
    lastName: 'Bianchi',
    email: fresh('b'),
  });
  await service.db.updateTable('people').set({ phone: '+39 333 1234567' }).where('id', '=', her.id).execute();
  await makeMember(service.db, chapter.id, { firstName: 'Senza', lastName: 'Mail', email: null });
  const list = await desk.get(`/desk/chapters/${chapter.slug}/members.csv`);
  expect(list.headers['content-disposition']).toBe(`attachment; filename="persone-${chapter.slug}.csv"`);
  expect(list.body.split('\r\n')).toEqual([
    '\uFEFFCognome;Nome;E-mail;Telefono;Lingua',
    expect.stringMatching(/^Bianchi;Anna;b\.\d+@example\.org;'\+39 333 1234567;$/),
    'Mail;Senza;;;',
    expect.stringMatching(/^Ricci;Anna;/),
    expect.stringMatching(/^"Verdi; ""Lù""";'=1\+1;v\.\d+@example\.org;;en$/),
    '',
  ]);
  // As the list was narrowed.
  const narrowed = await desk.get(`/desk/chapters/${chapter.slug}/members.csv?q=anna+bianchi`);
  expect(narrowed.body.split('\r\n')).toHaveLength(3);
  const shown = await desk.get(`/desk/chapters/${chapter.slug}/members?q=bianchi&filter=fresh`);
  expect(shown.body).toContain(`/members.csv?q=bianchi&amp;filter=fresh"`);
  const back = (await desk.get(await check(Buffer.from(list.body)))).body;
  expect(back).toContain('3 persone ci sono già, uguali');
  expect(back).toContain('Una riga resta fuori');
  expect(back).toContain('Non c’è nulla da importare');
});
