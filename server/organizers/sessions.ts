import { createHash, randomBytes } from 'node:crypto';
import type { Db } from '../db/database.ts';

const day = 86_400_000;
const lasts = 30 * day;
/** How much later she must come back before her session is written again. */
const slidesAfter = day / 24;

export const sessionSeconds = lasts / 1000;

/**
 * Opens a session for a person.
 * @returns its secret: 32 random bytes, of which the database keeps the hash alone
 */
export async function createSession(db: Db, personId: string, now: Date): Promise<string> {
  const secret = randomBytes(32).toString('base64url');
  await db
    .insertInto('sessions')
    .values({
      personId,
      tokenHash: hashOf(secret),
      createdAt: now,
      lastSeenAt: now,
      expiresAt: new Date(now.getTime() + lasts),
    })
    .execute();
  return secret;
}

/** Whose session a secret opens, or null. `stale` asks the caller to let it slide on. */
export async function findSession(db: Db, secret: string, now: Date) {
  const session = await db
    .selectFrom('sessions')
    .innerJoin('people', 'people.id', 'sessions.personId')
    .select([
      'sessions.id',
      'sessions.lastSeenAt',
      'people.id as personId',
      'people.firstName',
      'people.lastName',
    ])
    .select(['people.email', 'people.locale', 'people.form'])
    .where('sessions.tokenHash', '=', hashOf(secret))
    .where('sessions.endedAt', 'is', null)
    .where('sessions.expiresAt', '>', now)
    .where('people.erasedAt', 'is', null)
    .executeTakeFirst();
  if (!session) return null;
  return { ...session, stale: now.getTime() - session.lastSeenAt.getTime() > slidesAfter };
}

export type Session = NonNullable<Awaited<ReturnType<typeof findSession>>>;

/** Thirty more days from now. */
export async function extendSession(db: Db, sessionId: string, now: Date): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ lastSeenAt: now, expiresAt: new Date(now.getTime() + lasts) })
    .where('id', '=', sessionId)
    .execute();
}

export async function endSession(db: Db, sessionId: string, now: Date): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ endedAt: now })
    .where('id', '=', sessionId)
    .where('endedAt', 'is', null)
    .execute();
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
