import { describe, expect, it } from 'vitest';
import { readAddress, splitName, tidyName } from '../../server/people/rules.ts';

describe('an address', () => {
  it('is kept trimmed and in lower case', () => {
    expect(readAddress(' Anna.Ricci+rete@Example.ORG ')).toBe('anna.ricci+rete@example.org');
    expect(readAddress('perché@città.it')).toBe('perché@città.it');
    expect(readAddress("o'neil@sub.example.co.uk")).toBe("o'neil@sub.example.co.uk");
  });

  it('that no mail server takes is none', () => {
    const wrong = [
      ...['', 'anna', '@example.org', 'anna@', 'anna@example', 'anna@example..org', 'anna@-example.org'],
      ...[
        'a b@example.org',
        'anna@exam ple.org',
        'anna@@example.org',
        '.anna@example.org',
        'an..na@example.org',
      ],
      ...[
        'anna@example.org\r\nBcc: x@y.org',
        'Anna <anna@example.org>',
        'anna@example.org, bea@example.org',
        'a\u0000@example.org',
      ],
      ...[`${'a'.repeat(65)}@example.org`, `a@${'b'.repeat(64)}.org`, `a@${'b.'.repeat(130)}org`],
    ];
    for (const text of wrong) expect(readAddress(text), text).toBeNull();
  });
});

describe('a name', () => {
  it('is split at its first word, or at a comma', () => {
    expect(splitName('Anna')).toEqual({ firstName: 'Anna', lastName: '' });
    expect(splitName('  Sara   De Luca ')).toEqual({ firstName: 'Sara', lastName: 'De Luca' });
    expect(splitName('Ricci, Anna Maria')).toEqual({ firstName: 'Anna Maria', lastName: 'Ricci' });
    expect(splitName('Ricci,')).toEqual({ firstName: 'Ricci', lastName: '' });
    expect(splitName(', Anna')).toEqual({ firstName: 'Anna', lastName: '' });
  });

  it('keeps no control characters and no double spaces', () => {
    expect(tidyName(' Anna\r\n\tMaria  Ricci ')).toBe('Anna Maria Ricci');
  });
});
