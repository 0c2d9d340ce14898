import type { Db } from './db/database.ts';

/** Who does something: a person at the desk, a program with a token, somebody at the command line, or time itself. */
export type Actor =
  | { kind: 'person'; id: string }
  | { kind: 'api_token'; id: string }
  | { kind: 'cli' }
  | { kind: 'system' };

/** Writes down what was done, in the transaction that does it. Holds ids, never names or addresses. */
export async function audit(
  db: Db,
  entry: {
    actor: Actor;
    chapterId: string | null;
    action: string;
    subjectType: string;
    subjectId: string | null;
    detail?: Record<string, unknown>;
  },
): Promise<void> {
  await db
    .insertInto('auditLog')
    .values({
      actor: entry.actor.kind,
      actorId: 'id' in entry.actor ? entry.actor.id : null,
      chapterId: entry.chapterId,
      action: entry.action,
      subjectType: entry.subjectType,
      subjectId: entry.subjectId,
      detail: JSON.stringify(entry.detail ?? {}),
    })
    .execute();
}
