import { guessName, readAddress, splitName, tidyName } from '../people/rules.ts';
import type { Columns, Field } from './columns.ts';
import { plainCell, type Row } from './table.ts';

/** Why a line brings nobody in. */
export type Reason =
  | 'no_address'
  | 'bad_address'
  | 'several_addresses'
  | 'twice'
  | 'same_person'
  | 'name_too_long'
  | 'phone_too_long'
  | 'erased'
  | 'former_member'
  | 'broken';

/** What a line says of a person. What it leaves empty is null, and stays as it is known. */
export type Entry = {
  line: number;
  email: string;
  firstName: string | null;
  lastName: string | null;
  /** The names were one cell: where they begin and end is a guess. */
  wholeName: boolean;
  phone: string | null;
  locale: 'it' | 'en' | null;
};

export type Rejected = { line: number; reason: Reason; otherLine?: number };

/** A person whom the network knows by the address, as far as it matters here. */
export type Known = {
  id: string;
  firstName: string;
  lastName: string;
  phone: string | null;
  locale: string | null;
  isMember: boolean;
  wasMember: boolean;
};

export type Change = { field: 'firstName' | 'lastName' | 'phone' | 'locale'; old: string; new: string };

export type Outcome = 'created' | 'joined' | 'returned' | 'updated' | 'unchanged' | 'rejected';

/** What becomes of a line: who joins, whose data changes, or why not. */
export type Verdict =
  | { outcome: 'created' | 'unchanged' }
  | { outcome: 'joined' | 'returned' | 'updated'; changes: Change[] }
  | { outcome: 'rejected'; reason: Reason; otherLine?: number };

const longestName = 100;
const longestPhone = 40;

/** Reads a row by its columns. */
export function readRow({ line, cells }: Row, columns: Columns): Entry | Rejected {
  const cell = (field: Field) => {
    const at = columns.indexOf(field);
    return at < 0 ? '' : plainCell(cells[at] ?? '');
  };
  const email = readCellOfAddress(cell('email'));
  if ('reason' in email) return { line, reason: email.reason };
  const name = readNames(cell);
  const phone = cell('phone');
  if ([name.firstName, name.lastName].some((part) => part.length > longestName)) {
    return { line, reason: 'name_too_long' };
  }
  if (phone.length > longestPhone) return { line, reason: 'phone_too_long' };
  return {
    line,
    email: email.address,
    firstName: name.firstName || null,
    lastName: name.lastName || null,
    wholeName: name.whole,
    // "nessuno", "-": a number has digits.
    phone: /\d/.test(phone) ? phone : null,
    locale: readLocale(cell('locale')),
  };
}

/** One address in a cell: alone, after "mailto:", between angle brackets, or the same one twice. */
function readCellOfAddress(text: string): { address: string } | { reason: Reason } {
  if (text === '') return { reason: 'no_address' };
  if (text.length > 1_000) return { reason: 'bad_address' };
  const parts = text
    .split(/[\s,;|<>()"]+/)
    .filter((part) => part.includes('@'))
    .map((part) => part.replace(/^mailto:/i, '').replace(/[.:]+$/, ''));
  if (parts.length === 0) return { reason: 'bad_address' };
  const read = new Set(parts.map(readAddress));
  if (read.size > 1) return { reason: 'several_addresses' };
  const [address] = read;
  return address ? { address } : { reason: 'bad_address' };
}

// What belongs to the last name that follows it: "De Luca Maria".
const particle = /^(d[aeio]|de[il]|dell[aoe']|dal(la)?|d'|l[aeio]|lo|van|von)$/i;

function readNames(cell: (field: Field) => string) {
  const firstName = tidyName(cell('firstName'));
  const lastName = tidyName(cell('lastName'));
  if (firstName || lastName) return { firstName, lastName, whole: false };
  const lastFirst = tidyName(cell('lastFirst'));
  if (lastFirst && !lastFirst.includes(',')) {
    const words = lastFirst.split(' ');
    const first = words.findIndex((word) => !particle.test(word)) + 1;
    const cut = first > 0 && first < words.length ? first : 1;
    const [before, after] = [words.slice(0, cut).join(' '), words.slice(cut).join(' ')];
    return after
      ? { firstName: after, lastName: before, whole: true }
      : { firstName: before, lastName: '', whole: true };
  }
  return { ...splitName(lastFirst || cell('fullName')), whole: true };
}

function readLocale(text: string): 'it' | 'en' | null {
  const word = text.toLowerCase();
  if (/^(it|ita|it[-_]it|italian[oa]?)$/.test(word)) return 'it';
  return /^(en|eng|en[-_](gb|us)|english|inglese)$/.test(word) ? 'en' : null;
}

/** The names of somebody new: an address alone gives them as well as it can. */
export function namesOf(entry: Entry): { firstName: string; lastName: string } {
  if (entry.firstName) return { firstName: entry.firstName, lastName: entry.lastName ?? '' };
  if (entry.lastName) return { firstName: entry.lastName, lastName: '' };
  return guessName(entry.email);
}

/**
 * What becomes of somebody. Her names are changed where she belongs to the chapter; of whoever comes from elsewhere, or
 * comes back, only what nobody knows is filled in.
 */
export function judge(
  entry: Entry,
  known: Known | undefined,
  { isErased, returningAllowed }: { isErased: boolean; returningAllowed: boolean },
): Verdict {
  if (!known) return isErased ? { outcome: 'rejected', reason: 'erased' } : { outcome: 'created' };
  if (known.isMember) {
    const changes = changesTo(entry, known);
    return changes.length > 0 ? { outcome: 'updated', changes } : { outcome: 'unchanged' };
  }
  if (known.wasMember && !returningAllowed) return { outcome: 'rejected', reason: 'former_member' };
  const changes = changesTo(entry, known).filter(({ old }) => old === '');
  return {
    outcome: known.wasMember ? 'returned' : 'joined',
    changes: changes.filter(({ field }) => field === 'phone' || field === 'locale'),
  };
}

function changesTo(entry: Entry, known: Known): Change[] {
  const changes: Change[] = [];
  const line = (field: Change['field'], given: string | null, is: string | null) => {
    if (given !== null && given !== (is ?? '')) changes.push({ field, old: is ?? '', new: given });
  };
  const whole = (of: { firstName: string | null; lastName: string | null }) =>
    [of.firstName, of.lastName].filter(Boolean).join(' ').toLowerCase().split(' ').sort().join(' ');
  // "Anna Maria Ricci" in one cell is Anna Maria as well as Maria Ricci: what is known divides it better.
  const sameWhole = entry.wholeName && whole(entry) === whole(known);
  if (!sameWhole) {
    line('firstName', unlessShouted(entry.firstName, known.firstName), known.firstName);
    line('lastName', unlessShouted(entry.lastName, known.lastName), known.lastName);
  }
  // A spreadsheet takes blanks and the plus out of a number; it is the same number.
  const digits = (text: string | null) =>
    (text ?? '').replace(/\D/g, '').replace(/^(00)?39(?=3\d{8,9}$)/, '');
  if (digits(entry.phone) !== digits(known.phone)) line('phone', entry.phone, known.phone);
  line('locale', entry.locale, known.locale);
  return changes;
}

/** A register's "ROSSI" is no news where she is known as Rossi. */
function unlessShouted(given: string | null, is: string): string | null {
  const same = given !== null && given.toLowerCase() === is.toLowerCase();
  return same && (given === given.toUpperCase() || given === given.toLowerCase()) ? null : given;
}

/** What a change of data writes: the new value of each field that changes. */
export function valuesOf(changes: readonly Change[]): Partial<Record<Change['field'], string>> {
  return Object.fromEntries(changes.map(({ field, new: value }) => [field, value]));
}
