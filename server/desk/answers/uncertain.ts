import type { Db } from '../../db/database.ts';
import type { Desk } from '../../organizers/guard.ts';
import type { DeskEvent, EventPerson } from '../queries.ts';
import { fullName, nearMoment } from '../views.ts';

/** What came by calendar in somebody's name and was not proved hers, the latest first. */
export async function listUncertain(db: Db, eventId: string) {
  return db
    .selectFrom('calendarReplies')
    .select(['personId', 'said', 'failed', 'at'])
    .where('eventId', '=', eventId)
    .orderBy('at', 'desc')
    .orderBy('id')
    .execute();
}

/** One line for each person, with what to do; none once she, or somebody for her, has answered since. */
export function uncertainLines(
  event: DeskEvent,
  replies: Awaited<ReturnType<typeof listUncertain>>,
  people: readonly EventPerson[],
  desk: Desk,
  now: Date,
): { href: string; name: string; what: string; why: string }[] {
  const told = new Set<string>();
  return replies.flatMap(({ personId, said, failed, at }) => {
    const person = people.find(({ id }) => id === personId);
    if (!person || told.has(personId) || (person.answeredAt && person.answeredAt > at)) return [];
    told.add(personId);
    const when = nearMoment(at, event.timeZone, desk, now);
    return [
      {
        href: `/desk/events/${event.id}/answers/${personId}`,
        name: fullName(person),
        what: desk.t(`calendar.uncertain.said.${said}`, { when }),
        why: desk.t(`calendar.uncertain.why.${failed}`),
      },
    ];
  });
}
