import { hours } from '../support/clock.ts';
import { makeEvent, type makeMember } from '../support/factories.ts';
import type { StatePage } from '../support/member-pages.ts';
import type { TestSite } from '../support/site.ts';

/** The page after an event in each of the states in which somebody can find it. */
export async function afterPages(
  site: TestSite,
  chapter: { id: string },
  anna: Awaited<ReturnType<typeof makeMember>>,
): Promise<StatePage[]> {
  const { db, deps, clock } = site;
  const now = clock();
  /** An evening that is just over, and what was said of her in it. */
  const evening = async (said: {
    format?: 'in_person' | 'hybrid';
    answer?: 'going' | 'declined';
    seen?: 'by the door' | 'by herself';
    isComplete?: boolean;
  }) => {
    const event = await makeEvent(deps, chapter.id, {
      title: 'Laboratorio di ottobre',
      format: said.format ?? 'in_person',
      ...(said.format === 'hybrid' && { joinUrl: 'https://meet.example.org/x' }),
    });
    const of = { eventId: event.id, personId: anna.id, chapterId: chapter.id };
    await db
      .updateTable('events')
      .set({
        startsAt: new Date(now.getTime() - hours(26)),
        endsAt: new Date(now.getTime() - hours(24)),
        roomCompleteAt: said.isComplete ? now : null,
      })
      .where('id', '=', event.id)
      .execute();
    await db
      .insertInto('invitations')
      .values({ ...of, source: 'member', calendarUid: `after-${event.id}` })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    if (said.answer) {
      const answer = { state: said.answer, mode: 'room', guests: 0, source: 'link', answeredAt: now };
      await db
        .insertInto('rsvps')
        .values({ ...of, ...answer })
        .execute();
    }
    if (said.seen) {
      const own = said.seen === 'by herself';
      await db
        .insertInto('attendance')
        .values({
          ...of,
          mode: 'room',
          recordedAt: now,
          ...(own && { recordedBy: anna.id, device: 'self' }),
        })
        .execute();
    }
    return site.feedbackLinkOf(event.id, anna.id);
  };
  const seen = await evening({ answer: 'going', seen: 'by the door', isComplete: true });
  return [
    { name: 'after, asked whether she came', path: await evening({ answer: 'going' }) },
    {
      name: 'after, asked whether she came, hybrid',
      path: await evening({ answer: 'going', format: 'hybrid' }),
    },
    { name: 'after, by her own word', path: await evening({ answer: 'going', seen: 'by herself' }) },
    { name: 'after, who said no', path: await evening({ answer: 'declined' }) },
    { name: 'after, who was not seen', path: await evening({ answer: 'going', isComplete: true }) },
    { name: 'after, who was there', path: seen },
    { name: 'after, refused', path: seen, post: { 'feedback-text': 'x'.repeat(1001) } },
  ];
}
