import { translator } from '../web/i18n.ts';
import { footerOf, footerText, frameHtml } from './frame.ts';
import { type Parsed, parseLiquid, type RenderState, renderLiquid, variablesOf } from './liquid.ts';
import { renderSkeleton, type Skeleton } from './markdown.ts';
import { mailPalette } from './palette.ts';
import { fillHtml, fillText } from './slots.ts';
import { MailTemplateError } from './template-error.ts';
import { templateFile } from './template-files.ts';
import type { Mail, MailLocale, MailTemplate, MailVariables } from './variables.ts';

/** A coordinator's own words in place of a template's. */
export type MailSource = { subject: string; body: string };

export type RenderedMail = { subject: string; preheader: string; html: string; text: string };

/** The default of a chapter, for a mail that belongs to none. */
const defaultAccent = '#b4472e';

/**
 * Makes a mail of a template and what it is given. What somebody typed (a name, a title) is never taken for Markdown,
 * HTML or Liquid; only the event's description is Markdown.
 * @param source a coordinator's words in place of the template's
 * @throws MailTemplateError naming template, line and variable
 */
export function renderMail<T extends MailTemplate>(
  template: T,
  locale: MailLocale,
  variables: MailVariables[T],
  source?: MailSource,
): RenderedMail {
  const given: Mail['variables'] = variables;
  const texts = source ? parseSource(template, locale, source) : parseFile(template, locale);
  const palette = mailPalette(given.chapter?.accentColour ?? defaultAccent);
  const t = translator(locale, given.person.form);
  const state = (): RenderState => ({ locale, form: given.person.form, palette, t, slots: [] });

  const subject = line(texts.subject, variables, state());
  const preheader = line(texts.preheader, variables, state());
  const body = state();
  const markdown = renderLiquid(texts.body, variables, body);
  const footer = footerOf(template, given, t);
  try {
    const skeleton = skeletonOf(markdown, body, source !== undefined);
    const content = fillHtml(skeleton.html, body.slots);
    return {
      subject,
      preheader,
      html: frameHtml(content, { subject, preheader, footer, locale }, given, palette),
      text: `${fillText(skeleton.text, body.slots)}\n\n${footerText(footer)}\n`,
    };
  } catch (error) {
    throw new MailTemplateError(texts.body.name, null, (error as Error).message);
  }
}

/** The same mail, marked as a test that a coordinator sends to herself. */
export function asTest(mail: RenderedMail, locale: MailLocale): RenderedMail {
  return { ...mail, subject: `${translator(locale)('frame.test')} ${mail.subject}` };
}

/** A text of one line: whatever a value contains, a subject has no second one. */
function line(parsed: Parsed, variables: object, state: RenderState): string {
  const key = keyOf(parsed, variables, state);
  const known = key === null ? undefined : lines.get(parsed)?.get(key);
  if (known !== undefined) return known;
  const text = fillText(renderLiquid(parsed, variables, state), state.slots);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const said = text.replace(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
  if (key !== null) remember(parsed, key, said);
  return said;
}

// Most subjects are the same for all mails of a mailing: what depends on the same values is said once.
const lines = new WeakMap<Parsed, Map<string, string>>();
const paths = new WeakMap<Parsed, string[][]>();

/** All that a line depends on, or null where that is more than words and numbers. */
function keyOf(parsed: Parsed, variables: object, { locale, form }: RenderState): string | null {
  let asked = paths.get(parsed);
  if (!asked) {
    asked = variablesOf(parsed).map(({ path }) => path);
    paths.set(parsed, asked);
  }
  let key = `${locale} ${form}`;
  for (const path of asked) {
    let value: unknown = variables;
    for (const step of path) value = (value as Record<string, unknown> | null | undefined)?.[step];
    if (value === undefined || (typeof value === 'object' && value !== null)) return null;
    key += `\n${typeof value} ${value}`;
  }
  return key;
}

function remember(parsed: Parsed, key: string, said: string): void {
  const known = lines.get(parsed) ?? new Map<string, string>();
  if (known.size >= 100) known.clear();
  known.set(key, said);
  lines.set(parsed, known);
}

// Values are slots, so all mails of a mailing but for a few branches are the same Markdown: it is rendered once.
const skeletons = new Map<string, Skeleton>();

/** @param linked whether an address that stands in the text by itself is a link: in what a coordinator writes, it is */
function skeletonOf(markdown: string, { palette }: RenderState, linked: boolean): Skeleton {
  const key = `${palette.accent}${linked}${markdown}`;
  let skeleton = skeletons.get(key);
  if (!skeleton) {
    skeleton = renderSkeleton(markdown, palette, linked);
    if (skeletons.size >= 500) skeletons.clear();
    skeletons.set(key, skeleton);
  }
  return skeleton;
}

type ParsedTexts = { subject: Parsed; preheader: Parsed; body: Parsed };

const parsedFiles = new Map<string, ParsedTexts>();

function parseFile(template: MailTemplate, locale: MailLocale): ParsedTexts {
  const file = templateFile(template, locale);
  let texts = parsedFiles.get(file.name);
  if (!texts) {
    texts = {
      subject: parseLiquid(file.name, file.subject, 2),
      preheader: parseLiquid(file.name, file.preheader, 3),
      body: parseLiquid(file.name, file.body, file.bodyLine),
    };
    parsedFiles.set(file.name, texts);
  }
  return texts;
}

const parsedSources = new Map<string, ParsedTexts>();

function parseSource(template: MailTemplate, locale: MailLocale, source: MailSource): ParsedTexts {
  const key = JSON.stringify([template, locale, source.subject, source.body]);
  let texts = parsedSources.get(key);
  if (!texts) {
    const name = `${template} (${locale})`;
    texts = {
      subject: parseLiquid(`${name} subject`, source.subject),
      preheader: parseFile(template, locale).preheader,
      body: parseLiquid(name, source.body),
    };
    if (parsedSources.size >= 200) parsedSources.clear();
    parsedSources.set(key, texts);
  }
  return texts;
}
