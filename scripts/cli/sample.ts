import type { Trx } from '../../server/db/database.ts';

/** What a preview shows where there is nothing real to show. All of it is rolled back. */

type Chapter = { id: string; timeZone: string };

export async function findFirstChapter(trx: Trx): Promise<Chapter | undefined> {
  return trx.selectFrom('chapters').select(['id', 'timeZone']).orderBy('id').executeTakeFirst();
}

export async function makeSampleChapter(trx: Trx, now: Date): Promise<Chapter> {
  await trx
    .insertInto('networks')
    .values({ name: 'Rete' })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const chapter = await trx
    .insertInto('chapters')
    .values({ slug: 'bologna', name: 'Bologna', timeZone: 'Europe/Rome' })
    .returning(['id', 'timeZone'])
    .executeTakeFirstOrThrow();
  const { id: personId } = await trx
    .insertInto('people')
    .values({
      firstName: 'Anna',
      lastName: 'Ricci',
      email: 'anna.ricci@example.org',
      source: 'sample',
      createdAt: now,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await trx
    .insertInto('memberships')
    .values({ chapterId: chapter.id, personId, role: 'coordinator', source: 'sample', startsAt: now })
    .execute();
  return chapter;
}
