import { mailSamples } from '../mail/samples.ts';
import type { Mail, MailLocale, MailTemplate } from '../mail/variables.ts';

/** What a template's samples tell of it: together they hold every variable, with and without what may be missing. */

const samples = new Map<string, Mail[]>();

/** Mails of a template as they might really leave. */
export function samplesOf(template: MailTemplate, locale: MailLocale): Mail[] {
  const key = `${template} ${locale}`;
  let found = samples.get(key);
  if (!found) {
    found = mailSamples(locale, 'feminine')
      .map(({ mail }) => mail)
      .filter((mail) => mail.template === template);
    samples.set(key, found);
  }
  return found;
}

const known = new Map<MailTemplate, ReadonlySet<string>>();

/** Every variable of a template, dotted: `event.venue.name`. */
export function pathsOf(template: MailTemplate): ReadonlySet<string> {
  let paths = known.get(template);
  if (!paths) {
    const found = new Set<string>();
    for (const { variables } of samplesOf(template, 'it')) collect(variables, '', found);
    known.set(template, found);
    paths = found;
  }
  return paths;
}

function collect(value: unknown, path: string, into: Set<string>): void {
  if (path) into.add(path);
  if (Array.isArray(value)) {
    for (const part of ['size', 'first', 'last', '0']) into.add(`${path}.${part}`);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, part] of Object.entries(value)) collect(part, path ? `${path}.${name}` : name, into);
  } else if (typeof value === 'string') {
    into.add(`${path}.size`);
  }
}

/** What stands at a dotted path, or nothing. */
export function valueAt(variables: object, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, part) => (value as Record<string, unknown> | null)?.[part], variables);
}
