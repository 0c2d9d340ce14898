import { type Actor, audit } from '../audit.ts';
import type { Db, Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { lockEvent } from '../rsvps/queries.ts';

export const questionKinds = ['text', 'choice', 'yes_no'] as const;
export type QuestionKind = (typeof questionKinds)[number];

/** So many questions a coordinator may ask, so long they and their answers may be. */
export const questionLimits = { questions: 5, label: 200, choices: 12, choice: 80, answer: 500 } as const;

/** A question as its form holds it; without an id it is new. */
export type QuestionInput = {
  id: string | null;
  kind: QuestionKind;
  label: string;
  choices: string[];
  required: boolean;
};

/** An event's questions in order; those that are no longer asked last, where they were answered. */
export async function listQuestions(db: Db, eventId: string) {
  return db
    .selectFrom('eventQuestions')
    .selectAll()
    .where('eventId', '=', eventId)
    .orderBy((order) => order('removedAt', 'is not', null))
    .orderBy('position')
    .orderBy('id')
    .execute();
}

export type Question = Awaited<ReturnType<typeof listQuestions>>[number];

/** Those that are asked now. */
export function asked(questions: readonly Question[]): Question[] {
  return questions.filter((question) => question.removedAt === null);
}

/** What people said, question by question. */
export async function listQuestionAnswers(db: Db, eventId: string, personId?: string) {
  return db
    .selectFrom('questionAnswers')
    .select(['questionId', 'personId', 'value'])
    .where('eventId', '=', eventId)
    .$if(personId !== undefined, (query) => query.where('personId', '=', personId as string))
    .execute();
}

export type QuestionAnswer = Awaited<ReturnType<typeof listQuestionAnswers>>[number];

/**
 * Writes an event's questions as its form has them. One that was answered is kept whatever becomes of its words; one
 * that is taken out stays with its answers, and goes where nobody had answered it.
 */
export async function saveQuestions(
  deps: Pick<Deps, 'db' | 'clock'>,
  input: { eventId: string; questions: readonly QuestionInput[]; actor: Actor },
): Promise<{ ok: boolean }> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const event = await lockEvent(trx, input.eventId);
    if (!event) return { ok: false };
    const before = await listQuestions(trx, event.id);
    const known = new Set(before.map(({ id }) => id));
    for (const [position, { id, ...words }] of input.questions.slice(0, questionLimits.questions).entries()) {
      const row = { ...words, position, removedAt: null };
      if (id && known.delete(id)) {
        await trx.updateTable('eventQuestions').set(row).where('id', '=', id).execute();
      } else {
        const of = { eventId: event.id, chapterId: event.chapterId };
        await trx
          .insertInto('eventQuestions')
          .values({ ...of, ...row })
          .execute();
      }
    }
    for (const id of known) await takeOut(trx, id, now);
    await audit(trx, {
      actor: input.actor,
      chapterId: event.chapterId,
      action: 'event.questions_changed',
      subjectType: 'event',
      subjectId: event.id,
    });
    return { ok: true };
  });
}

async function takeOut(trx: Trx, id: string, now: Date): Promise<void> {
  await trx
    .deleteFrom('eventQuestions')
    .where('id', '=', id)
    .where((where) =>
      where.not(
        where.exists(where.selectFrom('questionAnswers').select('personId').where('questionId', '=', id)),
      ),
    )
    .execute();
  await trx
    .updateTable('eventQuestions')
    .set({ removedAt: now })
    .where('id', '=', id)
    .where('removedAt', 'is', null)
    .execute();
}

/**
 * Writes down what somebody answers to the questions of an event; an empty answer takes hers back. What cannot be an
 * answer (a choice that is not there) is left out: nothing here ever stands in the way of her yes.
 */
export async function saveQuestionAnswers(
  trx: Trx,
  of: { eventId: string; chapterId: string; personId: string; now: Date },
  given: ReadonlyMap<string, string>,
): Promise<void> {
  const { eventId, chapterId, personId, now } = of;
  for (const question of asked(await listQuestions(trx, eventId))) {
    const words = given.get(question.id)?.trim();
    if (words === undefined) continue;
    if (words === '') {
      await trx
        .deleteFrom('questionAnswers')
        .where('questionId', '=', question.id)
        .where('personId', '=', personId)
        .execute();
    } else if (isAnswer(question, words)) {
      const value = { value: words.slice(0, questionLimits.answer), answeredAt: now };
      await trx
        .insertInto('questionAnswers')
        .values({ questionId: question.id, personId, eventId, chapterId, ...value })
        .onConflict((conflict) => conflict.columns(['questionId', 'personId']).doUpdateSet(value))
        .execute();
    }
  }
}

function isAnswer(question: Question, words: string): boolean {
  if (question.kind === 'choice') return question.choices.includes(words);
  return question.kind === 'text' || words === 'yes' || words === 'no';
}
