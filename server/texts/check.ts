import { diffChars } from 'diff';
import { filterNames, parseLiquid, variablesOf } from '../mail/liquid.ts';
import { type MailSource, renderMail } from '../mail/render.ts';
import { isSafeUrl } from '../mail/slots.ts';
import { MailTemplateError } from '../mail/template-error.ts';
import type { Mail, MailLocale, MailTemplate, MailVariables } from '../mail/variables.ts';
import { pathsOf, samplesOf, valueAt } from './known.ts';

/** Why a text cannot be saved, and where: `code` and `values` are said by `wording.problem.{code}`. */
export type TextProblem = {
  field: 'subject' | 'body';
  line: number | null;
  code: ProblemCode;
  values: Record<string, string>;
};

export type ProblemCode =
  | 'subject_empty'
  | 'subject_too_long'
  | 'subject_lines'
  | 'body_empty'
  | 'body_too_long'
  | 'unclosed'
  | 'unopened'
  | 'tag'
  | 'filter'
  | 'broken'
  | 'unknown'
  | 'misspelt'
  | 'sometimes'
  | 'object'
  | 'form'
  | 'alone'
  | 'link'
  | 'html'
  | 'button'
  | 'too_heavy'
  | 'other';

export const longestSubject = 300;
export const longestBody = 20_000;

/** So many inserts that do not exist are named one by one; nobody mends more of them at once. */
const mostUnknown = 20;
/** A longer name is no insert misspelt. In characters. */
const longestName = 60;

/** All that is wrong with a text, so far as it can be told before anybody gets it. */
export function checkText(template: MailTemplate, locale: MailLocale, source: MailSource): TextProblem[] {
  const tooLong = checkLengths(source);
  // What is longer than any text may be is not read: that alone would take its time.
  if (tooLong.some(({ code }) => code.endsWith('_too_long'))) return tooLong;
  const problems = [
    ...tooLong,
    ...(['subject', 'body'] as const).flatMap((field) => {
      const found = checkLiquid(template, field, source[field]);
      // Where a bracket never closes, what lies between brackets is a guess, and a long one.
      return found.some(({ code }) => code === 'unclosed')
        ? found
        : [...found, ...checkMarkup(field, source[field])];
    }),
  ];
  // What cannot be read cannot be tried.
  return problems.length > 0 ? problems : tryOn(template, locale, source);
}

function checkLengths({ subject, body }: MailSource): TextProblem[] {
  const found: TextProblem[] = [];
  const add = (field: TextProblem['field'], code: ProblemCode, values = {}) =>
    found.push({ field, line: null, code, values });
  if (subject.trim() === '') add('subject', 'subject_empty');
  else if (subject.length > longestSubject) add('subject', 'subject_too_long', { most: `${longestSubject}` });
  else if (/[\r\n]/.test(subject.trim())) add('subject', 'subject_lines');
  if (body.trim() === '') add('body', 'body_empty');
  else if (body.length > longestBody) add('body', 'body_too_long', { most: `${longestBody}` });
  return found;
}

function checkLiquid(template: MailTemplate, field: TextProblem['field'], text: string): TextProblem[] {
  const at = (line: number | null, code: ProblemCode, values: Record<string, string> = {}): TextProblem => ({
    field,
    line,
    code,
    values,
  });
  const open = unclosed(text);
  if (open) return [at(open.line, 'unclosed', { what: open.what })];
  try {
    const known = pathsOf(template);
    const named = new Map<string, number>();
    for (const { path, line } of variablesOf(parseLiquid(field, text))) {
      const name = path.join('.');
      if (!known.has(name) && !named.has(name) && named.size < mostUnknown) named.set(name, line);
    }
    const unknown = [...named].map(([name, line]) => {
      const near = nearest(name, known);
      const shown = name.length > longestName ? `${name.slice(0, longestName)}…` : name;
      return near === null
        ? at(line, 'unknown', { name: shown })
        : at(line, 'misspelt', { name: shown, near });
    });
    const filters = unknownFilters(text).slice(0, mostUnknown);
    return [...unknown, ...filters.map(({ name, line }) => at(line, 'filter', { name }))];
  } catch (error) {
    if (!(error instanceof MailTemplateError)) throw error;
    const { line, reason } = error;
    const what = /^tag (.*) not closed$/s.exec(reason)?.[1];
    if (what !== undefined) return [at(line, 'unclosed', { what })];
    const tag = /^tag "(.*)" not found$/s.exec(reason)?.[1];
    if (tag?.startsWith('end') || tag === 'else' || tag === 'elsif' || tag === 'when')
      return [at(line, 'unopened', { name: tag })];
    if (tag !== undefined) return [at(line, 'tag', { name: tag })];
    const filter = /^undefined filter: (.*)$/s.exec(reason)?.[1];
    if (filter !== undefined) return [at(line, 'filter', { name: filter })];
    return [at(line, 'broken', { reason })];
  }
}

/** The first bracket that is still open where the next one opens, or at the end. */
function unclosed(text: string): { line: number; what: string } | null {
  let open: number | null = null;
  const explained = (index: number) => ({
    line: lineAt(text, index),
    what:
      text
        .slice(index, index + 30)
        .split('\n')[0]
        ?.trim() ?? '',
  });
  for (const { 0: mark, index } of text.matchAll(/\{\{|\{%|\}\}|%\}/g)) {
    if (mark === '{{' || mark === '{%') {
      if (open !== null) return explained(open);
      open = index;
    } else open = null;
  }
  return open === null ? null : explained(open);
}

/** Filters that do not exist, in branches that no sample takes too. */
function unknownFilters(text: string): { name: string; line: number }[] {
  return [...text.matchAll(/\{\{.*?\}\}|\{%.*?%\}/gs)].flatMap((expression) => {
    const bare = expression[0].replace(/"[^"]*"|'[^']*'/g, '');
    const line = lineAt(text, expression.index);
    return [...bare.matchAll(/\|\s*([\w-]+)/g)]
      .map(([, name = '']) => ({ name, line }))
      .filter(({ name }) => !filterNames.includes(name));
  });
}

/** What Markdown would print as it stands: HTML, and links that lead to no address. */
function checkMarkup(field: TextProblem['field'], text: string): TextProblem[] {
  if (field === 'subject') return [];
  // Liquid has signs of its own that look like these.
  const bare = text.replace(/\{\{.*?\}\}|\{%.*?%\}/gs, (expression) =>
    expression.replace(/[^\n]/g, '\ue000'),
  );
  const found: TextProblem[] = [];
  for (const match of bare.matchAll(/<(?!https?:|mailto:|tel:|[^\s<>]+@)\/?[a-z!][^<>]*>/gi)) {
    found.push({
      field,
      line: lineAt(bare, match.index),
      code: 'html',
      values: { what: match[0].replaceAll('\ue000', '') },
    });
  }
  for (const match of bare.matchAll(/\]\(\s*<?([^\s)>]*)/g)) {
    const address = match[1] ?? '';
    if (address.startsWith('\ue000') || isSafeUrl(address.replaceAll('\ue000', 'x'))) continue;
    found.push({
      field,
      line: lineAt(bare, match.index),
      code: 'link',
      values: { address: address.replaceAll('\ue000', '') },
    });
  }
  return found;
}

const lineAt = (text: string, index: number) => text.slice(0, index).split('\n').length;

/** Writes the text's mail to every sample: what is missing for some of them is seen here and not in a mailbox. */
function tryOn(template: MailTemplate, locale: MailLocale, source: MailSource): TextProblem[] {
  const buttons: { href: string; label: string; mail: Mail }[] = [];
  const samples = samplesOf(template, locale);
  const required = samples.every((mail) => ownButtons(mail, locale)[0]);
  for (const mail of samples) {
    let html: string;
    try {
      const written = renderMail(
        mail.template,
        locale,
        mail.variables as MailVariables[MailTemplate],
        source,
      );
      html = written.html;
      if (/\[object /.test(written.subject)) return [problem('subject', null, 'object')];
      if (/\[object /.test(written.text)) return [problem('body', null, 'object')];
      if (written.subject === '') return [problem('subject', null, 'subject_empty')];
    } catch (error) {
      if (!(error instanceof MailTemplateError)) throw error;
      return [explain(error)];
    }
    if (Buffer.byteLength(html) > 80_000) return [problem('body', null, 'too_heavy')];
    const [main] = ownButtons(mail, locale);
    if (!required || !main) continue;
    const hers = buttonsIn(html).map(({ href }) => href);
    const answer = valueAt(mail.variables, 'links.answer');
    if (!hers.includes(main.href) && !hers.includes(String(answer))) buttons.push({ ...main, mail });
  }
  const [missing] = buttons;
  if (!missing) return [];
  const path = [...pathsOf(template)].find((name) => valueAt(missing.mail.variables, name) === missing.href);
  const insert = `[${missing.label}]({{ ${path} }} "button")`;
  return [problem('body', null, 'button', { insert })];
}

const problem = (
  field: TextProblem['field'],
  line: number | null,
  code: ProblemCode,
  values: Record<string, string> = {},
): TextProblem => ({ field, line, code, values });

function explain({ template, line, reason }: MailTemplateError): TextProblem {
  const field = template.endsWith(' subject') ? 'subject' : 'body';
  const name = /^undefined variable: (.+)$/.exec(reason)?.[1];
  if (name) {
    const part = name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : name;
    return problem(field, line, 'sometimes', { name, guard: `{% if ${part} %}…{% endif %}` });
  }
  if (reason.startsWith('form needs')) return problem(field, line, 'form');
  if (reason.includes('in a paragraph alone')) return problem(field, line, 'alone');
  if (reason.startsWith('not an address')) return problem(field, line, 'link', { address: '' });
  return problem(field, line, 'other', { reason });
}

type MailButton = { href: string; label: string };

function ownButtons(mail: Mail, locale: MailLocale): MailButton[] {
  return buttonsIn(renderMail(mail.template, locale, mail.variables as MailVariables[MailTemplate]).html);
}

function buttonsIn(html: string): MailButton[] {
  return [...html.matchAll(/<a class="(?:main|other)" href="([^"]*)"[^>]*>([^<]*)</g)].map(
    ([, href = '', label = '']) => ({ href: href.replaceAll('&amp;', '&'), label }),
  );
}

/** The variable that was probably meant. */
function nearest(name: string, known: ReadonlySet<string>): string | null {
  if (name.length > longestName) return null;
  const distance = (other: string) =>
    diffChars(name, other).reduce(
      (sum, part) => sum + (part.added || part.removed ? part.value.length : 0),
      0,
    );
  const [best] = [...known].map((other) => ({ other, far: distance(other) })).sort((a, b) => a.far - b.far);
  return best && best.far <= Math.max(3, name.length / 2) ? best.other : null;
}
