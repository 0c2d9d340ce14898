import { createHash, randomBytes } from 'node:crypto';
import type { Db } from '../db/database.ts';

const day = 86_400_000;
const lasts = 30 * day;
/** How much later she must come back before her session is written again. */
const slidesAfter = day / 24;

export const sessionSeconds = lasts / 1000;

/**
 * Opens a session for a person. It is always a new one: whatever cookie a browser held before opens nothing.
 * @param device what she may know it by in her list, or null
 * @returns its secret: 32 random bytes, of which the database keeps the hash alone
 */
export async function createSession(
  db: Db,
  personId: string,
  now: Date,
  device: string | null = null,
): Promise<string> {
  const secret = randomBytes(32).toString('base64url');
  await db
    .insertInto('sessions')
    .values({
      personId,
      tokenHash: hashOf(secret),
      device,
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

/** The sessions that a person has open, the latest used first. */
export async function listSessions(db: Db, personId: string, now: Date) {
  return db
    .selectFrom('sessions')
    .select(['id', 'device', 'createdAt', 'lastSeenAt'])
    .where('personId', '=', personId)
    .where('endedAt', 'is', null)
    .where('expiresAt', '>', now)
    .orderBy('lastSeenAt', 'desc')
    .orderBy('id', 'desc')
    .limit(100)
    .execute();
}

/** Ends one of a person's own sessions. False where it is none of hers, or over. */
export async function endOwnSession(
  db: Db,
  of: { sessionId: string; personId: string; now: Date },
): Promise<boolean> {
  const ended = await db
    .updateTable('sessions')
    .set({ endedAt: of.now })
    .where('id', '=', of.sessionId)
    .where('personId', '=', of.personId)
    .where('endedAt', 'is', null)
    .executeTakeFirst();
  return ended.numUpdatedRows > 0n;
}

/** Ends every session of a person but the one that she is in. */
export async function endOtherSessions(
  db: Db,
  of: { sessionId: string; personId: string; now: Date },
): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ endedAt: of.now })
    .where('personId', '=', of.personId)
    .where('id', '<>', of.sessionId)
    .where('endedAt', 'is', null)
    .execute();
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
