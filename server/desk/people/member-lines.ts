import { guessName, readAddress, splitName, tidyName } from '../../people/rules.ts';

/** One person as a pasted line names her. */
export type MemberLine = {
  line: number;
  email: string;
  firstName: string;
  lastName: string;
  /** The line held an address alone; the name was made from it. */
  isGuessed: boolean;
};

export type RejectedLine = {
  line: number;
  text: string;
  reason: 'noAddress' | 'badAddress' | 'twice' | 'nameTooLong' | 'tooLong';
};

// From the beginning of a word on only: tried at each of its letters, a word without end would take minutes.
const something = /(?<![^\s<>()[\],;"'])[^\s<>()[\],;"']+@[^\s<>()[\],;"']+/g;
const longestName = 100;
/** Between two commas, in characters. What is longer names nobody, and no pattern is tried on it. */
const longestPiece = 1_000;
/** How much of such a line is shown back. */
const shownOfTooLong = 80;

/**
 * Reads pasted members, one a line: "Nome Cognome, mail", "mail", "Nome Cognome <mail>", columns divided by tabs or
 * semicolons; or several in one line, as a mail program copies them. A line of headings is passed over.
 */
export function readMemberLines(text: string): { members: MemberLine[]; rejected: RejectedLine[] } {
  const members: MemberLine[] = [];
  const rejected: RejectedLine[] = [];
  const seen = new Set<string>();
  text.split(/\r\n|\r|\n/).forEach((raw, index) => {
    const line = index + 1;
    const whole = raw.replace(/^\uFEFF/, '').trim();
    if (whole === '') return;
    if (whole.split(/[,;\t]/).some((piece) => piece.length > longestPiece)) {
      rejected.push({ line, text: `${whole.slice(0, shownOfTooLong)}…`, reason: 'tooLong' });
      return;
    }
    if (members.length + rejected.length === 0 && isHeading(whole)) return;
    for (const part of partsOf(whole)) {
      const read = readOne(part, line);
      if ('reason' in read) rejected.push(read);
      else if (seen.has(read.email)) rejected.push({ line, text: part, reason: 'twice' });
      else members.push(read);
      if ('email' in read) seen.add(read.email);
    }
  });
  return { members, rejected };
}

/** "Nome;Cognome;E-mail": names of columns and no address. */
function isHeading(line: string): boolean {
  return (
    !line.includes('@') && /[,;\t]/.test(line) && /\b(e-?mail|mail|posta|indirizzo|address)\b/i.test(line)
  );
}

/** Several people in one line, each with her address. */
function partsOf(line: string): string[] {
  if ((line.match(something) ?? []).length < 2) return [line];
  // A comma inside quotes belongs to a name.
  const parts =
    line
      .match(/(?:"[^"]*"|[^,;"])+/g)
      ?.map((part) => part.trim())
      .filter(Boolean) ?? [];
  return parts.every((part) => (part.match(something) ?? []).length === 1) ? parts : [line];
}

function readOne(text: string, line: number): MemberLine | RejectedLine {
  const found = text.match(something) ?? [];
  if (found.length !== 1) {
    return { line, text, reason: found.length === 0 && !text.includes('@') ? 'noAddress' : 'badAddress' };
  }
  const [address] = found as [string];
  const email = readAddress(address.replace(/^mailto:/i, '').replace(/[.:]+$/, ''));
  if (!email) return { line, text, reason: 'badAddress' };
  const name = nameOf(text.replace(address, '\n'));
  const known =
    name.firstName !== '' ? { ...name, isGuessed: false } : { ...guessName(email), isGuessed: true };
  if (known.firstName.length > longestName || known.lastName.length > longestName) {
    return { line, text, reason: 'nameTooLong' };
  }
  return { line, email, ...known };
}

/** The name in what is left of a line without its address. Columns say which is the first name and which the last. */
function nameOf(rest: string): { firstName: string; lastName: string } {
  const quoted = /"([^"]+)"/.exec(rest)?.[1];
  if (quoted) return splitName(quoted);
  const columns = rest
    .replace(/[<>()[\]"]/g, ' ')
    .split(/[\t;,\n]/)
    .map(tidyName)
    .filter((column) => column !== '' && column !== '-');
  if (columns.length >= 2) return { firstName: columns[0] as string, lastName: columns.slice(1).join(' ') };
  return splitName(columns[0] ?? '');
}
