import { makeMember } from '../support/factories.ts';
import type { StatePage } from '../support/member-pages.ts';
import type { TestSite } from '../support/site.ts';
import { makeEvening, makeIntroductions } from './acquaintances.ts';

/** Wishes after an evening and introductions, each in every state that one of the people can find. */
export async function introductionPages(
  site: TestSite,
  chapter: { id: string; coordinator: { id: string } },
): Promise<StatePage[]> {
  const { deps, db } = site;
  const people: Awaited<ReturnType<typeof makeMember>>[] = [];
  const member = async (
    firstName: string,
    lastName: string,
    told: { askMe?: string; work?: string } = {},
  ) => {
    const person = await makeMember(db, chapter.id, { firstName, lastName });
    await db.updateTable('people').set({ phone: '+39 333 1234567' }).where('id', '=', person.id).execute();
    await db
      .insertInto('profiles')
      .values({
        personId: person.id,
        website: 'https://example.org',
        contacts: ['email'],
        updatedAt: deps.clock(),
        ...told,
      })
      .execute();
    return person;
  };
  people.push(await member('Lia', 'Monti', { askMe: 'orti in terrazza', work: 'Architetta' }));
  people.push(await member('Marta', 'Ferri', { work: 'Avvocata del lavoro' }));
  people.push(await member('Nora', 'Greco', { askMe: 'come si racconta un mestiere' }));
  for (const firstName of ['Olga', 'Pia', 'Rita']) people.push(await member(firstName, 'Prova'));
  const [lia, marta, nora] = people as [
    (typeof people)[number],
    (typeof people)[number],
    (typeof people)[number],
  ];
  const startsAt = new Date(deps.clock().getTime() + 60_000);
  const evening = await makeEvening(deps, chapter.id, people, { unseen: [nora], startsAt });
  const alone = await makeEvening(deps, chapter.id, [marta], { startsAt, title: 'Colazione' });
  const crowd = [lia];
  for (let at = 0; at < 40; at += 1)
    crowd.push(
      await makeMember(db, chapter.id, { firstName: `${'ABCDEFGHIJ'[at % 10]}nna`, lastName: `Prova ${at}` }),
    );
  const full = await makeEvening(deps, chapter.id, crowd, { startsAt, title: 'Festa' });
  // The pages open once it has begun; the clock itself stays.
  await db
    .updateTable('events')
    .set({ startsAt: new Date(startsAt.getTime() - 3_600_000) })
    .where('id', 'in', [evening.id, alone.id, full.id])
    .execute();
  const introductions = await makeIntroductions(deps, chapter, people);
  const f = site.feedbackLinkOf;
  await db
    .insertInto('preferences')
    .values({ personId: people[5]?.id as string, chapterId: chapter.id, topic: 'introduction' })
    .execute();
  return [
    { name: 'wishes', path: await f(evening.id, lia.id) },
    { name: 'wishes, unseen herself', path: await f(evening.id, nora.id) },
    {
      name: 'wishes, refused',
      path: await f(evening.id, nora.id),
      post: { wishes: 'yes', wish: [lia.id], wishContact: [] },
    },
    { name: 'wishes, nobody listed', path: await f(alone.id, marta.id) },
    { name: 'wishes, many', path: await f(full.id, lia.id) },
    { name: 'wishes, given up', path: await f(evening.id, people[5]?.id as string) },
    { name: 'own page, introductions', path: site.ownLinkOf(lia) },
    ...introductions.map(({ state, id }) => ({
      name: `introduction, ${state}`,
      path: site.introductionLinkOf(id, lia),
    })),
    {
      name: 'introduction, no contact',
      path: site.introductionLinkOf(introductions[0]?.id as string, lia),
      post: { answer: 'yes' },
    },
    { name: 'introduction, wrong link', path: '/i/nonsense' },
  ];
}
