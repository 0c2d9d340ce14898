import { readAddress } from '../people/rules.ts';

/** What a column of a file can be. `lastFirst` is a whole name that begins with the last name. */
export const fields = ['email', 'firstName', 'lastName', 'fullName', 'lastFirst', 'phone', 'locale'] as const;
export type Field = (typeof fields)[number];
/** A field per column; null for one that is passed over. */
export type Columns = readonly (Field | null)[];

/** Headings as they were seen, without accents, signs and blanks. */
const headings: Record<Field, string> = {
  email:
    'email mail emailaddress mailaddress indirizzoemail indirizzomail indirizzodiposta indirizzodipostaelettronica postaelettronica posta email1value email1 emailvalue primaryemail emailprincipale mailpersonale emailpersonale indirizzoemailvalue indirizzodipostaelettronica1',
  firstName: 'nome firstname givenname forename nomeproprio nomedibattesimo primonome name',
  lastName: 'cognome lastname surname familyname secondonome',
  fullName:
    'firstandlastname nomeecognome nomecognome nominativo fullname nomecompleto displayname nomevisualizzato nomeecognomesocia',
  lastFirst: 'cognomeenome cognomenome lastandfirstname lastnamefirstname surnamename',
  phone:
    'telefono tel cellulare cell mobile phone phonenumber telephone mobilephone mobilenumber numeroditelefono numerotelefono telefonocellulare numerocellulare numerodicellulare recapitotelefonico phone1value telefono1 cell1 telefonomobile',
  locale: 'lingua language locale lang linguapreferita preferredlanguage',
};
const byHeading = new Map(
  fields.flatMap((field) => headings[field].split(' ').map((heading) => [heading, field] as const)),
);

/** The field that a heading names. */
export function fieldOfHeading(text: string): Field | null {
  const plain = text
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
  return byHeading.get(plain) ?? null;
}

/** Whether a first row names the columns: it knows a heading and holds no address; or it holds none while the others do. */
export function isHeading(first: readonly string[], others: readonly (readonly string[])[]): boolean {
  if (first.some((cell) => cell.includes('@'))) return false;
  if (first.some((cell) => fieldOfHeading(cell) !== null)) return true;
  return others.length > 0 && others.every((row) => row.some((cell) => cell.includes('@')));
}

/** What each column is most likely, by its heading, else by what stands in it. */
export function guessColumns(
  heading: readonly string[] | null,
  rows: readonly (readonly string[])[],
  width: number,
): Columns {
  const columns: (Field | null)[] = Array.from({ length: width }, () => null);
  const take = (at: number, field: Field) => {
    if (columns[at] === null && !columns.includes(field)) columns[at] = field;
  };
  for (const [at, text] of (heading ?? []).entries()) {
    const field = fieldOfHeading(text);
    if (field && at < width) take(at, field);
  }
  // A "Nome" without a "Cognome" holds both.
  const alone = columns.indexOf('firstName');
  if (alone >= 0 && !columns.includes('lastName') && !columns.includes('fullName'))
    columns[alone] = 'fullName';

  if (!columns.includes('email')) {
    const counts = columns.map((field, at) =>
      field ? 0 : rows.filter((row) => row[at]?.includes('@')).length,
    );
    const most = Math.max(0, ...counts);
    if (most > 0) take(counts.indexOf(most), 'email');
  }
  if (heading === null) guessByContent(columns, rows, take);
  return columns;
}

function guessByContent(
  columns: readonly (Field | null)[],
  rows: readonly (readonly string[])[],
  take: (at: number, field: Field) => void,
): void {
  const share = (at: number, is: (cell: string) => boolean) =>
    rows.filter((row) => is((row[at] ?? '').trim())).length / Math.max(1, rows.length);
  const open = () => columns.flatMap((field, at) => (field === null ? [at] : []));
  for (const at of open())
    if (share(at, (cell) => /^[+(\d][\d\s()./-]{5,}$/.test(cell)) > 0.4) take(at, 'phone');
  const names = open().filter((at) => share(at, (cell) => /^\p{L}[\p{L}\s'’.-]*$/u.test(cell)) > 0.5);
  const [first, second] = names;
  if (first !== undefined && second === undefined) take(first, 'fullName');
  if (first !== undefined && second !== undefined) {
    // As a pasted list is read: the first name first.
    take(first, 'firstName');
    take(second, 'lastName');
  }
}

/** How well rows look when they are divided by one sign: known headings and whole addresses, then rows of one width. */
export function likeness(rows: readonly (readonly string[])[]): number {
  const [first = []] = rows;
  const known = first.filter((cell) => fieldOfHeading(cell) !== null).length;
  const addresses = rows.filter((row) => row.some((cell) => readAddress(cell) !== null)).length;
  const alike = first.length > 1 ? rows.filter((row) => row.length === first.length).length : 0;
  return known * 20 + addresses * 10 + alike;
}
