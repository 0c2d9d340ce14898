import type { Trx } from '../../server/db/database.ts';
import { resolveWallClock, shiftDays, wallClockAt } from '../../server/events/local-time.ts';

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

/** An aperitivo in ten days, at 18:30 of the chapter's clock. */
export async function makeSampleEvent(trx: Trx, chapter: Chapter, now: Date) {
  const day = shiftDays(wallClockAt(now, chapter.timeZone), { days: 10 });
  const at = (hour: number, minute: number) =>
    resolveWallClock({ ...day, hour, minute, second: 0, millisecond: 0 }, chapter.timeZone).at;
  return trx
    .insertInto('events')
    .values({
      chapterId: chapter.id,
      title: 'Aperitivo di rete',
      description: 'Due ore per ritrovarci, con un giro di presentazioni di **un minuto** a testa.',
      format: 'in_person',
      venueName: 'Enoteca Storica',
      venueAddress: 'Via Marsala 2, Bologna',
      timeZone: chapter.timeZone,
      startsAt: at(18, 30),
      endsAt: at(20, 30),
      seatsRoom: 25,
      cost: '15 €, si paga sul posto',
      cancelReason: 'La sala non è più disponibile.',
      state: 'published',
      publishedAt: now,
    })
    .returning(['id', 'chapterId'])
    .executeTakeFirstOrThrow();
}

export async function makeSampleGuest(trx: Trx, now: Date): Promise<string> {
  const { id } = await trx
    .insertInto('people')
    .values({ firstName: 'Sara', lastName: 'Conti', email: null, source: 'sample', createdAt: now })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}
