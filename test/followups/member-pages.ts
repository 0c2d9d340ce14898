import { makeEvening } from '../introductions/acquaintances.ts';
import { hours } from '../support/clock.ts';
import { makeMember } from '../support/factories.ts';
import type { StatePage } from '../support/member-pages.ts';
import type { TestSite } from '../support/site.ts';

/** The page after an event with photos, and with somebody who presented herself, in every state. */
export async function followUpMemberPages(site: TestSite, chapter: { id: string }): Promise<StatePage[]> {
  const { deps, db, clock } = site;
  const make = (firstName: string, lastName: string) => makeMember(db, chapter.id, { firstName, lastName });
  const lia = await make('Lia', 'Moretti');
  const paola = await make('Paola', 'Neri');
  const rita = await make('Rita', 'Sala');
  const present = clock();
  clock.set(new Date(present.getTime() - hours(5)));
  const evening = await makeEvening(deps, chapter.id, [lia, paola, rita]);
  clock.set(present);
  const of = { eventId: evening.id, chapterId: chapter.id };
  await db
    .insertInto('pitches')
    .values([paola, rita].map(({ id }) => ({ ...of, personId: id })))
    .execute();
  await db
    .updateTable('invitations')
    .set({ inPhotos: true })
    .where('eventId', '=', evening.id)
    .where('personId', '=', rita.id)
    .execute();
  for (const [position, kind] of (['photo', 'link'] as const).entries()) {
    const { id: linkId } = await db
      .insertInto('eventLinks')
      .values({
        ...of,
        kind,
        position,
        url: `https://${kind}.example.org/a`,
        title: kind === 'photo' ? 'Le foto della serata' : 'Il libro di cui parlava Paola',
        addedAt: present,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    if (kind === 'photo')
      await db
        .insertInto('eventLinkPeople')
        .values({ linkId, personId: rita.id, chapterId: chapter.id })
        .execute();
  }
  const note = { ...of, text: 'Che bella voce.', signed: true, writtenAt: present };
  await db
    .insertInto('pitchNotes')
    .values([
      { ...note, fromPersonId: rita.id, toPersonId: paola.id },
      { ...note, fromPersonId: paola.id, toPersonId: rita.id, mailedAt: present, round: 1 },
    ])
    .execute();
  const f = (person: { id: string }) => site.feedbackLinkOf(evening.id, person.id);
  return [
    { name: 'after, two who presented, and photos', path: await f(lia) },
    { name: 'after, a note written', path: await f(rita) },
    { name: 'after, a note that has left', path: await f(paola) },
    {
      name: 'after, a note too long',
      path: await f(lia),
      post: { [`pitch-${paola.id}`]: 'lunga '.repeat(100) },
    },
  ];
}
