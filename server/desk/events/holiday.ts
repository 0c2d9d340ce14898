import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import { parseLocalFields } from '../../events/local-time.ts';
import { cancelEvent } from '../../events/service.ts';
import { isAskedAbout } from '../../series/flags.ts';
import { daysBeside, keepOnHoliday, moveFromHoliday, resumeDate } from '../../series/holidays.ts';
import { placeOnDay, planOf } from '../../series/rules.ts';
import { dayInWords } from '../../web/dates.ts';
import { fieldOf } from '../page.ts';
import { actorOf, notFound, scopedTo } from '../scope.ts';
import { showEvent } from './event.ts';
import { readDay } from './typed-dates.ts';

/** A date on a public holiday is skipped, moved or held all the same with one tap; one that was skipped comes back. */
export async function holidayRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.post('/holiday', async (request, reply) => {
    const { deskEvent: event, desk } = request;
    if (!isAskedAbout(event, deps.clock())) return notFound(request, reply);
    const act = fieldOf(request.body, 'act');
    if (act === 'skip') {
      await cancelEvent(deps, event.id, { actor: actorOf(request), reason: null, notify: false });
      return done(request, reply, 'holidaySkipped');
    }
    if (act === 'keep') {
      await keepOnHoliday(deps, scopedTo(request));
      return done(request, reply, 'holidayKept');
    }
    const day = readDay(fieldOf(request.body, 'day'), deps.clock(), event.timeZone);
    const wrong = (reason: string) =>
      showEvent(deps, request, reply.code(400), desk.t(`recurring.error.${reason}`));
    if (!parseLocalFields(day, '12:00', event.timeZone).ok) return wrong('day');
    const outcome = await moveFromHoliday(deps, { ...scopedTo(request), day });
    if (outcome.ok) return done(request, reply, 'holidayMoved');
    return outcome.reason === 'not_found' ? notFound(request, reply) : wrong(outcome.reason);
  });

  /** A draft that was skipped is on again. */
  app.post('/resumption', async (request, reply) => {
    const isBack = await resumeDate(deps, scopedTo(request));
    return isBack ? done(request, reply, 'dateResumed') : notFound(request, reply);
  });
}

function done({ deskEvent, deskChapter }: FastifyRequest, reply: FastifyReply, what: string) {
  return reply.redirect(`/desk/chapters/${deskChapter.slug}/series/${deskEvent.seriesId}?done=${what}`, 303);
}

/** What a page asks about a date on a holiday: the days to move it to, in words. Null where nothing is asked. */
export async function holidayQuestion(
  deps: Deps,
  { desk, deskChapter: chapter }: Pick<FastifyRequest, 'desk' | 'deskChapter'>,
  event: FastifyRequest['deskEvent'] | Omit<FastifyRequest['deskEvent'], 'cohostIds'>,
) {
  const now = deps.clock();
  if (!isAskedAbout(event, now)) return null;
  const { day: _, ...plan } = planOf(event);
  const days = await daysBeside(deps, event, chapter);
  const inWords = (at: Date) => dayInWords(at, event.timeZone, desk.locale, now);
  return {
    action: `/desk/events/${event.id}/holiday`,
    when: inWords(event.startsAt),
    name: (event.holiday as Record<string, string>)[desk.locale],
    days: days.map((day) => ({
      value: day,
      label: desk.t('recurring.holiday.moveTo', { when: inWords(placeOnDay(plan, day).startsAt) }),
    })),
  };
}
