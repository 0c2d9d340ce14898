import { createHash, randomBytes } from 'node:crypto';
import type { Db } from '../db/database.ts';

/**
 * Makes a token for a program. Its secret is given once: the database keeps the hash alone.
 * @param chapterId what the token may see and do; null for everything
 */
export async function createToken(
  db: Db,
  token: { name: string; chapterId: string | null; now: Date },
): Promise<{ id: string; secret: string }> {
  // The prefix lets secret scanners find one that was committed by mistake.
  const secret = `ritrovo_${randomBytes(32).toString('base64url')}`;
  const { id } = await db
    .insertInto('apiTokens')
    .values({ name: token.name, chapterId: token.chapterId, tokenHash: hashOf(secret), createdAt: token.now })
    .returning('id')
    .executeTakeFirstOrThrow();
  return { id, secret };
}

/** The token that a secret belongs to, or undefined. Found by its hash, so that the time taken tells nothing. */
export async function findToken(db: Db, secret: string) {
  return db
    .selectFrom('apiTokens')
    .select(['id', 'chapterId'])
    .where('tokenHash', '=', hashOf(secret))
    .where('revokedAt', 'is', null)
    .executeTakeFirst();
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
