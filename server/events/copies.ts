import { sql } from 'kysely';
import { type Actor, audit } from '../audit.ts';
import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
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
        createdBy: actor.kind === 'person' ? actor.id : null,
        createdAt: now,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await copyBelongings(trx, eventId, [id], now);
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
  });
}

/** Gives events what another has beside its own row: its timeline, its words for the mails, its questions and notes. */
export async function copyBelongings(
  trx: Trx,
  fromEventId: string,
  toEventIds: readonly string[],
  now: Date,
): Promise<void> {
  const to = sql`unnest(${[...toEventIds]}::uuid[]) as e (id)`;
  await sql`
    insert into timeline_rules (chapter_id, event_id, position, kind, anchor, "offset", local_time, audience, template)
    select r.chapter_id, e.id, r.position, r.kind, r.anchor, r."offset", r.local_time, r.audience, r.template
    from timeline_rules r cross join ${to} where r.event_id = ${fromEventId}`.execute(trx);
  await sql`
    insert into texts (chapter_id, event_id, kind, locale, subject, body, created_at, actor, actor_id)
    select t.chapter_id, e.id, t.kind, t.locale, t.subject, t.body, ${now}, t.actor, t.actor_id
    from texts t cross join ${to} where t.event_id = ${fromEventId} and t.until is null`.execute(trx);
  await sql`
    insert into event_questions (event_id, chapter_id, position, kind, label, choices, required)
    select e.id, q.chapter_id, q.position, q.kind, q.label, q.choices, q.required
    from event_questions q cross join ${to} where q.event_id = ${fromEventId} and q.removed_at is null`.execute(
    trx,
  );
  await sql`
    update events set own_timeline = model.own_timeline, private_notes = model.private_notes
    from events model where model.id = ${fromEventId} and events.id = any (${[...toEventIds]}::uuid[])`.execute(
    trx,
  );
}
