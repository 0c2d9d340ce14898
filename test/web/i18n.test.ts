import { globSync, readFileSync } from 'node:fs';
import { IntlMessageFormat } from 'intl-messageformat';
import { describe, expect, test } from 'vitest';
import { mailTemplates } from '../../server/mail/variables.ts';
import { type Locale, locales, messagesOf, pickLocale, translator } from '../../server/web/i18n.ts';

const [first, ...others] = locales;
const files = new Set([...messagesOf(first).keys()].map((key) => key.split('.')[0]));

describe('messages', () => {
  test('every language has the same messages', () => {
    for (const other of others) expect(keysOf(other)).toEqual(keysOf(first));
  });

  test('every message takes the same arguments in every language', () => {
    for (const key of messagesOf(first).keys()) {
      for (const other of others) {
        expect({ key, takes: argumentsOf(other, key) }).toEqual({ key, takes: argumentsOf(first, key) });
      }
    }
  });

  test('every message that the code or a page asks for exists', () => {
    const known = keysOf(first);
    const missing = usedKeys().filter(({ pattern }) => !known.some((key) => pattern.test(key)));
    expect(missing.map(({ literal, file }) => `${literal} in ${file}`)).toEqual([]);
  });

  test('every message is asked for somewhere', () => {
    const used = usedKeys();
    expect(keysOf(first).filter((key) => !used.some(({ pattern }) => pattern.test(key)))).toEqual([]);
  });

  test('no message is empty, and none has a straight apostrophe, which would quote an argument', () => {
    for (const locale of locales) {
      for (const [key, text] of messagesOf(locale)) {
        expect(text.trim(), key).not.toBe('');
        expect(text, key).not.toContain("'");
      }
    }
  });

  test('a message that depends on the person is said in her form, the feminine where nothing else is said', () => {
    const [key] = [...messagesOf('it')].find(([, text]) => text.startsWith('{form, select,')) ?? [];
    const forms = ['feminine', 'masculine', 'neutral'] as const;
    const said = forms.map((form) => translator('it', form)(key as string));
    expect(new Set(said).size).toBe(3);
    expect(translator('it')(key as string)).toBe(said[0]);
  });

  test('plurals follow the language', () => {
    const seats = [0, 1, 7].map((left) => translator('it')('rsvp.seats.left', { left }));
    expect(seats).toEqual(['Posti esauriti: c’è la lista d’attesa', 'Resta un posto', '7 posti disponibili']);
  });

  test('a message that does not exist is an error, not a hole in the page', () => {
    expect(() => translator('it')('rsvp.no.such')).toThrow('rsvp.no.such');
  });
});

describe('the language of a page', () => {
  test.each([
    ['the person’s own comes first', 'en', 'it-IT,it;q=0.9', 'en'],
    ['a stranger’s browser decides', null, 'en-GB,en;q=0.9,it;q=0.8', 'en'],
    ['by its order of preference', null, 'it;q=0.4, en;q=0.8', 'en'],
    ['skipping what we do not speak', null, 'de-DE,de;q=0.9,en;q=0.5', 'en'],
    ['and what it refuses', null, 'en;q=0,it;q=0.1', 'it'],
    ['any language is the chapter’s', null, '*', 'it'],
    ['as is none', null, undefined, 'it'],
    ['and nonsense', null, ';;q=,,=', 'it'],
    ['an unknown own language is no language', 'fr', 'en', 'en'],
  ])('%s', (_name, own, header, expected) => {
    expect(pickLocale(own, header, 'it')).toBe(expected);
  });
});

function keysOf(locale: Locale): string[] {
  return [...messagesOf(locale).keys()].sort();
}

type Node = {
  type: number;
  value?: string;
  options?: Record<string, { value: Node[] }>;
  children?: Node[];
};

/** The names of a message's arguments, and what kind each is; the form is known to all of them. */
function argumentsOf(locale: Locale, key: string): string[] {
  const text = messagesOf(locale).get(key) ?? '';
  const found = new Set<string>();
  const visit = (nodes: Node[]) => {
    for (const { type, value, options, children } of nodes) {
      if (type !== 0 && type !== 7 && value !== 'form') found.add(`${value}`);
      for (const option of Object.values(options ?? {})) visit(option.value);
      visit(children ?? []);
    }
  };
  visit(new IntlMessageFormat(text, locale, undefined, { ignoreTag: true }).getAst() as Node[]);
  return [...found].sort();
}

/** Whatever stands in quotes and begins like a message's key; `${…}` in it stands for one part. */
function usedKeys(): { literal: string; file: string; pattern: RegExp }[] {
  const sources = globSync(['server/**/*.ts', 'scripts/**/*.ts', 'templates/**/*.{eta,md}']);
  return sources.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    return [...text.matchAll(/(['"`])([a-z]\w*(?:\.(?:\w|\$\{[^{}]*\})+)+)\1/g)]
      .map((match) => match[2] as string)
      .filter(
        (literal) => files.has(literal.split('.')[0] as string) && !/\.(css|js|md|png|svg)$/.test(literal),
      )
      .map((literal) => ({ literal, file, pattern: patternOf(literal) }));
  });
}

function patternOf(literal: string): RegExp {
  const parts = literal.split(/\$\{[^{}]*\}/).map((part) => part.replaceAll('.', '\\.'));
  return new RegExp(`^${parts.join('\\w+')}$`);
}

test('every mail has a name and a word on when it leaves, where its text can be changed', () => {
  for (const locale of locales) {
    for (const template of mailTemplates) {
      expect(messagesOf(locale).has(`wording.kind.${template}`), `${locale} ${template}`).toBe(true);
      expect(messagesOf(locale).has(`wording.leaves.${template}`), `${locale} ${template}`).toBe(true);
    }
  }
});
