import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { findDayHold } from '../../deliveries/allowance.ts';
import type { Deps } from '../../deps.ts';
import { parseLocalFields, toLocalFields } from '../../events/local-time.ts';
import { isMailTemplate } from '../../mail/variables.ts';
import { countAudience } from '../../mailings/queries.ts';
import {
  addStep,
  changeMailing,
  type MailingChange,
  moveMailingTo,
  sendMailingNow,
} from '../../mailings/service.ts';
import { applies, findTimeline } from '../../mailings/timeline.ts';
import { dueAt } from '../../mailings/timing.ts';
import type { Desk } from '../../organizers/guard.ts';
import { isOfEvent } from '../../texts/kinds.ts';
import { findOwnTexts } from '../../texts/queries.ts';
import { type Done, deskPage, fieldOf, isId } from '../page.ts';
import { type DeskEvent, type DeskMailing, findDeskMailings, findTroubledDeliveries } from '../queries.ts';
import { actorOf, notFound, reachOf } from '../scope.ts';
import { eventHead, exactMoment, nearMoment } from '../views.ts';
import {
  distanceInWords,
  groupSteps,
  isOpenStep,
  outcomeInWords,
  quickMoves,
  stepView,
  timedOf,
  troubleView,
} from './mailings-view.ts';
import { offeredMoments, offeredSteps } from './steps-offered.ts';

const changes: Record<MailingChange, Done> = {
  hold: 'held',
  release: 'released',
  skip: 'skipped',
  restore: 'stepBack',
};

/** What could not be done, at which step, and what she typed. */
type Problem = {
  reason: string;
  mailingId: string | null;
  date?: string;
  time?: string;
  /** What she chose to add. */
  step?: string;
  moment?: string;
  /** The morning after the quiet hours, to choose instead. */
  morning?: Date;
};

/** An event's mails as a line in time: what has left, where now is, what is to come, and what can be done about it. */
export async function mailingRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/mailings', (request, reply) => page(request, reply, null));

  app.post<{ Params: { mailingId: string } }>('/mailings/:mailingId', async (request, reply) => {
    const { deskEvent: event } = request;
    const { mailingId } = request.params;
    if (!isId(mailingId)) return notFound(request, reply);
    const mailings = await findDeskMailings(deps.db, event.id);
    const group = groupSteps(mailings.filter(({ audience }) => audience !== null)).find(({ all }) =>
      all.some(({ id }) => id === mailingId),
    );
    if (!group || group.first.messageId) return notFound(request, reply);
    const mailingIds = group.all.map(({ id }) => id);
    const back = (done: Done) =>
      reply.redirect(`/desk/events/${event.id}/mailings?done=${done}#m-${group.first.id}`, 303);
    const asked = fieldOf(request.body, 'change');
    const change = (Object.keys(changes) as MailingChange[]).find((known) => known === asked);
    if (change) {
      const outcome = await changeMailing(deps, event.id, mailingIds, change, actorOf(request));
      return outcome.ok ? back(changes[change]) : refuse(request, reply, mailingId, outcome);
    }
    if (asked === 'now') {
      const count = Number(fieldOf(request.body, 'count'));
      const outcome = await sendMailingNow(deps, { eventId: event.id, mailingIds, count }, actorOf(request));
      return outcome.ok ? back('stepNow') : refuse(request, reply, mailingId, outcome);
    }
    const moment = momentAsked(request, asked, group.first);
    if (moment === null) return notFound(request, reply);
    if (!moment.ok) return refuse(request, reply, mailingId, moment);
    const anyHour = fieldOf(request.body, 'anyHour') === 'yes';
    const move = { eventId: event.id, mailingIds, at: moment.at, anyHour };
    const outcome = await moveMailingTo(deps, move, actorOf(request));
    return outcome.ok ? back('stepMoved') : refuse(request, reply, mailingId, { ...outcome, at: moment.at });
  });

  app.post('/mailings', async (request, reply) => {
    const { deskEvent: event } = request;
    const step = offeredSteps(event, await findDeskMailings(deps.db, event.id), deps.clock()).find(
      ({ key }) => key === fieldOf(request.body, 'step'),
    );
    const chosen = fieldOf(request.body, 'moment');
    const moment = offeredMoments[chosen];
    if (!step || !(moment || chosen === 'other'))
      return page(request, reply.code(400), { reason: 'choose', mailingId: null });
    const anyHour = fieldOf(request.body, 'anyHour') === 'yes';
    const at = moment ? null : momentAsked(request, 'move', null);
    if (at && !at.ok) return refuse(request, reply, null, at);
    const rule = {
      ...step.rule,
      offset: 'PT0S',
      ...(moment && { offset: moment.offset, localTime: moment.localTime ?? null }),
    };
    const outcome = await addStep(
      deps,
      { eventId: event.id, rule, anyHour, ...(at?.ok && { at: at.at }) },
      actorOf(request),
    );
    if (outcome.ok) {
      return reply.redirect(`/desk/events/${event.id}/mailings?done=stepAdded#m-${outcome.mailingId}`, 303);
    }
    return refuse(request, reply, null, { ...outcome, ...(at?.ok && { at: at.at }) });
  });

  type Asked = { ok: true; at: Date } | { ok: false; reason: string };

  /** The moment that she asks for; null for no way to ask. */
  function momentAsked(request: FastifyRequest, asked: string, mailing: DeskMailing | null): Asked | null {
    const { deskEvent: event, deskChapter: chapter } = request;
    if ((asked === 'hour' || asked === 'morning') && mailing) {
      const quiet = { from: chapter.quietFrom, until: chapter.quietUntil };
      const at = quickMoves(mailing, event, quiet, deps.clock())[asked];
      return at ? { ok: true, at } : { ok: false, reason: 'already_left' };
    }
    if (asked !== 'move') return null;
    // "Rather tomorrow at eight" stands in one field, beside the two that she filled in.
    const [date = '', time = ''] = (
      fieldOf(request.body, 'when') || `${fieldOf(request.body, 'date')}T${fieldOf(request.body, 'time')}`
    ).split('T');
    return parseLocalFields(date, time, event.timeZone);
  }

  function refuse(
    request: FastifyRequest,
    reply: FastifyReply,
    mailingId: string | null,
    outcome: { reason: string; morning?: Date; at?: Date },
  ) {
    const { reason, morning } = outcome;
    if (reason === 'not_found') return notFound(request, reply);
    return page(request, reply.code(['not_a_time', 'out_of_range'].includes(reason) ? 400 : 409), {
      reason,
      mailingId,
      date: fieldOf(request.body, 'date'),
      time: fieldOf(request.body, 'time'),
      step: fieldOf(request.body, 'step'),
      moment: fieldOf(request.body, 'moment'),
      ...(outcome.at && toLocalFields(outcome.at, request.deskEvent.timeZone)),
      ...(morning && { morning }),
    });
  }

  async function page(request: FastifyRequest, reply: FastifyReply, problem: Problem | null) {
    const { desk, deskEvent: event, deskChapter: chapter } = request;
    const now = deps.clock();
    const [mailings, dayHold, troubled, own] = await Promise.all([
      findDeskMailings(deps.db, event.id),
      findDayHold(deps.db, deps.config.mailDailyLimit, now),
      findTroubledDeliveries(deps.db, event.id, now, reachOf(request)),
      findOwnTexts(deps.db, { chapterId: event.chapterId, eventId: event.id }),
    ]);
    const quiet = { from: chapter.quietFrom, until: chapter.quietUntil };
    const ownTexts = new Set(own.map(({ kind }) => kind));
    const planned = mailings.filter(({ audience }) => audience !== null);
    const steps = [];
    for (const group of groupSteps(planned)) {
      const reach = isOpenStep(group.first) ? await countReach(event, group.all) : null;
      steps.push(stepView(group, { reach, ownTexts, quiet, dayHold }, event, desk, now));
    }
    const isDraft = event.state === 'draft';
    const entries = isDraft
      ? await draftSteps(event, desk, now, quiet)
      : [...marks(event, desk, now), ...steps];
    entries.sort((a, b) => a.at.getTime() - b.at.getTime());
    const mayAdd = event.state === 'published' || event.state === 'ended';
    return deskPage(
      request,
      reply,
      'mailings',
      { title: desk.t('desk.mailings.title'), chapter, sheets: ['line.css'] },
      {
        event: eventHead(event, desk, now),
        problem: problem && problemView(problem, event, desk, now),
        isDraft,
        entries: entries.map((entry) => ({ ...entry, isPast: entry.at < now })),
        offered: mayAdd
          ? offeredSteps(event, planned, now).map(({ key, rule }) => ({
              key,
              label: desk.t(`line.add.${key}`),
              after: rule.anchor === 'end',
            }))
          : [],
        moments: Object.entries(offeredMoments)
          .filter(([, moment]) => moment.after || event.startsAt > now)
          .map(([key]) => ({ key, label: desk.t(`line.moment.${key}`) })),
        personal: mailings
          .filter(({ audience, kind }) => audience === null && kind !== 'digest')
          .map((mailing) => ({
            kind: desk.t(`desk.kinds.${mailing.kind}`),
            outcome: outcomeInWords(mailing, desk.t),
          })),
        troubled: troubled.map((delivery) => troubleView(delivery, event, desk, now)),
      },
    );
  }

  async function countReach(event: DeskEvent, all: readonly DeskMailing[]): Promise<number> {
    let reach = 0;
    for (const { audience, kind } of all)
      reach += await countAudience(deps.db, event.id, audience ?? '', kind);
    return reach;
  }

  /** What would leave if she published now. */
  async function draftSteps(event: DeskEvent, desk: Desk, now: Date, quiet: { from: string; until: string }) {
    const rules = await findTimeline(deps.db, event);
    return rules
      .filter((rule) => applies(rule, event.format))
      .map((rule) => ({ rule, at: dueAt(rule, timedOf(event, now), quiet) }))
      .map(({ rule, at }) => {
        const template = rule.template ?? rule.kind;
        return {
          type: 'draft' as const,
          at,
          kind: desk.t(`desk.kind.${rule.kind}`),
          when:
            rule.anchor === 'publish'
              ? desk.t('line.onPublication')
              : exactMoment(at, event.timeZone, desk, now),
          relative: rule.anchor === 'publish' ? null : distanceInWords(rule.anchor, at, event, now, desk.t),
          audience: desk.t(`desk.audience.${rule.audience}`),
          texts:
            isMailTemplate(template) && isOfEvent(template)
              ? [
                  {
                    href: `/desk/events/${event.id}/texts/${template}`,
                    label: desk.t('line.text'),
                    isOwn: false,
                  },
                ]
              : [],
        };
      });
  }
}

/** What the line is measured by. */
function marks(event: DeskEvent, desk: Desk, now: Date) {
  const { t } = desk;
  const mark = (key: 'publish' | 'now' | 'start' | 'end', at: Date) => ({
    type: 'mark' as const,
    key,
    at,
    label: t(`line.mark.${key}`),
    when: exactMoment(at, event.timeZone, desk, now),
  });
  return [
    ...(event.publishedAt ? [mark('publish', event.publishedAt)] : []),
    mark('now', now),
    mark('start', event.startsAt),
    mark('end', event.endsAt),
  ];
}

function problemView(problem: Problem, event: DeskEvent, desk: Desk, now: Date) {
  const { t } = desk;
  const { reason, mailingId, date = '', time = '', morning } = problem;
  return {
    reason,
    mailingId,
    date,
    time,
    step: problem.step ?? '',
    moment: problem.moment ?? '',
    text: t(`line.refused.${reason}`, { time }),
    morning: morning && {
      ...toLocalFields(morning, event.timeZone),
      words: nearMoment(morning, event.timeZone, desk, now),
    },
  };
}
