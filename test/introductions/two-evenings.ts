import type { TestService } from '../support/app.ts';
import { makeChapter, makeMember } from '../support/factories.ts';
import { makeEvening } from './acquaintances.ts';

/** Who was at which of the two evenings, and let herself be seen. */
export type Start = readonly { there: boolean; seen: boolean }[][];

const hour = 3_600_000;

/** The morning after two evenings of a chapter of its own, whose people have words and numbers that nobody else has. */
export async function afterTwoEvenings(service: TestService, start: Start) {
  const { db, deps, clock } = service;
  clock.set(new Date(clock().getTime() + 40 * 24 * hour).toISOString().replace(/T.*/, 'T15:00:00Z'));
  const chapter = await makeChapter(db, {});
  const run = chapter.slug.replace(/\W/g, '');
  const people: (Awaited<ReturnType<typeof makeMember>> & { phone: string; website: string })[] = [];
  for (const at of start.keys()) {
    const person = await makeMember(db, chapter.id, {
      firstName: `Nome${at}${run}`,
      lastName: `Cognome${at}${run}`,
    });
    const phone = `+39 0${at}${Number.parseInt(run.slice(1, 9), 16) || 0}`;
    const website = `https://sito${at}${run}.example`;
    await db.updateTable('people').set({ phone }).where('id', '=', person.id).execute();
    await db
      .insertInto('profiles')
      .values({ personId: person.id, website, askMe: `domanda${at}${run}`, updatedAt: clock() })
      .execute();
    people.push({ ...person, phone, website });
  }
  const events: { id: string; chapterId: string }[] = [];
  for (const at of [0, 1]) {
    const who = (is: (of: { there: boolean; seen: boolean }) => boolean) =>
      people.filter((_, index) => is(start[index]?.[at] ?? { there: false, seen: false }));
    events.push(
      await makeEvening(deps, chapter.id, people, {
        unseen: who(({ seen }) => !seen),
        absent: who(({ there }) => !there),
      }),
    );
  }
  clock.advance(4 * hour);
  await service.settle();
  clock.set(clock().toISOString().replace(/T.*/, 'T19:00:00Z'));
  clock.advance(24 * hour - 10 * hour);
  await service.settle();
  service.inbox.clear();
  return { chapter, people, events };
}
