import type { Db } from '../db/database.ts';

export type KeyOf = { apiTokenId: string; key: string };

/** True for the first to come with a key, and for whoever takes over one that was left unanswered since before `abandoned`. */
export async function beginKey(
  db: Db,
  { apiTokenId, key }: KeyOf,
  call: { requestHash: Buffer; now: Date; abandoned: Date },
): Promise<boolean> {
  const { requestHash, now, abandoned } = call;
  const begun = await db
    .insertInto('idempotencyKeys')
    .values({ apiTokenId, key, requestHash, createdAt: now })
    .onConflict((conflict) =>
      conflict
        .columns(['apiTokenId', 'key'])
        .doUpdateSet({ createdAt: now })
        .where('idempotencyKeys.status', 'is', null)
        .where('idempotencyKeys.createdAt', '<', abandoned)
        .where('idempotencyKeys.requestHash', '=', requestHash),
    )
    .returning('key')
    .executeTakeFirst();
  return begun !== undefined;
}

export async function findKey(db: Db, { apiTokenId, key }: KeyOf) {
  return db
    .selectFrom('idempotencyKeys')
    .select(['requestHash', 'status', 'body'])
    .where('apiTokenId', '=', apiTokenId)
    .where('key', '=', key)
    .executeTakeFirst();
}

export async function keepAnswer(
  db: Db,
  { apiTokenId, key }: KeyOf,
  answer: { status: number; body: string },
) {
  await db
    .updateTable('idempotencyKeys')
    .set(answer)
    .where('apiTokenId', '=', apiTokenId)
    .where('key', '=', key)
    .execute();
}

export async function forgetKey(db: Db, { apiTokenId, key }: KeyOf) {
  await db
    .deleteFrom('idempotencyKeys')
    .where('apiTokenId', '=', apiTokenId)
    .where('key', '=', key)
    .execute();
}

/** Answers to an API call hold names and addresses: none is kept longer than a repeat may ask for it. */
export async function forgetOldKeys(db: Db, before: Date) {
  await db.deleteFrom('idempotencyKeys').where('createdAt', '<', before).execute();
}
