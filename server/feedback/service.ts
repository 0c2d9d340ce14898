import { type Actor, audit } from '../audit.ts';
import type { Deps } from '../deps.ts';
import type { OwnQuestion } from './rules.ts';

/** Changes what a chapter asks after its events. What was said to the questions before stays. */
export async function saveQuestions(
  deps: Pick<Deps, 'db' | 'clock'>,
  chapterId: string,
  questions: readonly OwnQuestion[],
  actor: Actor,
): Promise<void> {
  const updatedAt = deps.clock();
  await deps.db.transaction().execute(async (trx) => {
    for (const question of questions) {
      const { kind, ...words } = question;
      await trx
        .insertInto('feedbackQuestions')
        .values({ chapterId, ...question, updatedAt })
        .onConflict((conflict) =>
          conflict.columns(['chapterId', 'kind']).doUpdateSet({ ...words, updatedAt }),
        )
        .execute();
    }
    await audit(trx, {
      actor,
      chapterId,
      action: 'chapter.questions_changed',
      subjectType: 'chapter',
      subjectId: chapterId,
    });
  });
}
