import type { FastifyInstance } from 'fastify';
import { audit } from '../audit.ts';
import type { Deps } from '../deps.ts';
import { countAudience } from '../mailings/queries.ts';
import { changeMailing, type MailingChange } from '../mailings/service.ts';
import type { Desk } from '../organizers/guard.ts';
import type { Translate } from '../web/i18n.ts';
import { deskPage, fieldOf, isId } from './page.ts';
import { phoneLink } from './people-view.ts';
import {
  type DeskEvent,
  type DeskMailing,
  findDeskMailings,
  findTroubledDeliveries,
  type TroubledDelivery,
} from './queries.ts';
import { actorOf, notFound, reachOf } from './scope.ts';
import { eventHead, exactMoment, fullName, nearMoment } from './views.ts';

const changes: Record<MailingChange, 'held' | 'released' | 'skipped'> = {
  hold: 'held',
  release: 'released',
  skip: 'skipped',
};

/** An event's mailings: when, to whom, what became of them, and what can still be held back. */
export async function mailingRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get<{ Querystring: { problem?: string } }>('/mailings', async (request, reply) => {
    const { desk, deskEvent: event, deskChapter: chapter } = request;
    const now = deps.clock();
    const [mailings, troubled] = await Promise.all([
      findDeskMailings(deps.db, event.id),
      findTroubledDeliveries(deps.db, event.id, deps.clock(), reachOf(request)),
    ]);
    const planned = mailings.filter(({ audience }) => audience !== null);
    const reach = new Map<string, number>();
    for (const mailing of planned.filter(isOpen)) {
      reach.set(mailing.id, await countAudience(deps.db, event.id, mailing.audience as string, mailing.kind));
    }
    return deskPage(
      request,
      reply,
      'mailings',
      { title: desk.t('desk.mailings.title'), chapter },
      {
        event: eventHead(event, desk, now),
        problem: request.query.problem === 'left' ? desk.t('desk.mailings.alreadyLeft') : null,
        steps: planned.map((mailing) => stepView(mailing, event, reach.get(mailing.id) ?? null, desk, now)),
        personal: mailings
          .filter(({ audience, kind }) => audience === null && kind !== 'digest')
          .map((mailing) => ({
            kind: desk.t(`desk.kinds.${mailing.kind}`),
            outcome: outcomeInWords(mailing, desk.t),
          })),
        troubled: troubled.map((delivery) => troubleView(delivery, event, desk, now)),
      },
    );
  });

  app.post<{ Params: { mailingId: string } }>('/mailings/:mailingId', async (request, reply) => {
    const { deskEvent: event } = request;
    const { mailingId } = request.params;
    const change = (Object.keys(changes) as MailingChange[]).find(
      (known) => known === fieldOf(request.body, 'change'),
    );
    if (!change || !isId(mailingId) || !(await belongsTo(mailingId, event.id)))
      return notFound(request, reply);
    const outcome = await changeMailing(deps, event.chapterId, mailingId, change);
    if (!outcome.ok) return reply.redirect(`/desk/events/${event.id}/mailings?problem=left`, 303);
    await audit(deps.db, {
      actor: actorOf(request),
      chapterId: event.chapterId,
      action: `mailing.${changes[change]}`,
      subjectType: 'mailing',
      subjectId: mailingId,
    });
    return reply.redirect(`/desk/events/${event.id}/mailings?done=${changes[change]}#m-${mailingId}`, 303);
  });

  async function belongsTo(mailingId: string, eventId: string): Promise<boolean> {
    const row = await deps.db
      .selectFrom('mailings')
      .select('id')
      .where('id', '=', mailingId)
      .where('eventId', '=', eventId)
      .where('audience', 'is not', null)
      .executeTakeFirst();
    return row !== undefined;
  }
}

const isOpen = ({ state }: DeskMailing) => state === 'planned' || state === 'held';

function stepView(mailing: DeskMailing, event: DeskEvent, reach: number | null, desk: Desk, now: Date) {
  const { t } = desk;
  return {
    id: mailing.id,
    kind: t(`desk.kind.${mailing.kind}`),
    when: exactMoment(mailing.dueAt, event.timeZone, desk, now),
    audience: t(`desk.audience.${mailing.audience}`),
    reach: reach === null ? null : t('desk.mailings.reach', { count: reach }),
    state: mailing.state,
    stateWords: stateInWords(mailing, t),
    outcome: mailing.state === 'sending' || mailing.state === 'done' ? outcomeInWords(mailing, t) : null,
    isOpen: isOpen(mailing),
    isHeld: mailing.state === 'held',
    // What is let go after its moment leaves with the next sweep.
    leavesAtOnce: mailing.state === 'held' && mailing.dueAt <= now,
  };
}

function stateInWords(mailing: DeskMailing, t: Translate): string {
  if (mailing.state === 'done' && mailing.reason === 'nobody') return t('desk.mailState.nobody');
  if (mailing.state === 'cancelled' || mailing.state === 'missed') {
    const known = [
      'skipped',
      'event_cancelled',
      'timeline_changed',
      'superseded',
      'moved',
      'too_late',
      'event_state',
    ];
    const reason = known.includes(mailing.reason ?? '') ? mailing.reason : 'other';
    return t(`desk.mailState.${mailing.state}`, { reason });
  }
  return t(`desk.mailState.${mailing.state}`);
}

/** "a 38 persone · una non arriva · 2 persone non la vogliono" */
function outcomeInWords({ counts, audience }: DeskMailing, t: Translate): string {
  const open = counts.queued + counts.sending;
  const parts = [
    counts.sent > 0
      ? t(audience === null ? 'desk.outcome.sentSingly' : 'desk.outcome.sent', { count: counts.sent })
      : null,
    open > 0 ? t('desk.outcome.open', { count: open }) : null,
    counts.failed > 0 ? t('desk.outcome.failed', { count: counts.failed }) : null,
    counts.unknown > 0 ? t('desk.outcome.unknown', { count: counts.unknown }) : null,
    counts.suppressed > 0 ? t('desk.outcome.suppressed', { count: counts.suppressed }) : null,
    counts.skipped > 0 ? t('desk.outcome.skipped', { count: counts.skipped }) : null,
  ];
  return parts.filter(Boolean).join(' · ');
}

function troubleView(delivery: TroubledDelivery, event: DeskEvent, desk: Desk, now: Date) {
  const { t } = desk;
  const next = delivery.nextAttemptAt;
  return {
    name: fullName(delivery),
    email: delivery.email,
    phone: phoneLink(delivery.phone),
    kind: t(`desk.kind.${delivery.kind}`),
    words: t(`desk.trouble.${troubleOf(delivery)}`, {
      when: next ? nearMoment(next, event.timeZone, desk, now) : '',
      attempts: delivery.attempts,
    }),
    response: delivery.response ?? delivery.unknownCauses.at(-1) ?? null,
  };
}

function troubleOf({ state, response, nextAttemptAt }: TroubledDelivery): string {
  if (state === 'failed') return 'failed';
  if (state === 'unknown') return nextAttemptAt ? 'unknownRetry' : 'unknown';
  return response?.startsWith('mail server away') ? 'away' : 'late';
}
