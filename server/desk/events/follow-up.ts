import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import { parseLocalFields, toLocalFields } from '../../events/local-time.ts';
import {
  confirmFollowUp,
  holdThanks,
  moveThanks,
  releaseThanks,
  type ThanksOutcome,
} from '../../followups/service.ts';
import { previewMailing } from '../../texts/preview-mailing.ts';
import { framed } from '../framed.ts';
import { type Done, deskPage, fieldOf } from '../page.ts';
import { findDeskMailings } from '../queries.ts';
import { notFound, reachOf, scopedTo } from '../scope.ts';
import { eventHead, nearMoment } from '../views.ts';
import { type AddedProblem, addedView } from './follow-up-added-view.ts';
import { findReach, momentChoices, openModes, planView, thanksOf } from './follow-up-view.ts';

/** What could not be done, where on the page, and what was typed there. */
export type Problem = MomentProblem | AddedProblem;
type MomentProblem = {
  field: 'moment';
  reason: string;
  date?: string;
  time?: string;
  /** The morning after the quiet hours, to choose instead. */
  morning?: Date;
};

/** "Dopo l'incontro": what leaves to whom and when, on one screen, and one button that says yes to it. */
export async function followUpRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/follow-up', (request, reply) => showFollowUp(deps, request, reply, null));

  /** "Va bene così" */
  app.post('/follow-up', async (request, reply) => {
    if (!hasBegun(request, deps.clock())) return showFollowUp(deps, request, reply.code(409), null);
    const outcome = await confirmFollowUp(deps, scopedTo(request));
    return outcome.ok ? back(request, reply, 'followedUp') : refuse(request, reply, outcome);
  });

  app.post('/follow-up/moment', async (request, reply) => {
    const { deskEvent: event } = request;
    if (!hasBegun(request, deps.clock())) return showFollowUp(deps, request, reply.code(409), null);
    const act = fieldOf(request.body, 'act');
    if (act === 'hold') {
      const outcome = await holdThanks(deps, scopedTo(request));
      return outcome.ok ? back(request, reply, 'thanksHeld') : refuse(request, reply, outcome);
    }
    if (act === 'release') {
      const outcome = await releaseThanks(deps, scopedTo(request));
      return outcome.ok ? back(request, reply, 'thanksReleased') : refuse(request, reply, outcome);
    }
    const [date = '', time = ''] = (
      fieldOf(request.body, 'when') || `${fieldOf(request.body, 'date')}T${fieldOf(request.body, 'time')}`
    ).split('T');
    const asked = parseLocalFields(date, time, event.timeZone);
    if (!asked.ok) return refuse(request, reply, asked);
    const before = thanksOf(await findDeskMailings(deps.db, event.id)).filter(({ isOpen }) => isOpen);
    const outcome = await moveThanks(deps, scopedTo(request), asked.at);
    if (!outcome.ok) return refuse(request, reply, outcome);
    // Where all stood at one moment, one tap puts them back to it.
    const [one] = before;
    const fields = one && toLocalFields(one.first.dueAt, event.timeZone);
    const was = before.length === 1 && fields ? `&was=${fields.date}T${fields.time}` : '';
    return reply.redirect(`/desk/events/${event.id}/follow-up?done=thanksMoved${was}`, 303);
  });

  /** One of the mails, for the frame on the page: as one of those would get it to whom it goes. */
  app.get<{ Params: { mailingId: string } }>('/follow-up/:mailingId/mail', async (request, reply) => {
    const mailings = await findDeskMailings(deps.db, request.deskEvent.id);
    const mailing = mailings.find(({ id, audience }) => id === request.params.mailingId && audience !== null);
    if (!mailing) return notFound(request, reply);
    const [chapterId = null] = reachOf(request);
    const preview = await previewMailing(deps, mailing.id, { personId: null, chapterId });
    return preview.ok ? framed(reply, preview.mail.html) : notFound(request, reply);
  });

  function back(request: FastifyRequest, reply: FastifyReply, done: Done) {
    return reply.redirect(`/desk/events/${request.deskEvent.id}/follow-up?done=${done}`, 303);
  }

  function refuse(
    request: FastifyRequest,
    reply: FastifyReply,
    outcome: Exclude<ThanksOutcome, { ok: true }> | { reason: string; morning?: Date },
  ) {
    const { reason } = outcome;
    if (reason === 'not_found') return notFound(request, reply);
    return showFollowUp(deps, request, reply.code(reason === 'not_a_time' ? 400 : 409), {
      field: 'moment',
      reason,
      date: fieldOf(request.body, 'date'),
      time: fieldOf(request.body, 'time'),
      ...('morning' in outcome && outcome.morning && { morning: outcome.morning }),
    });
  }
}

/** From the start on there is something to follow up. */
function hasBegun({ deskEvent: event }: FastifyRequest, now: Date): boolean {
  return (event.state === 'published' || event.state === 'ended') && event.startsAt <= now;
}

/** Sends the page. `problem`: what could not be done there just now. */
export async function showFollowUp(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem | null,
): Promise<FastifyReply> {
  const { desk, deskEvent: event, deskChapter: chapter } = request;
  const { t } = desk;
  const now = deps.clock();
  const head = eventHead(event, desk, now);
  const frame = { title: t('followup.title'), chapter, sheets: ['follow-up.css'] };
  if (!hasBegun(request, now)) {
    const closed = event.state === 'cancelled' ? 'cancelled' : 'notYet';
    return deskPage(request, reply, 'follow-up', frame, { event: head, closed: t(`followup.${closed}`) });
  }
  const groups = thanksOf(await findDeskMailings(deps.db, event.id));
  const reach = await findReach(deps.db, event.id, groups);
  const quiet = { from: chapter.quietFrom, until: chapter.quietUntil };
  const plans = groups.map((group) => planView(group, reach, event, desk, now));
  return deskPage(request, reply, 'follow-up', frame, {
    event: head,
    closed: null,
    openModes: openModes(event, t),
    plans,
    isHeld: plans.some(({ state }) => state === 'held'),
    isOpen: plans.some(({ isOpen }) => isOpen),
    isConfirmed: event.followedUpAt !== null,
    choices: momentChoices(groups, event, quiet, desk, now),
    undo: undoOf(request, event.timeZone),
    added: await addedView(deps.db, head, {
      now,
      reach: reachOf(request),
      problem: problem && problem.field !== 'moment' ? problem : null,
      t,
    }),
    // There is no field of hers any more that it could stand beside.
    late: problem?.reason === 'line_left' ? t('followup.refused.line_left') : null,
    problem: problem?.field === 'moment' && {
      ...problem,
      text: t(`followup.refused.${problem.reason}`, {
        from: chapter.quietFrom.slice(0, 5),
        until: chapter.quietUntil.slice(0, 5),
      }),
      morning: problem.morning && {
        value: Object.values(toLocalFields(problem.morning, event.timeZone)).join('T'),
        words: nearMoment(problem.morning, event.timeZone, desk, now),
      },
    },
  });

  function undoOf({ query }: FastifyRequest, zone: string) {
    const { was } = query as { was?: unknown };
    const [date = '', time = ''] = typeof was === 'string' ? was.split('T') : [];
    const parsed = parseLocalFields(date, time, zone);
    if (!parsed.ok || parsed.at <= now) return null;
    return { value: `${date}T${time}`, words: nearMoment(parsed.at, zone, desk, now) };
  }
}
