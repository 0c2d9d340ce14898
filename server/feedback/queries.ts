import { sql } from 'kysely';
import { findLatestMark } from '../attendance/marks.ts';
import type { Db, Trx } from '../db/database.ts';
import type { Mode } from '../rsvps/rules.ts';
import type { QuestionKind } from './rules.ts';

/** Whether and how somebody was at an event; null where nobody said so. */
export async function findPresence(db: Db, of: { eventId: string; personId: string }) {
  return (
    (await db
      .selectFrom('attendance')
      .select(sql<Mode>`mode`.as('mode'))
      .where('eventId', '=', of.eventId)
      .where('personId', '=', of.personId)
      .executeTakeFirst()) ?? null
  );
}

/** All that was said of somebody's presence: by the door or the desk, and by herself. */
export async function findPresenceFacts(db: Db, of: { eventId: string; personId: string }) {
  const seen = await db
    .selectFrom('attendance')
    .select([sql<Mode>`mode`.as('mode'), sql<boolean>`device is not distinct from 'self'`.as('isOwnWord')])
    .where('eventId', '=', of.eventId)
    .where('personId', '=', of.personId)
    .executeTakeFirst();
  const latest = await findLatestMark(db, { ...of, guest: null });
  return {
    seen: seen ?? null,
    // A tap of the door outweighs her own word, so that the latest is hers only where there is none.
    isMarked: latest !== undefined && !latest.ownWord,
    saidNo: latest?.ownWord === true && latest.mode === null,
  };
}

/** What a chapter changed of the questions. */
export async function listOwnQuestions(db: Db, chapterId: string) {
  return db
    .selectFrom('feedbackQuestions')
    .select([sql<QuestionKind>`kind`.as('kind'), 'labelIt', 'labelEn', 'isOn'])
    .where('chapterId', '=', chapterId)
    .execute();
}

/** What somebody said of an event, by the kind of question. */
export async function findAnswers(
  db: Db,
  of: { eventId: string; personId: string },
): Promise<Partial<Record<QuestionKind, string>>> {
  const rows = await db
    .selectFrom('feedbackAnswers')
    .select(['kind', 'value'])
    .where('eventId', '=', of.eventId)
    .where('personId', '=', of.personId)
    .execute();
  return Object.fromEntries(rows.map(({ kind, value }) => [kind, value]));
}

/** An answer that takes the place of an earlier one; an empty one takes it back. */
export async function saveAnswer(
  trx: Trx,
  answer: {
    eventId: string;
    personId: string;
    chapterId: string;
    kind: QuestionKind;
    value: string;
    now: Date;
  },
): Promise<void> {
  const { now, ...row } = answer;
  if (row.value === '') {
    await trx
      .deleteFrom('feedbackAnswers')
      .where('eventId', '=', row.eventId)
      .where('personId', '=', row.personId)
      .where('kind', '=', row.kind)
      .execute();
    return;
  }
  await trx
    .insertInto('feedbackAnswers')
    .values({ ...row, answeredAt: now })
    .onConflict((conflict) =>
      conflict.columns(['eventId', 'personId', 'kind']).doUpdateSet({ value: row.value, answeredAt: now }),
    )
    .execute();
}

/** She has said something after the event: she is not reminded of it any more. */
export async function noteThatTold(trx: Trx, invitationId: string, now: Date): Promise<void> {
  await trx.updateTable('invitations').set({ toldAt: now }).where('id', '=', invitationId).execute();
}

/** How often each answer was given to the questions with fixed answers, and by how many people at all. */
export async function countAnswers(db: Db, eventId: string) {
  const counts = await db
    .selectFrom('feedbackAnswers')
    .select(['kind', 'value', (select) => select.fn.countAll<number>().as('count')])
    .where('eventId', '=', eventId)
    .where('kind', '<>', 'text')
    .groupBy(['kind', 'value'])
    .execute();
  const { people } = await db
    .selectFrom('feedbackAnswers')
    .select((select) => select.fn.count<number>('personId').distinct().as('people'))
    .where('eventId', '=', eventId)
    .executeTakeFirstOrThrow();
  return { counts, people };
}

/** The free words, without whose they are, in an order that says nothing of when they came. */
export async function listTexts(db: Db, eventId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('feedbackAnswers')
    .select('value')
    .where('eventId', '=', eventId)
    .where('kind', '=', 'text')
    .orderBy(sql`md5(event_id::text || person_id::text)`)
    .execute();
  return rows.map(({ value }) => value);
}
