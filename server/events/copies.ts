import { type Actor, audit } from '../audit.ts';
import type { Deps } from '../deps.ts';
import { asked, listQuestions } from './questions.ts';
import { moveByDays, sameWeekdayNextMonth } from './rules.ts';

/**
 * Makes a draft with everything that an event has: words, seats, timeline, texts, questions, notes and the chapters
 * that held it with its own. Not its hosts, its people and its date: the same weekday a month later is proposed.
 */
export async function copyEvent(
  deps: Pick<Deps, 'db' | 'clock'>,
  { eventId, actor, cohosts }: { eventId: string; actor: Actor; cohosts: readonly string[] },
): Promise<{ ok: true; eventId: string } | { ok: false; reason: 'not_found' }> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const event = await trx.selectFrom('events').selectAll().where('id', '=', eventId).executeTakeFirst();
    if (!event) return { ok: false, reason: 'not_found' } as const;
    const days = sameWeekdayNextMonth(event.startsAt, event.timeZone, now);
    const later = (at: Date) => moveByDays(at, event.timeZone, days);
    const { id } = await trx
      .insertInto('events')
      .values({
        chapterId: event.chapterId,
        title: event.title,
        description: event.description,
        format: event.format,
        venueName: event.venueName,
        venueAddress: event.venueAddress,
        joinUrl: event.joinUrl,
        timeZone: event.timeZone,
        startsAt: later(event.startsAt),
        endsAt: later(event.endsAt),
        seatsRoom: event.seatsRoom,
        seatsOnline: event.seatsOnline,
        guestsAllowed: event.guestsAllowed,
        maybeAllowed: event.maybeAllowed,
        access: event.access,
        cost: event.cost,
        bring: event.bring,
        answersCloseAt: event.answersCloseAt && later(event.answersCloseAt),
        lateWindowHours: event.lateWindowHours,
        promotion: event.promotion,
        ownTimeline: event.ownTimeline,
        privateNotes: event.privateNotes,
        createdBy: actor.kind === 'person' ? actor.id : null,
        createdAt: now,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await copyRules(id);
    const questions = asked(await listQuestions(trx, eventId));
    if (questions.length > 0) {
      await trx
        .insertInto('eventQuestions')
        .values(questions.map(({ id: _, eventId: __, ...question }) => ({ ...question, eventId: id })))
        .execute();
    }
    if (cohosts.length > 0) {
      await trx
        .insertInto('eventCohosts')
        .values(
          cohosts.map((chapterId) => ({
            eventId: id,
            chapterId,
            askedBy: actor.kind === 'person' ? actor.id : null,
            askedAt: now,
            acceptedAt: now,
          })),
        )
        .execute();
    }
    await audit(trx, {
      actor,
      chapterId: event.chapterId,
      action: 'event.created',
      subjectType: 'event',
      subjectId: id,
      detail: { copyOf: eventId },
    });
    return { ok: true, eventId: id } as const;

    async function copyRules(copyId: string): Promise<void> {
      const rules = await trx
        .selectFrom('timelineRules')
        .selectAll()
        .where('eventId', '=', eventId)
        .execute();
      if (rules.length > 0) {
        await trx
          .insertInto('timelineRules')
          .values(rules.map(({ id: _, ...rule }) => ({ ...rule, eventId: copyId })))
          .execute();
      }
      const texts = await trx
        .selectFrom('texts')
        .selectAll()
        .where('eventId', '=', eventId)
        .where('until', 'is', null)
        .execute();
      if (texts.length > 0) {
        await trx
          .insertInto('texts')
          .values(texts.map(({ id: _, ...text }) => ({ ...text, eventId: copyId, createdAt: now })))
          .execute();
      }
    }
  });
}
