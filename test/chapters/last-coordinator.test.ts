import { expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { makeChapter, makeMember } from '../support/factories.ts';

const database = useDatabase();

function leave(chapterId: string, personId: string) {
  return database.db
    .updateTable('memberships')
    .set({ endsAt: new Date() })
    .where('chapterId', '=', chapterId)
    .where('personId', '=', personId)
    .where('role', '=', 'coordinator')
    .execute();
}

test('the last coordinator cannot leave', async () => {
  const chapter = await makeChapter(database.db);
  await expect(leave(chapter.id, chapter.coordinator.id)).rejects.toThrow(
    'a chapter always has a coordinator',
  );
});

test('of two coordinators who leave at the same moment one stays', async () => {
  for (let round = 0; round < 10; round += 1) {
    const chapter = await makeChapter(database.db);
    const second = await makeMember(database.db, chapter.id, { firstName: 'Marta' });
    await database.db
      .insertInto('memberships')
      .values({ chapterId: chapter.id, personId: second.id, role: 'coordinator', source: 'test' })
      .execute();
    const left = await Promise.allSettled([
      leave(chapter.id, chapter.coordinator.id),
      leave(chapter.id, second.id),
    ]);
    expect(left.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  }
});

test('a chapter without a coordinator cannot be made', async () => {
  const made = database.db
    .insertInto('chapters')
    .values({ slug: 'nessuna', name: 'Nessuna', timeZone: 'Europe/Rome' })
    .execute();
  await expect(made).rejects.toThrow('a chapter always has a coordinator');
});
