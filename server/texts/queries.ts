import { type ExpressionBuilder, sql } from 'kysely';
import type { Db, Trx } from '../db/database.ts';
import type { DB } from '../db/types.ts';
import type { MailLocale, MailTemplate } from '../mail/variables.ts';

/** Whose words: the network's (both null), a chapter's, or an event's. */
export type TextOwner = { chapterId: string | null; eventId: string | null };
export type TextKey = TextOwner & { kind: MailTemplate; locale: MailLocale };

const columns = [
  'id',
  'kind',
  'locale',
  'subject',
  'body',
  'createdAt',
  'actor',
  'actorId',
  'until',
] as const;

function ofOwner({ chapterId, eventId }: TextOwner) {
  return (where: ExpressionBuilder<DB, 'texts'>) =>
    where.and([
      where('chapterId', chapterId === null ? 'is' : '=', chapterId),
      where('eventId', eventId === null ? 'is' : '=', eventId),
    ]);
}

/** All of an owner's words that are in use. */
export async function findOwnTexts(db: Db, owner: TextOwner) {
  return db
    .selectFrom('texts')
    .select(columns)
    .where(ofOwner(owner))
    .where('until', 'is', null)
    .orderBy('kind')
    .orderBy('locale')
    .execute();
}

export type OwnText = Awaited<ReturnType<typeof findOwnTexts>>[number];

/** The words of one kind in one language that are in use, or undefined where the owner has none of her own. */
export async function findOwnText(db: Db, key: TextKey): Promise<OwnText | undefined> {
  return db
    .selectFrom('texts')
    .select(columns)
    .where(ofOwner(key))
    .where('kind', '=', key.kind)
    .where('locale', '=', key.locale)
    .where('until', 'is', null)
    .executeTakeFirst();
}

/** What the words of one kind were before, the latest first, with who wrote them. */
export async function findEarlierTexts(db: Db, owner: TextOwner, kind: MailTemplate) {
  return db
    .selectFrom('texts')
    .leftJoin('people', (join) =>
      join
        .onRef('people.id', '=', 'texts.actorId')
        .on('texts.actor', '=', 'person')
        .on('people.erasedAt', 'is', null),
    )
    .select(columns.map((column) => `texts.${column}` as const))
    .select(['people.firstName', 'people.lastName'])
    .where((where) => ofOwner(owner)(where as unknown as ExpressionBuilder<DB, 'texts'>))
    .where('texts.kind', '=', kind)
    .where('texts.until', 'is not', null)
    .orderBy('texts.until', 'desc')
    .orderBy('texts.id', 'desc')
    .limit(10)
    .execute();
}

export type EarlierText = Awaited<ReturnType<typeof findEarlierTexts>>[number];

/** One text of before, of this owner and no other. */
export async function findEarlierText(db: Db, owner: TextOwner, kind: MailTemplate, id: string) {
  return db
    .selectFrom('texts')
    .select(columns)
    .where(ofOwner(owner))
    .where('kind', '=', kind)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** One after the other: whoever saves the same words at the same moment waits here. */
export async function lockText(trx: Trx, key: TextKey): Promise<void> {
  const name = [key.chapterId ?? '', key.eventId ?? '', key.kind, key.locale].join(' ');
  await sql`select pg_advisory_xact_lock(hashtextextended(${`texts ${name}`}, 0))`.execute(trx);
}

export async function endText(trx: Trx, key: TextKey, now: Date): Promise<string | null> {
  const ended = await trx
    .updateTable('texts')
    .set({ until: now })
    .where(ofOwner(key))
    .where('kind', '=', key.kind)
    .where('locale', '=', key.locale)
    .where('until', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return ended?.id ?? null;
}
