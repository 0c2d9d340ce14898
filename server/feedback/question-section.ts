import { fieldOf } from '../desk/page.ts';
import { findAnswers, findPresence, listOwnQuestions, saveAnswer } from './queries.ts';
import { choices, longestText, questionsOf } from './rules.ts';
import type { AfterContext, Section } from './section.ts';

const of = ({ row }: AfterContext) => ({ eventId: row.id, personId: row.personId });
const field = (kind: string) => `feedback-${kind}`;
/** As it was typed, without control characters that are no line breaks. */
const textOf = (body: unknown) => fieldOf(body, field('text')).replace(/\r\n?/g, '\n').trim();

/** At most three questions; whoever coordinates reads the answers without names. */
export const questionSection: Section = {
  name: 'questions',

  async view(context, typed) {
    const { deps, row, locale, t } = context;
    if (!(await findPresence(deps.db, of(context)))) return null;
    const questions = questionsOf(await listOwnQuestions(deps.db, row.chapterId), locale);
    if (questions.length === 0) return null;
    const answers = await findAnswers(deps.db, of(context));
    return {
      questions: questions.map(({ kind, label }) => {
        const said = typed ? fieldOf(typed, field(kind)) : (answers[kind] ?? '');
        return {
          kind,
          field: field(kind),
          label: label ?? t(`after.question.${kind}`),
          value: said,
          choices:
            kind === 'text'
              ? []
              : choices[kind].map((value) => ({
                  value,
                  label: kind === 'tap' ? t(`after.tap.${value}`) : value,
                  isChosen: said === value,
                })),
        };
      }),
      longest: longestText,
    };
  },

  async check({ t }, body) {
    if (textOf(body).length <= longestText) return [];
    return [{ field: field('text'), message: t('after.textTooLong', { max: longestText }) }];
  },

  async save(trx, context, body) {
    const { row, now, locale } = context;
    if (!(await findPresence(trx, of(context)))) return;
    for (const { kind } of questionsOf(await listOwnQuestions(trx, row.chapterId), locale)) {
      if (!isAsked(body, kind)) continue;
      const value = kind === 'text' ? textOf(body) : fieldOf(body, field(kind));
      if (kind !== 'text' && !(choices[kind] as readonly string[]).includes(value)) continue;
      await saveAnswer(trx, { ...of(context), chapterId: row.chapterId, kind, value, now });
    }
  },
};

/** A text that was emptied is taken back; a question that was not on the page is left alone. */
function isAsked(body: unknown, kind: string): boolean {
  return typeof body === 'object' && body !== null && field(kind) in body;
}
