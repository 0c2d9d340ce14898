import type { Question, QuestionAnswer } from '../../events/questions.ts';
import type { Translate } from '../../web/i18n.ts';
import type { EventPerson } from '../queries.ts';
import { fullName } from '../views.ts';

/** What one person said, as a line per question. */
export type SaidLine = { label: string; value: string };

/** What each person said to the questions, in the order in which they are asked. */
export function answersByPerson(
  questions: readonly Question[],
  said: readonly QuestionAnswer[],
  t: Translate,
): (personId: string) => SaidLine[] {
  const of = new Map<string, Map<string, string>>();
  for (const { personId, questionId, value } of said) {
    const hers = of.get(personId) ?? new Map<string, string>();
    of.set(personId, hers.set(questionId, value));
  }
  return (personId) => {
    const hers = of.get(personId);
    if (!hers) return [];
    return questions.flatMap((question) => {
      const value = hers.get(question.id);
      return value === undefined ? [] : [{ label: question.label, value: inWords(question, value, t) }];
    });
  };
}

/** A question with its answers summed up, of those who come or may come. */
export type QuestionSum = {
  label: string;
  isRemoved: boolean;
  /** "vegetariano: 4", the most frequent first; none for free text. */
  counts: { value: string; count: number }[];
  /** What was written, with who wrote it; none for choices. */
  words: { name: string; value: string }[];
  /** How many who come have not answered. */
  missing: number;
};

const concerned = new Set(['going', 'waitlisted', 'offered', 'maybe']);

export function questionSums(
  questions: readonly Question[],
  said: readonly QuestionAnswer[],
  people: readonly EventPerson[],
  t: Translate,
): QuestionSum[] {
  const coming = new Map(
    people.filter(({ state }) => state !== null && concerned.has(state)).map((person) => [person.id, person]),
  );
  return questions.map((question) => {
    const hers = said.filter(
      ({ questionId, personId }) => questionId === question.id && coming.has(personId),
    );
    const counts = new Map<string, number>();
    for (const { value } of hers) counts.set(value, (counts.get(value) ?? 0) + 1);
    const isText = question.kind === 'text';
    return {
      label: question.label,
      isRemoved: question.removedAt !== null,
      counts: isText
        ? []
        : [...counts]
            .sort(([, a], [, b]) => b - a)
            .map(([value, count]) => ({ value: inWords(question, value, t), count })),
      words: isText
        ? hers.map(({ personId, value }) => ({ name: fullName(coming.get(personId) as EventPerson), value }))
        : [],
      missing: [...coming.values()].filter(
        ({ id, state }) => state === 'going' && !hers.some(({ personId }) => personId === id),
      ).length,
    };
  });
}

/** An answer as it reads: a yes or no in her language, all else as it was said. */
export function inWords(question: Pick<Question, 'kind'>, value: string, t: Translate): string {
  return question.kind === 'yes_no' ? t(`gather.answer.${value === 'yes' ? 'yes' : 'no'}`) : value;
}
