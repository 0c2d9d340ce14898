import { answerInvitation } from '../../server/rsvps/service.ts';
import type { TestService } from '../support/app.ts';
import { makeEvent, makeMember } from '../support/factories.ts';
import type { DeskPage } from './desk-pages.ts';

/** Two events of yesterday, one whose door is closed and one whose is not, and the page of what follows in every state. */
export async function followUpPages(
  { deps, db, clock }: TestService,
  chapter: { id: string; coordinator: { id: string } },
  other: { eventId: string; cancelledId: string },
): Promise<DeskPage[]> {
  const present = clock();
  const people: { id: string }[] = [];
  for (const [firstName, lastName] of [
    ['Nora', 'Amati'],
    ['Olga', 'Berti'],
    ['Pia', 'Costa'],
    ['Rita', 'Denti'],
    ['Tea', 'Elmi'],
  ] as const)
    people.push(await makeMember(db, chapter.id, { firstName, lastName }));
  const id = (index: number) => people[index]?.id as string;
  async function yesterday(title: string) {
    clock.set(new Date(present.getTime() - 3 * 86_400_000));
    const event = await makeEvent(deps, chapter.id, {
      title,
      startsAt: new Date(present.getTime() - 5 * 3_600_000),
      endsAt: new Date(present.getTime() - 3 * 3_600_000),
    });
    for (const [index, { id: personId }] of people.entries()) {
      const answer = index === 4 ? 'no' : 'yes';
      await answerInvitation(deps, { eventId: event.id, personId, answer, source: 'link' });
    }
    clock.set(present);
    return event;
  }
  const closed = await yesterday('Laboratorio di voce');
  const held = await yesterday('Pranzo in collina');
  await yesterday('Serata aperta');
  for (const { id: eventId } of [closed, held]) {
    const of = { eventId, chapterId: chapter.id, recordedAt: present };
    await db
      .insertInto('attendance')
      .values([0, 1, 2].map((index) => ({ ...of, personId: id(index), mode: 'room' })))
      .execute();
    await db.updateTable('events').set({ roomCompleteAt: present }).where('id', '=', eventId).execute();
  }
  async function addedTo(eventId: string): Promise<string[]> {
    const of = { eventId, chapterId: chapter.id };
    await db
      .updateTable('invitations')
      .set({ inPhotos: true, visible: true })
      .where('eventId', '=', eventId)
      .where('personId', 'in', [id(0), id(1)])
      .execute();
    const links = await db
      .insertInto('eventLinks')
      .values(
        (['photo', 'link'] as const).map((kind, position) => ({
          ...of,
          kind,
          position,
          url: `https://${kind}.example.org/serata`,
          title: kind === 'photo' ? 'Le foto del laboratorio' : 'Il libro di cui parlava Pia',
          addedAt: present,
        })),
      )
      .returning('id')
      .execute();
    const [first] = links.map((link) => link.id);
    await db
      .insertInto('eventLinkPeople')
      .values({ linkId: first as string, personId: id(0), chapterId: chapter.id })
      .execute();
    await db
      .insertInto('thanksLines')
      .values({ ...of, personId: id(1), text: 'La tua storia mi è rimasta in mente.', updatedAt: present })
      .execute();
    await db
      .insertInto('pitches')
      .values({ ...of, personId: id(2) })
      .execute();
    return [first as string];
  }
  await db
    .updateTable('mailings')
    .set({ state: 'held' })
    .where('eventId', '=', held.id)
    .where('kind', 'like', 'thanks%')
    .execute();
  await db.updateTable('events').set({ followedUpAt: present }).where('id', '=', closed.id).execute();
  const [photo] = await addedTo(closed.id);
  const at = `/desk/events/${closed.id}/follow-up`;
  return [
    { name: 'follow-up, as it stands', path: `/desk/events/${other.eventId}/follow-up` },
    { name: 'follow-up, cancelled', path: `/desk/events/${other.cancelledId}/follow-up` },
    { name: 'follow-up, said yes to', path: `${at}?done=followedUp` },
    { name: 'follow-up, held', path: `/desk/events/${held.id}/follow-up?done=thanksHeld` },
    { name: 'follow-up, moved', path: `${at}?done=thanksMoved&was=2026-12-01T10:00` },
    { name: 'follow-up, at night', path: `${at}/moment`, post: { date: '2026-11-28', time: '23:00' } },
    { name: 'follow-up, too late', path: `${at}/moment`, post: { date: '2026-12-28', time: '10:00' } },
    {
      name: 'follow-up, a line too long',
      path: `${at}/lines/${id(0)}`,
      post: { text: 'lunga '.repeat(100) },
    },
    {
      name: 'follow-up, no address for a photo',
      path: `${at}/links`,
      post: { kind: 'photo', url: 'http://foto.example', title: 'Foto', person: id(1) },
    },
    { name: 'follow-up, a photo', path: `${at}/links/${photo}`, post: { person: [id(0), id(1)] } },
    { name: 'follow-up, no moment', path: `${at}/moment`, post: { date: '', time: '' } },
  ];
}
