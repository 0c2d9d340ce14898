import { type Context, Liquid, LiquidError, type Template } from 'liquidjs';
import type { Form, Locale, Translate } from '../web/i18n.ts';
import { changesBlock, codeBlock, eventCard, linksBlock, quotesBlock, sectionsBlock } from './blocks.ts';
import { descriptionBlock } from './markdown.ts';
import type { MailPalette } from './palette.ts';
import { keep, type Slot, withoutMarks } from './slots.ts';
import { MailTemplateError } from './template-error.ts';

/** What the filters need to know of the mail that they work for. */
export type RenderState = { locale: Locale; form: Form; palette: MailPalette; t: Translate; slots: Slot[] };

export type Parsed = { name: string; firstLine: number; templates: Template[] };

// LiquidJS hands a filter its context; the scope in it is ours, and leads to the rest.
const states = new WeakMap<object, RenderState>();

type FilterThis = { context: Context };
const stateOf = (filter: FilterThis) => states.get(filter.context.environments as object) as RenderState;

const filters: Record<string, (this: FilterThis, value: never, ...rest: never[]) => unknown> = {
  /** `{{ "Benvenuta|Benvenuto|Ti diamo il benvenuto" | form }}`: feminine, masculine, neutral. */
  form(value: string) {
    const forms = String(value).split('|');
    if (forms.length !== 3) throw new Error('form needs three texts: "feminine|masculine|neutral"');
    return forms[['feminine', 'masculine', 'neutral'].indexOf(stateOf(this).form)];
  },
  /** `{{ answer.guests | names }}`: "Marta, Lia e Anna". */
  names(value: string[]) {
    return new Intl.ListFormat(stateOf(this).locale).format(value);
  },
  /** `{{ event.title | truncate: 60 }}`: cut at a word. */
  truncate(value: string, length: number) {
    const text = String(value ?? '');
    if (text.length <= length) return text;
    return `${text.slice(0, length).replace(/[\s,;:.]+\S*$/, '')}…`;
  },
  /** `[{{ who.phone }}]({{ who.phone | tel }})` */
  tel: (value: string) => `tel:${String(value).replace(/[^\d+]/g, '')}`,
  default: (value: unknown, otherwise: unknown) => (value === null || value === '' ? otherwise : value),
  markdown(value: string) {
    return descriptionBlock(value, stateOf(this).palette);
  },
  /** `{{ event | card }}`, or `{{ event | card: answer.mode }}` with only the place where she will be. */
  card(value, mode) {
    return eventCard(value, mode, stateOf(this));
  },
  changes(value) {
    return changesBlock(value, stateOf(this));
  },
  /** `{{ code | code }}`: large, to be read from one screen and typed on another. */
  code(value) {
    return codeBlock(value, stateOf(this));
  },
  /** `{{ recap | links }}`: photos and links, one under the other. */
  links(value) {
    return linksBlock(value, stateOf(this));
  },
  quotes(value) {
    return quotesBlock(value, stateOf(this));
  },
  sections(value) {
    return sectionsBlock(value, stateOf(this));
  },
};

function keepOutput(this: FilterThis, value: unknown): string {
  return keep(stateOf(this).slots, value);
}

const tags = new Set(['if', 'unless', 'case', 'comment']);

const engine = new Liquid({
  strictVariables: true,
  strictFilters: true,
  ownPropertyOnly: true,
  // There are no files and no other templates to include.
  templates: {},
  parseLimit: 50_000,
  renderLimit: 1_000,
  memoryLimit: 1_000_000,
  outputEscape: keepOutput as (value: unknown) => string,
});
for (const tag of Object.keys(engine.tags)) if (!tags.has(tag)) delete engine.tags[tag];
for (const filter of Object.keys(engine.filters)) delete engine.filters[filter];
for (const [name, filter] of Object.entries(filters)) engine.registerFilter(name, filter as never);

/**
 * Parses a text once.
 * @param firstLine the line of its file that it begins in, for messages
 * @throws MailTemplateError
 */
export function parseLiquid(name: string, source: string, firstLine = 1): Parsed {
  try {
    return { name, firstLine, templates: engine.parse(withoutMarks(source)) };
  } catch (error) {
    throw explain(error, name, firstLine);
  }
}

/**
 * Renders a parsed text; each value is a slot in what comes out.
 * @throws MailTemplateError naming the line and the variable
 */
export function renderLiquid(parsed: Parsed, variables: object, state: RenderState): string {
  const scope = { ...variables };
  states.set(scope, state);
  try {
    return engine.renderSync(parsed.templates, scope) as string;
  } catch (error) {
    throw explain(error, parsed.name, parsed.firstLine);
  }
}

/** What a parsed text asks for, in the order in which it does: `['event', 'title']`, and in which line. */
export function variablesOf(parsed: Parsed): { path: string[]; line: number }[] {
  const { globals } = engine.analyzeSync(parsed.templates, { partials: false });
  return Object.values(globals)
    .flat()
    .map(({ segments, location }) => ({
      path: segments.map(String),
      line: parsed.firstLine + location.row - 1,
    }))
    .sort((a, b) => a.line - b.line);
}

/** The filters that a text may use. */
export const filterNames: readonly string[] = Object.keys(filters);

function explain(error: unknown, name: string, firstLine: number): MailTemplateError {
  if (!LiquidError.is(error)) return new MailTemplateError(name, null, (error as Error).message);
  const liquid = error as LiquidError;
  const [line] = liquid.token.getPosition();
  const reason = (liquid.originalError ?? liquid).message.replace(/, line:\d+, col:\d+$/, '');
  return new MailTemplateError(name, firstLine + (line ?? 1) - 1, reason);
}
