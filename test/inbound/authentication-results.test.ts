import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { relayVouches } from '../../server/inbound/authentication-results.ts';

const vouches = (...values: string[]) =>
  relayVouches(
    values.map((value) => ({ key: 'authentication-results', line: `Authentication-Results: ${value}` })),
    'mx.example.net',
    'example.org',
  );

describe('a relay vouches', () => {
  test.each([
    'mx.example.net; dmarc=pass header.from=example.org',
    'MX.example.net 1; spf=fail; dmarc=pass (p=NONE sp=NONE) header.from=example.org; arc=none',
    '"mx.example.net"; dmarc = pass header.from = "example.org"',
    'mx.example.net;\r\n dkim=pass header.i=@example.org header.s=x header.b="a;b";\r\n dmarc=pass\r\n (policy=none; (nested)) header.from=Example.Org',
    'mx.example.net; dmarc=pass policy.dmarc=none header.from=giulia@example.org',
  ])('by %j', (value) => {
    expect(vouches(value)).toBe(true);
  });
});

describe('nobody vouches', () => {
  test.each([
    ['where there is no such header', []],
    ['where it says nothing', ['']],
    ['by another name', ['mx.example.net.evil.example; dmarc=pass header.from=example.org']],
    ['below another’s', ['mx.example.com; dmarc=none', 'mx.example.net; dmarc=pass header.from=example.org']],
    ['for another domain', ['mx.example.net; dmarc=pass header.from=evil.example']],
    ['for no domain', ['mx.example.net; dmarc=pass']],
    ['for two', ['mx.example.net; dmarc=pass header.from=example.org header.from=evil.example']],
    ['who says it failed', ['mx.example.net; dmarc=fail header.from=example.org']],
    [
      'who says both',
      ['mx.example.net; dmarc=pass header.from=example.org; dmarc=fail header.from=example.org'],
    ],
    ['who says it of DKIM alone', ['mx.example.net; dkim=pass header.d=example.org']],
    ['in a comment', ['mx.example.net; spf=none (; dmarc=pass header.from=example.org)']],
    ['in what is quoted', ['mx.example.net; spf=none smtp.mailfrom="; dmarc=pass header.from=example.org"']],
    [
      'behind an escaped quote',
      ['mx.example.net; spf=none smtp.mailfrom="a\\"; dmarc=pass header.from=example.org"'],
    ],
    ['in a comment that never ends', ['mx.example.net; (dmarc=pass; dmarc=pass header.from=example.org']],
    ['by a property of another method', ['mx.example.net; dkim=pass dmarc=pass header.from=example.org']],
  ] as [string, string[]][])('%s', (_how, values) => {
    expect(vouches(...values)).toBe(false);
  });

  test('whatever stands there, and it never throws', () => {
    const piece = fc.constantFrom(
      'mx.example.net',
      ';',
      ' ',
      '"',
      '(',
      ')',
      '\\',
      'dmarc=',
      'fail',
      'header.from=',
      'evil.example',
      '=',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 4 })), { maxLength: 40 }), (pieces) => {
        expect(vouches(pieces.join(''))).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });
});
