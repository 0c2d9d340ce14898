import { readdirSync, readFileSync } from 'node:fs';
import { IntlMessageFormat } from 'intl-messageformat';

/** The languages that pages and mails speak. Italian is the first one. */
export const locales = ['it', 'en'] as const;
export type Locale = (typeof locales)[number];

/** How a person is addressed: `select` in a message, where `other` is the feminine. */
export type Form = 'feminine' | 'masculine' | 'neutral';

export type Values = Record<string, string | number | null | undefined>;
export type Translate = (key: string, values?: Values) => string;

const folder = new URL('../../templates/locales/', import.meta.url);
const messages: Record<Locale, ReadonlyMap<string, string>> = { it: load('it'), en: load('en') };
// A message is parsed when it is first needed, once.
const compiled: Record<Locale, Map<string, IntlMessageFormat>> = { it: new Map(), en: new Map() };

/**
 * A function that says a message in one language to one person. A key is the file's name and the path in it:
 * `rsvp.going.title`. Messages are ICU MessageFormat; `form` is known to each of them.
 * Throws on a key that does not exist: a page with a hole in it is a defect, and a test finds it first.
 */
export function translator(locale: Locale, form: Form = 'feminine'): Translate {
  return (key, values) => {
    const message = messages[locale].get(key);
    if (message === undefined) throw new Error(`no message "${key}" in ${locale}`);
    if (!message.includes('{')) return message;
    return compile(locale, key, message).format({ form, ...values }) as string;
  };
}

/** Every message of a language by its key, as written. */
export function messagesOf(locale: Locale): ReadonlyMap<string, string> {
  return messages[locale];
}

/**
 * The language to speak: the person's own, else the best that her browser asks for, else the fallback.
 * @param acceptLanguage the header as it came (RFC 9110 section 12.5.4)
 */
export function pickLocale(
  person: string | null | undefined,
  acceptLanguage: string | undefined,
  fallback: Locale,
): Locale {
  const own = locales.find((locale) => locale === person);
  if (own) return own;
  // Whoever sends a header longer than any browser's gets the fallback.
  if (!acceptLanguage || acceptLanguage.length > 500) return fallback;
  const wanted = acceptLanguage
    .split(',')
    .map((part) => {
      const [range = '', ...parameters] = part.trim().toLowerCase().split(';');
      const q = parameters.map((parameter) => /^\s*q\s*=\s*([\d.]+)\s*$/.exec(parameter)?.[1]).find(Boolean);
      return { language: range.trim().split('-')[0], quality: q === undefined ? 1 : Number(q) };
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality);
  for (const { language } of wanted) {
    if (language === '*') return fallback;
    const known = locales.find((locale) => locale === language);
    if (known) return known;
  }
  return fallback;
}

function compile(locale: Locale, key: string, message: string): IntlMessageFormat {
  const found = compiled[locale].get(key);
  if (found) return found;
  const made = new IntlMessageFormat(message, locale, undefined, { ignoreTag: true });
  compiled[locale].set(key, made);
  return made;
}

type Tree = { [key: string]: string | Tree };

function load(locale: Locale): Map<string, string> {
  const found = new Map<string, string>();
  const directory = new URL(`${locale}/`, folder);
  for (const file of readdirSync(directory).filter((name) => name.endsWith('.json'))) {
    const tree = JSON.parse(readFileSync(new URL(file, directory), 'utf8')) as Tree;
    flatten(tree, file.slice(0, -'.json'.length), found);
  }
  return found;
}

function flatten(tree: Tree, path: string, into: Map<string, string>): void {
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') into.set(`${path}.${key}`, value);
    else flatten(value, `${path}.${key}`, into);
  }
}
