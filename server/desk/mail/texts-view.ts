import type { MailSource } from '../../mail/render.ts';
import type { MailTemplate } from '../../mail/variables.ts';
import type { Desk } from '../../organizers/guard.ts';
import type { TextProblem } from '../../texts/check.ts';
import { differenceOf } from '../../texts/difference.ts';
import { type Insert, insertGroups, insertsOf, snippetOf } from '../../texts/inserts.ts';
import { samplesOf, valueAt } from '../../texts/known.ts';
import type { OwnText } from '../../texts/queries.ts';
import type { Origin } from '../../texts/service.ts';
import { type Locale, type Translate, translator } from '../../web/i18n.ts';

/** What stands in one language of the editor. */
export type PaneGiven = {
  own: OwnText | null;
  inherited: MailSource & { from: Origin };
  /** What she typed and could not be saved, or is not saved yet. */
  typed: MailSource | null;
  problems: TextProblem[];
  /** Somebody has saved other words meanwhile. */
  overtaken: boolean;
};

export function kindInWords(kind: MailTemplate, t: Translate): string {
  return t(`wording.kind.${kind}`);
}

/** "Riga 3: …" and what to do about it. */
export function problemInWords({ line, code, values }: TextProblem, t: Translate): string {
  const text = t(`wording.problem.${code}`, values);
  return line === null ? text : t('wording.problem.line', { line, text });
}

export function paneView(
  kind: MailTemplate,
  locale: Locale,
  given: PaneGiven,
  desk: Desk,
  scope: 'network' | 'chapter' | 'event',
) {
  const { t } = desk;
  const { own, inherited, typed, overtaken } = given;
  const shown = typed ?? own ?? inherited;
  const origin = own ? `own_${scope}` : inherited.from;
  const of = (field: TextProblem['field']) =>
    given.problems
      .filter((problem) => problem.field === field)
      .map((problem) => problemInWords(problem, t))
      .join(' ');
  return {
    locale,
    language: t(`wording.language.${locale}`),
    subject: shown.subject,
    body: shown.body,
    rows: Math.min(28, Math.max(12, shown.body.split('\n').length + 2)),
    base: own?.id ?? '',
    isOwn: own !== null,
    origin: t(`wording.origin.${origin}`),
    goesBackTo: t(`wording.backTo.${inherited.from}`),
    problems: given.problems.map((problem) => ({
      href: `#${problem.field}-${locale}`,
      text: problemInWords(problem, t),
    })),
    subjectError: of('subject') || null,
    bodyError: of('body') || null,
    overtaken: overtaken ? { subject: (own ?? inherited).subject, body: (own ?? inherited).body } : null,
    difference: own
      ? {
          title: t(`wording.difference.${inherited.from}`),
          subject: differenceOf(inherited.subject, own.subject),
          body: differenceOf(inherited.body, own.body),
        }
      : null,
    inserts: insertsView(kind, locale, t),
  };
}

/** What she can put into the text, in plain words, with an example. Buttons have their words in the text's language. */
function insertsView(kind: MailTemplate, locale: Locale, t: Translate) {
  const inText = translator(locale);
  const samples = samplesOf(kind, locale);
  const all = insertsOf(kind).map((insert) => ({
    group: insert.group,
    label: t(`wording.insert.${insert.key}`),
    code: snippetOf(
      insert,
      insert.kind === 'value' || insert.kind === 'block' ? '' : inText(`wording.words.${insert.key}`),
    ),
    example: exampleOf(
      insert,
      samples.map(({ variables }) => variables),
    ),
  }));
  return insertGroups
    .map((group) => ({
      title: t(`wording.group.${group}`),
      items: all.filter((insert) => insert.group === group),
    }))
    .filter(({ items }) => items.length > 0);
}

function exampleOf({ kind, path }: Insert, samples: readonly object[]): string | null {
  if (kind !== 'value') return null;
  const found = samples
    .map((variables) => valueAt(variables, path))
    .find((value) => typeof value === 'string' && value !== '');
  return typeof found === 'string' ? found : null;
}
