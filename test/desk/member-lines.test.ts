import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readMemberLines } from '../../server/desk/people/member-lines.ts';

const people = (text: string) =>
  readMemberLines(text).members.map(({ firstName, lastName, email }) => `${firstName}|${lastName}|${email}`);
const rejected = (text: string) => readMemberLines(text).rejected.map(({ line, reason }) => [line, reason]);

describe('pasted members', () => {
  test.each([
    ['Giulia Rossi, giulia@example.org', 'Giulia|Rossi|giulia@example.org'],
    ['Giulia Rossi <Giulia@Example.org>', 'Giulia|Rossi|giulia@example.org'],
    ['"Rossi, Giulia" <giulia@example.org>', 'Giulia|Rossi|giulia@example.org'],
    ['Giulia\tDe Rossi\tgiulia@example.org', 'Giulia|De Rossi|giulia@example.org'],
    ['Giulia;Rossi;giulia@example.org', 'Giulia|Rossi|giulia@example.org'],
    ['giulia@example.org; Giulia Rossi', 'Giulia|Rossi|giulia@example.org'],
    ['Giulia Rossi giulia@example.org', 'Giulia|Rossi|giulia@example.org'],
    ['Giulia Rossi (giulia@example.org)', 'Giulia|Rossi|giulia@example.org'],
    ['Giulia Rossi, giulia@example.org,', 'Giulia|Rossi|giulia@example.org'],
    ['giulia.rossi@example.org', 'Giulia|Rossi|giulia.rossi@example.org'],
    ['  info@example.org  ', 'Info||info@example.org'],
    ["D'Angelo Maria, maria@example.org", "D'Angelo|Maria|maria@example.org"],
    ['Zoë Müller, zoe@exämple.org', 'Zoë|Müller|zoe@exämple.org'],
  ])('%s', (line, person) => {
    expect(people(line)).toEqual([person]);
    expect(rejected(line)).toEqual([]);
  });

  test('several in one line, as a mail program copies them', () => {
    expect(people('Giulia Rossi <g@example.org>, "Neri, Sara" <s@example.org>; e@example.org')).toEqual([
      'Giulia|Rossi|g@example.org',
      'Sara|Neri|s@example.org',
      'E||e@example.org',
    ]);
  });

  test('a line of headings, empty lines and Windows line ends are passed over', () => {
    expect(people('\uFEFFNome;Cognome;E-mail\r\n\r\nGiulia;Rossi;giulia@example.org\r\n')).toEqual([
      'Giulia|Rossi|giulia@example.org',
    ]);
    expect(rejected('\uFEFFNome;Cognome;E-mail\r\n\r\nGiulia;Rossi;giulia@example.org\r\n')).toEqual([]);
  });

  test('what cannot be understood is named with its line, its words and why', () => {
    const text = [
      'Giulia Rossi, giulia@example.org',
      'Sara Neri',
      'Ada Blu, ada@',
      'Altra, GIULIA@example.org',
    ].join('\n');
    expect(readMemberLines(text).rejected).toEqual([
      { line: 2, text: 'Sara Neri', reason: 'noAddress' },
      { line: 3, text: 'Ada Blu, ada@', reason: 'badAddress' },
      { line: 4, text: 'Altra, GIULIA@example.org', reason: 'twice' },
    ]);
  });

  test('every line that is not empty is understood or named, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.emailAddress(), fc.constant('Nome; Cognome; mail@x.org'))),
        (lines) => {
          const clean = lines.map((line) => line.replace(/[\r\n]/g, ' '));
          const read = readMemberLines(clean.join('\n'));
          const seen = new Set([...read.members, ...read.rejected].map(({ line }) => line));
          clean.forEach((line, index) => {
            const text = line.replace(/^\uFEFF/, '').trim();
            if (text !== '' && seen.size > 0 && index > 0 && seen.has(1)) expect(seen).toContain(index + 1);
          });
          for (const { email, firstName } of read.members) {
            expect(email).toMatch(/^\S+@\S+$/);
            expect(firstName).not.toBe('');
          }
        },
      ),
    );
  });

  test.each([
    ['a word', 'a'.repeat(60_000)],
    ['an address of dots', `a@${'.'.repeat(60_000)}x`],
    ['a name', `${'Anna '.repeat(12_000)}anna@example.org`],
  ])('a line without end is not read, and named by its beginning: %s', (_, line) => {
    expect(readMemberLines(`Sara Neri, sara@example.org\n${line}`)).toMatchObject({
      members: [{ email: 'sara@example.org' }],
      rejected: [{ line: 2, text: `${line.slice(0, 80)}…`, reason: 'tooLong' }],
    });
  });

  test('many people in one line are no line without end', () => {
    const many = Array.from({ length: 100 }, (_, i) => `Socia Prova <socia${i}@example.org>`);
    expect(readMemberLines(many.join(', ')).members).toHaveLength(100);
  });
});
