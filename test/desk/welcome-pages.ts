import type { TestService } from '../support/app.ts';
import { makeEvent, makeMember } from '../support/factories.ts';
import type { DeskPage } from './desk-pages.ts';

/** An evening with one newcomer welcomed, one with nobody yet and one who is not named, and one evening with none. */
export async function welcomePages(
  { db, deps, clock }: TestService,
  { chapterId }: { chapterId: string },
): Promise<DeskPage[]> {
  const now = clock();
  const make = () =>
    makeEvent(deps, chapterId, {
      title: 'Merenda di dicembre',
      startsAt: new Date(now.getTime() + 20 * 86_400_000),
    });
  const event = await make();
  const quiet = await make();
  const come = async (firstName: string, source: 'link' | 'member', visible: boolean) => {
    const { id: personId } = await makeMember(db, chapterId, { firstName, lastName: 'Nova' });
    const of = { eventId: event.id, personId, chapterId };
    await db
      .insertInto('invitations')
      .values({ ...of, source, visible, calendarUid: `${event.id}.${firstName}` })
      .onConflict((conflict) => conflict.columns(['eventId', 'personId']).doUpdateSet({ source, visible }))
      .execute();
    await db
      .insertInto('rsvps')
      .values({ ...of, state: 'going', mode: 'room', source: 'link', answeredAt: now })
      .execute();
    return personId;
  };
  const newcomerId = await come('Bice', 'link', true);
  await come('Dina', 'link', true);
  await come('Fosca', 'link', false);
  const hosts = [await come('Ines', 'member', true), await come('Nives', 'member', true)];
  await db
    .insertInto('profiles')
    .values(hosts.map((personId) => ({ personId, welcomes: true, updatedAt: now })))
    .execute();
  await db
    .insertInto('welcomes')
    .values({ eventId: event.id, chapterId, newcomerId, hostId: hosts[0] as string, chosenAt: now })
    .execute();
  for (const [index, personId] of hosts.entries())
    await db
      .insertInto('joinRequests')
      .values({
        ...{
          chapterId,
          personId,
          name: `Chi Chiede ${index}`,
          line: 'Elena mi ha parlato di voi',
          state: 'waiting',
        },
        ...{ askedAt: now, waitingSince: new Date(now.getTime() - index * 5 * 86_400_000) },
      })
      .execute();
  const requests = '/desk/chapters/bologna/requests';
  const path = `/desk/events/${event.id}/welcomes`;
  return [
    { name: 'event with newcomers', path: `/desk/events/${event.id}` },
    { name: 'newcomers', path: `${path}?said=chosen` },
    { name: 'newcomers, one who cannot welcome', path, post: { newcomerId, hostId: newcomerId } },
    { name: 'requests to join', path: `${requests}?said=accepted` },
    {
      name: 'requests to join, answered meanwhile',
      path: requests,
      post: { requestId: newcomerId, answer: 'no', words: 'x' },
    },
    { name: 'requests to join, none', path: '/desk/chapters/imola/requests' },
    { name: 'desk home with requests', path: '/desk/' },
    { name: 'round of introductions', path: `/desk/events/${event.id}/round` },
    { name: 'round of introductions, nobody', path: `/desk/events/${quiet.id}/round` },
    { name: 'newcomers, none', path: `/desk/events/${quiet.id}/welcomes` },
  ];
}
