import { readdirSync, readFileSync } from 'node:fs';

/** Answers as calendars write them: `replies/README.md` says after what each was built. */
const folder = new URL('replies/', import.meta.url);

export type Written = {
  from: string;
  name?: string;
  organizer: string;
  uid: string;
  partstat?: string;
  sequence: number;
  /** When the calendar made it. */
  stamp: Date;
  messageId?: string;
};

export const written: Written = {
  from: 'giulia@example.com',
  organizer: 'ritrovo@localhost',
  uid: 'AZQZPB8ueTuMTQAAAAAAAA.c2lnbmVkIGJ5IG5vYm9keQ@incontri.example',
  sequence: 3,
  stamp: new Date('2031-11-10T09:15:00Z'),
};

export const names = readdirSync(folder)
  .filter((file) => file.endsWith('.eml'))
  .map((file) => file.replace(/\.eml$/, ''))
  .sort();

/** A mail of one's own, as it would be sent: not signed by anybody. */
export function replyMail(name: string, of: Written = written): string {
  const values: Record<string, string> = {
    FROM: of.from,
    NAME: of.name ?? 'Giulia Rossi',
    ORGANIZER: of.organizer,
    UID: of.uid,
    PARTSTAT: of.partstat ?? 'ACCEPTED',
    SEQUENCE: String(of.sequence),
    STAMP: of.stamp.toISOString().replace(/[-:]|\.\d+/g, ''),
    MESSAGE: of.messageId ?? 'a1b2c3',
    ENCODED: of.from.replace(/^./, (first) => `%${first.charCodeAt(0).toString(16).toUpperCase()}`),
  };
  const template = readFileSync(new URL(`${name}.eml`, folder), 'utf8');
  const filled = template.replace(/\$([A-Z]+)/g, (whole, key: string) => values[key] ?? whole);
  const crlf = (text: string) => text.replace(/\r?\n/g, '\r\n');
  return crlf(filled).replace(
    /\{\{(base64|quoted)\}\}\r\n([\s\S]*?)\r\n\{\{end\}\}/g,
    (_, encoding: string, body: string) => {
      // Some fold in the middle of a character.
      const octets = inOctets(`${body}\r\n`);
      return encoding === 'base64' ? base64(octets) : quotedPrintable(octets);
    },
  );
}

/** Where "é" stands after a fold, the fold goes between its two octets. */
function inOctets(body: string): Buffer {
  return Buffer.from(
    Buffer.from(body, 'utf8').toString('latin1').replace('\r\n\t\xc3\xa9', '\xc3\r\n\t\xa9'),
    'latin1',
  );
}

const base64 = (octets: Buffer) => octets.toString('base64').replace(/.{76}(?=.)/g, '$&\r\n');

/** RFC 2045 section 6.7, with soft breaks wherever 70 characters are over. */
function quotedPrintable(octets: Buffer): string {
  return octets
    .toString('latin1')
    .split('\r\n')
    .map((line) =>
      line
        .replace(
          /[^ -<>-~\t]|[ \t]$/g,
          (character) => `=${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
        )
        .replace(/(?:=[0-9A-F]{2}|[^=]){1,70}(?=.)/g, '$&=\r\n'),
    )
    .join('\r\n');
}
