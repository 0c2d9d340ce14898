import { sql } from 'kysely';
import { type Actor, audit } from '../audit.ts';
import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { lockEvent } from '../rsvps/queries.ts';
import { isThanked } from './queries.ts';

/** In characters. */
export const longestLine = 500;

export type LineOutcome =
  | { ok: true; removed: boolean }
  /** Her thanks have left, or are just leaving. */
  | { ok: false; reason: 'not_found' | 'too_long' | 'line_left' };

/** Writes the line that stands in one woman's thanks, changes it, or, without words, takes it back. */
export async function saveLine(
  deps: Deps,
  line: { eventId: string; personId: string; text: string; actor: Actor },
): Promise<LineOutcome> {
  const { eventId, personId, actor } = line;
  const text = line.text.replace(/\r\n?/g, '\n').trim();
  if ([...text].length > longestLine) return { ok: false, reason: 'too_long' };
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const event = await lockEvent(trx, eventId);
    if (!event || !(await isInvited(trx, eventId, personId)))
      return { ok: false, reason: 'not_found' } as const;
    const { rows } = await sql<{ left: boolean }>`
      select ${isThanked(sql`${eventId}::uuid`, sql`${personId}::uuid`)} as left`.execute(trx);
    if (rows[0]?.left) return { ok: false, reason: 'line_left' } as const;
    if (text === '') {
      await trx
        .deleteFrom('thanksLines')
        .where('eventId', '=', eventId)
        .where('personId', '=', personId)
        .execute();
    } else {
      const words = { text, writtenBy: actor.kind === 'person' ? actor.id : null, updatedAt: now };
      await trx
        .insertInto('thanksLines')
        .values({ eventId, personId, chapterId: event.chapterId, ...words })
        .onConflict((conflict) => conflict.columns(['eventId', 'personId']).doUpdateSet(words))
        .execute();
    }
    // That there is one is on record, its words are not.
    await audit(trx, {
      actor,
      chapterId: event.chapterId,
      action: text === '' ? 'thanks_line.removed' : 'thanks_line.written',
      subjectType: 'person',
      subjectId: personId,
      detail: { event: eventId },
    });
    return { ok: true, removed: text === '' } as const;
  });
}

async function isInvited(db: Db, eventId: string, personId: string): Promise<boolean> {
  const row = await db
    .selectFrom('invitations')
    .innerJoin('people', 'people.id', 'invitations.personId')
    .select('invitations.id')
    .where('invitations.eventId', '=', eventId)
    .where('invitations.personId', '=', personId)
    .where('people.erasedAt', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** The lines of an event, and of everybody invited whether her thanks have left. */
export async function listLines(db: Db, eventId: string) {
  const lines = await db
    .selectFrom('thanksLines')
    .select(['personId', 'text'])
    .where('eventId', '=', eventId)
    .execute();
  const { rows } = await sql<{ personId: string }>`
    select i.person_id from invitations i
    where i.event_id = ${eventId} and ${isThanked(sql`i.event_id`, sql`i.person_id`)}`.execute(db);
  return {
    lines: new Map(lines.map(({ personId, text }) => [personId, text])),
    thanked: new Set(rows.map(({ personId }) => personId)),
  };
}
