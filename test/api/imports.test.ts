import { beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { addMember } from '../../server/chapters/service.ts';
import { erasePerson } from '../../server/people/erasure.ts';
import { makeChapter, makeMember } from '../support/factories.ts';
import { useApi } from './support.ts';

const api = useApi({ now: '2026-11-10T09:00:00Z' });
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let slug: string;

beforeAll(async () => {
  await makeChapter(api.deps.db, { slug: 'altrove' });
});
beforeEach(async () => {
  chapter = await makeChapter(api.deps.db);
  slug = chapter.slug;
});

type Result = {
  created: number;
  updated: number;
  unchanged: number;
  rejected: { line: number; reason: string }[];
};
type Sent = { status: number; result: Result };

async function send(
  body: string | Buffer,
  {
    query = '',
    headers = {},
    ...options
  }: { query?: string; headers?: object; key?: string; token?: string } = {},
): Promise<Sent> {
  const answer = await api.call('POST', `/chapters/${slug}/members/import${query}`, Buffer.from(body), {
    headers: { 'content-type': 'text/csv', ...headers },
    ...options,
  });
  return { status: answer.status, result: answer.body as unknown as Result };
}

const counts = (created: number, updated = 0, unchanged = 0) => ({
  status: 200,
  result: { created, updated, unchanged, rejected: [] },
});

/** Addresses differ from test to test: the network is one. */
let n = 0;
const fresh = () => {
  n += 1;
  return `p${String(n).padStart(5, '0')}@example.org`;
};

const people = async () =>
  (
    await api.deps.db
      .selectFrom('memberships')
      .innerJoin('people', 'people.id', 'memberships.personId')
      .select(['people.email', 'people.firstName', 'people.lastName', 'people.phone', 'people.locale'])
      .select(['people.source', 'memberships.source as via'])
      .where('memberships.chapterId', '=', chapter.id)
      .where('memberships.role', '=', 'member')
      .where('memberships.endsAt', 'is', null)
      .orderBy('people.email')
      .execute()
  ).map((row) => ({ ...row }));

const named = async () =>
  (await people()).map(({ firstName, lastName, email }) => `${firstName} ${lastName} <${email}>`);

describe('however a spreadsheet writes it', () => {
  const encodings = {
    'UTF-8': (text: string) => Buffer.from(text),
    'UTF-8 with a mark': (text: string) => Buffer.from(`\uFEFF${text}`),
    'Windows-1252': (text: string) => Buffer.from(text, 'latin1'),
    'UTF-16 as Unicode text': (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le'),
    'UTF-16 the other way round': (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(),
    'UTF-16 without a mark': (text: string) => Buffer.from(text, 'utf16le'),
  };
  const headings = [
    ['Cognome', 'Nome', 'E-mail', 'Telefono', 'Lingua'],
    ['Surname', 'First name', 'Email address', 'Mobile phone', 'Language'],
    ['COGNOME', 'NOME', 'Indirizzo e-mail', 'Cellulare', 'Lingua preferita'],
  ];
  const cases = Object.keys(encodings).flatMap((encoding) =>
    [';', ',', '\t'].flatMap((divider) =>
      headings.flatMap((heading) => ['\r\n', '\n'].map((end) => ({ encoding, divider, heading, end }))),
    ),
  );

  test.each(cases)('$encoding, $divider, $heading.0, $end', async ({ encoding, divider, heading, end }) => {
    const [one, two] = [fresh(), fresh()];
    const row = (cells: string[]) =>
      cells.map((cell) => (cell.includes(divider) ? `"${cell}"` : cell)).join(divider);
    const text = [
      row(heading),
      row(['Borsò', 'Nicolò', one, '+39 333 1234567', 'it']),
      row(['D’Angelo; detta, "Lù"'.replace(/["’]/g, ''), 'Mariù', two.toUpperCase(), '', 'Inglese']),
      '',
    ].join(end);
    const encode = encodings[encoding as keyof typeof encodings];
    expect(await send(encode(text))).toEqual(counts(2));
    expect(await named()).toEqual([`Nicolò Borsò <${one}>`, `Mariù DAngelo; detta, Lù <${two}>`]);
    expect((await people()).map(({ phone, locale }) => [phone, locale])).toEqual([
      ['+39 333 1234567', 'it'],
      [null, 'en'],
    ]);
    expect(await send(encode(text))).toEqual(counts(0, 0, 2));
  });
});

it('reads a file without headings by what stands in it', async () => {
  const [one, two] = [fresh(), fresh()];
  expect(await send(`Giulia;Rossi;${one};051 123456\r\nSara;Neri;${two};\r\n`)).toEqual(counts(2));
  expect(await named()).toEqual([`Giulia Rossi <${one}>`, `Sara Neri <${two}>`]);
});

it('reads addresses alone, whole names, and last names that come first', async () => {
  const [one, two, three] = [`maria.verdi${n}@example.org`, fresh(), fresh()];
  expect(await send(`${one}\n`)).toEqual(counts(1));
  expect(await send(`Nome e cognome,Mail\n"Anna Maria Ricci",${two}\n`)).toEqual(counts(1));
  expect(await send(`Cognome e nome;Mail\nDe Luca Maria Pia;${three}\n`)).toEqual(counts(1));
  expect((await named()).sort()).toEqual([
    `Anna Maria Ricci <${two}>`,
    `Maria Pia De Luca <${three}>`,
    `Maria Verdi <${one}>`,
  ]);
  // She was divided otherwise meanwhile; the one cell says nothing against it.
  await api.deps.db
    .updateTable('people')
    .set({ firstName: 'Anna Maria', lastName: 'Ricci' })
    .where('email', '=', two)
    .execute();
  expect(await send(`Nome e cognome,Mail\n"Anna Maria Ricci",${two}\n`)).toEqual(counts(0, 0, 1));
});

it('takes what spreadsheets and mail programs put around a cell off', async () => {
  const [one, two, three] = [fresh(), fresh(), fresh()];
  const text = [
    'sep=;',
    'Nome;Cognome;E-mail;Telefono',
    `"=""Giulia""";  Rossi\u00a0 ;mailto:${one} ;'+39 333 1`,
    '',
    ';;;',
    `Sara "Sarina";Neri;"Sara Neri <${two}>";-`,
    `"Più\nrighe";Blu;${three}; `,
  ].join('\r\n');
  expect(await send(text)).toEqual(counts(3));
  expect(await named()).toEqual([
    `Giulia Rossi <${one}>`,
    `Sara "Sarina" Neri <${two}>`,
    `Più righe Blu <${three}>`,
  ]);
  expect((await people()).map(({ phone }) => phone)).toEqual(['+39 333 1', null, null]);
});

it('names each line that it does not take, where it stands, and why', async () => {
  const one = fresh();
  const text = [
    'Nome;E-mail;Telefono',
    `Giulia;${one};`,
    'Sara;;',
    '',
    'Elena;elena@;',
    'Marta;"a@example.org, b@example.org";',
    `Giulia;${one.toUpperCase()};`,
    `${'x'.repeat(10_000)};${fresh()};`,
    `Lia;${fresh()};${'3'.repeat(41)}`,
  ].join('\n');
  const { result } = await send(text);
  expect(result).toMatchObject({ created: 1, updated: 0, unchanged: 0 });
  expect(result.rejected.map(({ line, reason }) => [line, reason.split(':')[0]])).toEqual([
    [3, 'There is no mail address.'],
    [5, 'This is not a mail address such as anna@example.org.'],
    [6, 'There is more than one mail address'],
    [7, 'The same address stands in line 2, which counts.'],
    [8, 'The name is longer than 100 characters.'],
    [9, 'The phone number is longer than 40 characters.'],
  ]);
});

it('says from which line on a quotation mark keeps the rest from being read, and takes what stands above', async () => {
  const one = fresh();
  const { result } = await send(`Nome;E-mail\nGiulia;${one}\nSara;"${fresh()}\nElena;${fresh()}\n`);
  expect(result).toMatchObject({ created: 1, rejected: [{ line: 3 }] });
  expect(result.rejected[0]?.reason).toContain('does not close');
  expect(await named()).toEqual([`Giulia  <${one}>`]);
});

it('writes what is new of a member, and never empties or shouts what is known', async () => {
  const email = fresh();
  await send(`Nome;Cognome;E-mail;Telefono\nGiulia;Rossi;${email};333 1234567\n`);
  const again = (cells: string) => send(`Nome;Cognome;E-mail;Telefono\n${cells}\n`);
  expect(await again(`GIULIA;ROSSI;${email};`)).toEqual(counts(0, 0, 1));
  // What a spreadsheet makes of the same number.
  expect(await again(`;;${email};393331234567`)).toEqual(counts(0, 0, 1));
  expect(await again(`Giulia;Rossi Bruni;${email};`)).toEqual(counts(0, 1));
  expect(await people()).toMatchObject([
    { firstName: 'Giulia', lastName: 'Rossi Bruni', phone: '333 1234567', source: 'import', via: 'import' },
  ]);
});

it('takes somebody of another chapter in under the name that is known of her', async () => {
  const other = await api.deps.db
    .selectFrom('chapters')
    .select('id')
    .where('slug', '=', 'altrove')
    .executeTakeFirstOrThrow();
  const email = fresh();
  await makeMember(api.deps.db, other.id, { firstName: 'Giulia', lastName: 'Rossi', email });
  expect(await send(`Nome;Cognome;E-mail;Telefono\nGiulietta;Verdi;${email};051 1\n`)).toEqual(counts(1));
  expect(await people()).toMatchObject([
    { firstName: 'Giulia', lastName: 'Rossi', phone: '051 1', source: 'test', via: 'import' },
  ]);
});

it('brings nobody back who had herself erased', async () => {
  const email = fresh();
  const her = await makeMember(api.deps.db, chapter.id, { firstName: 'Ines', email });
  await erasePerson(api.deps, her.id, { kind: 'cli' });
  const { result } = await send(`Nome;E-mail\nInes;${email}\n`);
  expect(result).toMatchObject({ created: 0, rejected: [{ line: 2 }] });
  expect(result.rejected[0]?.reason).toContain('had herself erased');
  expect(await people()).toEqual([]);
});

it('finds whoever had an address before by it, once', async () => {
  const [now, before] = [fresh(), fresh()];
  const her = await makeMember(api.deps.db, chapter.id, { firstName: 'Pia', lastName: 'Neri', email: now });
  await api.deps.db.insertInto('formerAddresses').values({ email: before, personId: her.id }).execute();
  expect(await send(`Nome;Cognome;E-mail\nPia;Neri;${before}\n`)).toEqual(counts(0, 0, 1));
  const { result } = await send(`Nome;Cognome;E-mail\nPia;Neri;${now}\nPia;Nera;${before}\n`);
  expect(result).toMatchObject({ created: 0, updated: 0, unchanged: 1, rejected: [{ line: 3 }] });
  expect(await named()).toEqual([`Pia Neri <${now}>`]);
});

it('asks before it takes in again whoever left, and leaves what she does not want as it is', async () => {
  const email = fresh();
  const her = await makeMember(api.deps.db, chapter.id, { firstName: 'Zita', email });
  await api.deps.db
    .insertInto('preferences')
    .values({ chapterId: chapter.id, personId: her.id, topic: 'invitation' })
    .execute();
  await api.deps.db
    .updateTable('memberships')
    .set({ endsAt: api.clock() })
    .where('personId', '=', her.id)
    .execute();
  const text = `Nome;E-mail\nZita;${email}\n`;
  const { result } = await send(text);
  expect(result).toMatchObject({ created: 0, rejected: [{ line: 2 }] });
  expect(result.rejected[0]?.reason).toContain('left this chapter');
  expect(await send(text, { query: '?returning=true' })).toEqual(counts(1));
  expect(await send(text)).toEqual(counts(0, 0, 1));
  const optedOut = await api.deps.db
    .selectFrom('preferences')
    .select('topic')
    .where('personId', '=', her.id)
    .execute();
  expect(optedOut).toHaveLength(1);
});

it('leaves a coordinator who stands in her own file what she is', async () => {
  const { email } = chapter.coordinator;
  expect(await send(`Nome;Cognome;E-mail\nAnna;Ricci;${email}\n`)).toEqual(counts(0, 0, 1));
  expect(await people()).toEqual([]);
});

it('takes a file of headings alone, and refuses what is no table with what to do', async () => {
  expect(await send('Cognome;Nome;E-mail\r\n')).toEqual(counts(0));
  const refused = async (body: string | Buffer) => {
    const { status, result } = await send(body);
    return [status, (result as unknown as { code: string }).code];
  };
  expect(await refused('')).toEqual([400, 'empty']);
  expect(await refused(' \r\n\r\n')).toEqual([400, 'empty']);
  expect(await refused(Buffer.from('PK\x03\x04xlsx', 'latin1'))).toEqual([400, 'spreadsheet']);
  expect(await refused('%PDF-1.7')).toEqual([400, 'pdf']);
  expect(await refused('a@x.it\n'.repeat(100_001))).toEqual([400, 'too_many_lines']);
  expect(await refused('Nome;Cognome\nGiulia;Rossi\n')).toEqual([400, 'no_address_column']);
});

it('keeps NUL, markup and formulas as harmless text, or leaves them out', async () => {
  const [one, two] = [fresh(), fresh()];
  const { result } = await send(`Nome;E-mail\n<script>al\0ert(1)</script>;${one}\n=HYPERLINK("x");${two}\n`);
  expect(result).toMatchObject({ created: 2, rejected: [] });
  expect((await people()).map(({ firstName }) => firstName)).toEqual([
    '<script>alert(1)</script>',
    '=HYPERLINK("x")',
  ]);
});

it('refuses other types, more than 10 MB, an unknown question, and a chapter that the token may not see', async () => {
  const status = async (body: string | Buffer, options: Parameters<typeof send>[1] = {}) =>
    (await send(body, options)).status;
  expect(await status('{}', { headers: { 'content-type': 'application/json' } })).toBe(415);
  expect(await status('a', { headers: { 'content-type': 'text/plain' } })).toBe(415);
  expect(await status(Buffer.alloc(10 * 1024 * 1024 + 1, 'a'))).toBe(413);
  expect(await status('Nome;E-mail\n', { query: '?overwrite=true' })).toBe(400);
  const token = await api.tokenOf(chapter.id);
  slug = 'altrove';
  const email = fresh();
  expect(await status(`${email}\n`, { token })).toBe(404);
  slug = 'nowhere';
  expect(await status(`${email}\n`)).toBe(404);
  const found = await api.deps.db.selectFrom('people').select('id').where('email', '=', email).execute();
  expect(found).toEqual([]);
});

it('does the same key and file once', async () => {
  const text = `Nome;E-mail\nGiulia;${fresh()}\n`;
  const first = await send(text, { key: 'import' });
  expect(await send(text, { key: 'import' })).toEqual(first);
  expect((await send(`${text}Sara;${fresh()}\n`, { key: 'import' })).status).toBe(422);
});

it('takes two files with the same people at once, each person once', async () => {
  const rows = Array.from({ length: 1_200 }, () => fresh());
  const files = [rows, [...rows].reverse()].map((list) => `E-mail\n${list.join('\n')}\n`);
  const both = await Promise.all(files.map((file) => send(file)));
  expect(both.map(({ result }) => result.created + result.unchanged)).toEqual([1_200, 1_200]);
  expect(both.reduce((sum, { result }) => sum + result.created, 0)).toBe(1_200);
  expect(await people()).toHaveLength(1_200);
});

it('finds unchanged whom the call for one member added', async () => {
  const email = fresh();
  const added = await addMember(
    api.deps,
    chapter.id,
    { email, firstName: 'Giulia', lastName: 'Rossi' },
    { actor: { kind: 'cli' }, source: 'api' },
  );
  expect(added.ok).toBe(true);
  expect(await send(`Nome;Cognome;E-mail\nGiulia;Rossi;${email}\n`)).toEqual(counts(0, 0, 1));
});
