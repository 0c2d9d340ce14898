import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quotedPrintable } from '../../server/mail/quoted-printable.ts';

/** As a receiver reads it. */
function decoded(encoded: string): string {
  const bytes = encoded
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}

test('whatever is written is read back, with CRLF for every line end', () => {
  const letters = fc.constantFrom(
    'a',
    'Z',
    'è',
    '€',
    '🍷',
    '=',
    ' ',
    '\t',
    '.',
    '\r',
    '\n',
    '\r\n',
    '\u0000',
    '~',
    '\u007f',
  );
  const texts = fc.oneof(
    fc.string({ unit: letters, maxLength: 400 }),
    fc.string({ unit: 'binary', maxLength: 400 }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const encoded = quotedPrintable(text);
      expect(decoded(encoded)).toBe(text.toWellFormed().replace(/\r\n|\r|\n/g, '\r\n'));
      expect(encoded.replaceAll('\r\n', '')).toMatch(/^[\t\x20-\x7e]*$/);
      for (const line of encoded.split('\r\n')) {
        expect(line.length).toBeLessThanOrEqual(76);
        expect(line).not.toMatch(/[ \t]$/);
      }
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['Perché sì', 'Perch=C3=A9 s=C3=AC'],
  ['a=b', 'a=3Db'],
  ['riga \nfine\t', 'riga=20\r\nfine=09'],
  ['x'.repeat(80), `${'x'.repeat(75)}=\r\n${'x'.repeat(5)}`],
  ['', ''],
])('%j', (text, encoded) => {
  expect(quotedPrintable(text)).toBe(encoded);
});
