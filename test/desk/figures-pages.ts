import type { TestService } from '../support/app.ts';
import { makeEvent } from '../support/factories.ts';
import type { DeskPage } from './desk-pages.ts';

/** Two evenings of the months before, one of them online as well, and the pages that count them. */
export async function figuresPages(
  { deps, db, clock }: TestService,
  of: { chapterId: string; personIds: string[]; eventId: string; draftId: string },
): Promise<DeskPage[]> {
  for (const [month, title] of [
    ['2026-09', 'Pranzo di settembre'],
    ['2026-10', 'Cena di ottobre'],
  ]) {
    const startsAt = new Date(`${month}-15T17:30:00Z`);
    const event = await makeEvent(deps, of.chapterId, {
      draft: true,
      title: title as string,
      format: 'hybrid',
      joinUrl: 'https://meet.example.org/x',
      startsAt,
    });
    const publishedAt = new Date(startsAt.getTime() - 20 * 86_400_000);
    await db
      .updateTable('events')
      .set({ state: 'ended', publishedAt, roomCompleteAt: clock(), onlineCompleteAt: clock() })
      .where('id', '=', event.id)
      .execute();
    for (const [index, personId] of of.personIds.entries()) {
      const at = { eventId: event.id, personId, chapterId: of.chapterId };
      const mode = index % 3 === 0 ? 'online' : 'room';
      const answeredAt = new Date(publishedAt.getTime() + index * index * 0.4 * 86_400_000);
      const answer = { state: 'going', mode, source: 'link' };
      await db
        .insertInto('invitations')
        .values({ ...at, source: 'member', calendarUid: `${event.id}.${index}`, createdAt: publishedAt })
        .execute();
      await db
        .insertInto('rsvps')
        .values({ ...at, ...answer, answeredAt })
        .execute();
      await db
        .insertInto('rsvpHistory')
        .values({ ...at, ...answer, guests: 0, at: answeredAt })
        .execute();
      // One stays away each time, and one comes only once.
      if (index === 4 || (index === 5 && month === '2026-10')) continue;
      await db
        .insertInto('attendance')
        .values({ ...at, mode, recordedAt: startsAt })
        .execute();
    }
  }
  const [ended] = await db
    .selectFrom('events')
    .select('id')
    .where('title', '=', 'Pranzo di settembre')
    .where('chapterId', '=', of.chapterId)
    .execute();
  for (const [index, personId] of of.personIds.entries()) {
    const said = { eventId: ended?.id as string, personId, chapterId: of.chapterId, answeredAt: clock() };
    await db
      .insertInto('feedbackAnswers')
      .values([
        { ...said, kind: 'tap', value: 'yes' },
        { ...said, kind: 'scale', value: String(1 + (index % 5)) },
        { ...said, kind: 'text', value: 'Una bella serata: ancora!' },
      ])
      .execute();
  }
  return [
    { name: 'suggested tables', path: `/desk/events/${ended?.id}/tables` },
    { name: 'suggested tables, mixed again', path: `/desk/events/${ended?.id}/tables?mix=2` },
    { name: 'suggested tables, too few', path: `/desk/events/${of.draftId}/tables` },
    { name: 'questions after events', path: '/desk/chapters/bologna/feedback' },
    { name: 'how it was', path: `/desk/events/${ended?.id}/feedback` },
    { name: 'code for the room', path: `/desk/events/${of.eventId}/room-code` },
    { name: 'code for the room, of a draft', path: `/desk/events/${of.draftId}/room-code` },
    { name: 'how it was, nobody said', path: `/desk/events/${of.eventId}/feedback` },
    { name: 'numbers', path: '/desk/chapters/bologna/numbers' },
    { name: 'numbers of a year', path: '/desk/chapters/bologna/numbers?year=2026' },
    { name: 'numbers, nothing yet', path: '/desk/chapters/imola/numbers' },
    { name: 'numbers of an event', path: `/desk/events/${of.eventId}/numbers` },
    { name: 'numbers of a draft', path: `/desk/events/${of.draftId}/numbers` },
  ];
}
