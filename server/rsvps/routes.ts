import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { eventCalendar } from '../calendar/ics.ts';
import { alarmMinutes } from '../calendar/rules.ts';
import type { Deps } from '../deps.ts';
import { isId } from '../desk/page.ts';
import { findCompanionPhoto } from '../encounters/queries.ts';
import { placeOf } from '../events/views.ts';
import { sendOwnPageLink } from '../own-page/own-link.ts';
import { sendPhoto } from '../photos/sending.ts';
import { endStandingYes, giveStandingYes } from '../series/standing.ts';
import { dayInWords } from '../web/dates.ts';
import { failurePage } from '../web/failure-page.ts';
import type { Translate } from '../web/i18n.ts';
import { nobody } from '../web/links.ts';
import { isForeign } from '../web/origin.ts';
import type { Rejected } from './answer-form.ts';
import { openInvitation, refuseLink, speakerOf } from './link.ts';
import { type ProfileProblem, profilePanel, saveProfileAtAnswer } from './own-profile.ts';
import { answerQuestions, askPanel } from './own-questions.ts';
import { completeRow, type InvitationRow } from './page-queries.ts';
import { type Answer, type EventTerms, type Mode, modes, type Refusal } from './rules.ts';
import { type AnswerFields, type FieldProblem, last, limits, readAnswer } from './schema.ts';
import { answerByLink, answerInvitation } from './service.ts';
import { leftInWords } from './switching.ts';
import { rsvpView } from './views.ts';

type ByToken = { Params: { token: string } };

const linkLastsMs = 7 * 86_400_000;

/** The page behind a member's own link: she reads, and answers with one tap. Only a POST changes anything. */
export async function rsvpRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  const openLink = (token: string) =>
    openInvitation(deps, token, { isMac: deps.links.isRsvpMac, lastsMs: linkLastsMs });

  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-robots-tag': 'noindex',
    });
  });

  app.get<ByToken & { Querystring: { a?: unknown; mode?: unknown; standing?: unknown; done?: unknown } }>(
    '/r/:token',
    async (request, reply) => {
      const link = await openLink(request.params.token);
      if (!link.ok) return refuseLink(request, reply, link.status);
      return showPage(reply, link.row, request.params.token, {
        answer: answerFrom(request.query.a),
        mode: modes.find((mode) => mode === request.query.mode) ?? null,
        standing: request.query.standing === 'no' ? 'no' : null,
        done: request.query.done,
      });
    },
  );

  app.get<ByToken>('/r/:token/calendar.ics', async (request, reply) => {
    const link = await openLink(request.params.token);
    if (!link.ok) return refuseLink(request, reply, link.status);
    return reply
      .type('text/calendar; charset=utf-8')
      .header('content-disposition', 'inline; filename="ritrovo.ics"')
      .send(calendarFor(deps, link.row, request.params.token));
  });

  /** Where the page itself would show it, and to nobody else. */
  app.get<ByToken & { Params: { personId: string } }>(
    '/r/:token/photos/:personId',
    async (request, reply) => {
      const { token, personId } = request.params;
      const link = await openLink(token);
      if (!link.ok) return refuseLink(request, reply, link.status);
      const { row } = link;
      const isAhead = row.state === 'published' && deps.clock() < row.endsAt;
      const photo =
        isAhead && isId(personId)
          ? await findCompanionPhoto(deps.db, { eventId: row.id, readerId: row.personId, personId })
          : null;
      return photo ? sendPhoto(reply, photo) : failurePage(request, reply, 404);
    },
  );

  const perLink = {
    rateLimit: {
      max: 20,
      timeWindow: '1 hour',
      keyGenerator: (request: FastifyRequest) => `r|${(request.params as { token: string }).token}`,
    },
  };
  app.post<ByToken>('/r/:token', { config: perLink }, async (request, reply) => {
    const { token } = request.params;
    if (isForeign(request, deps.links.publicUrl))
      return failurePage(request, reply, 403, { reason: 'foreign' });
    const { fields, problems } = readAnswer(request.body);
    const refused = async (status: 400 | 409, why: (row: InvitationRow, t: Translate) => Rejected) => {
      // Read only now: what made the answer impossible may have changed the page.
      const page = await openLink(token);
      if (!page.ok) return refuseLink(request, reply, page.status);
      const rejected = why(page.row, speakerOf(page.row).t);
      return showPage(reply.code(status), page.row, token, { rejected });
    };
    if (problems.length > 0 || fields.answer === null) {
      return refused(400, (row, t) => rejectedFields(fields, problems, row, t));
    }
    const answer = {
      ...fields,
      answer: fields.answer,
      guests: fields.guests?.map((name) => ({ name })),
      source: 'link' as const,
    };
    let outcome = await answerByLink(deps, token, answer);
    if (!outcome.ok && outcome.reason === 'not_invited') {
      const link = await openLink(token);
      if (!link.ok) return refuseLink(request, reply, link.status);
      const { id: eventId, personId } = link.row;
      outcome = await answerInvitation(deps, { ...answer, eventId, personId });
    }
    if (outcome.ok) return reply.redirect(`/r/${token}`, 303);
    const { reason } = outcome;
    if (reason === 'not_invited') return refuseLink(request, reply, 404);
    return refused(isAboutField(reason) ? 400 : 409, (row, t) => rejectedByRule(fields, reason, row, t));
  });

  /** Her yes to every date of a series, given or ended. This date's answer stays what it is. */
  app.post<ByToken>('/r/:token/standing', { config: perLink }, async (request, reply) => {
    const { token } = request.params;
    if (isForeign(request, deps.links.publicUrl))
      return failurePage(request, reply, 403, { reason: 'foreign' });
    const link = await openLink(token);
    if (!link.ok) return refuseLink(request, reply, link.status);
    const { seriesId, personId, mode } = link.row;
    const standing = last(request.body, 'standing');
    const of = { seriesId: seriesId ?? nobody, personId, actor: { kind: 'person', id: personId } as const };
    if (standing === 'no') await endStandingYes(deps, of);
    if (standing === 'yes') {
      await giveStandingYes(deps, { ...of, mode: mode as Mode | null, source: 'link' });
    }
    return reply.redirect(`/r/${token}#standing`, 303);
  });

  /** What she says to the coordinator's questions, after her answer and apart from it. */
  app.post<ByToken>('/r/:token/questions', { config: perLink }, async (request, reply) => {
    const { token } = request.params;
    if (isForeign(request, deps.links.publicUrl))
      return failurePage(request, reply, 403, { reason: 'foreign' });
    const link = await openLink(token);
    if (!link.ok) return refuseLink(request, reply, link.status);
    await answerQuestions(deps, { eventId: link.row.id, personId: link.row.personId }, request.body);
    return reply.redirect(`/r/${token}#questions`, 303);
  });

  /** What she tells of herself to those who come as well. */
  app.post<ByToken>('/r/:token/profile', { config: perLink }, async (request, reply) => {
    const { token } = request.params;
    if (isForeign(request, deps.links.publicUrl))
      return failurePage(request, reply, 403, { reason: 'foreign' });
    const link = await openLink(token);
    if (!link.ok) return refuseLink(request, reply, link.status);
    const problems = await saveProfileAtAnswer(deps, link.row, request.body, speakerOf(link.row).t);
    if (problems.length === 0) return reply.redirect(`/r/${token}?done=told#profile`, 303);
    return showPage(reply.code(400), link.row, token, { refused: { problems, typed: request.body } });
  });

  /** The link to her own page goes to her mailbox alone: this page may have been passed on. */
  app.post<ByToken>('/r/:token/own-page', { config: perLink }, async (request, reply) => {
    const { token } = request.params;
    if (isForeign(request, deps.links.publicUrl))
      return failurePage(request, reply, 403, { reason: 'foreign' });
    const link = await openLink(token);
    if (!link.ok) return refuseLink(request, reply, link.status);
    await sendOwnPageLink(deps, link.row.personId);
    return reply.redirect(`/r/${token}?done=mailed`, 303);
  });

  async function showPage(
    reply: FastifyReply,
    row: InvitationRow,
    token: string,
    {
      refused = null,
      done,
      ...asked
    }: {
      answer?: Answer | null;
      mode?: Mode | null;
      standing?: 'no' | null;
      rejected?: Rejected;
      refused?: { problems: readonly ProfileProblem[]; typed: unknown } | null;
      done?: unknown;
    },
  ): Promise<FastifyReply> {
    const now = deps.clock();
    const { locale, form, t } = speakerOf(row);
    const view = rsvpView(
      await completeRow(deps.db, row, now),
      { locale, t, now },
      { answer: null, ...asked, token, pageUrl: deps.links.url(`/e/${row.id}`) },
      () =>
        deps.links.doorCodes({
          eventId: row.id,
          personId: row.personId,
          linkEpoch: row.linkEpoch,
        })[0] as string,
    );
    const frame = {
      locale,
      form,
      title: t('rsvp.pageTitle', {
        title: row.title,
        day: dayInWords(row.startsAt, row.timeZone, locale, now),
      }),
      accent: row.accentColour,
      brand: { name: row.chapterName, href: `/c/${row.slug}` },
      network: row.networkName,
    };
    // One question at a time.
    const isBusy = asked.rejected !== undefined || Boolean(asked.answer);
    const saying = { t, now, token };
    const problem = refused ? t('own.lookBelow') : view.problem;
    return reply.page('rsvp', frame, {
      ...view,
      problem,
      ask: isBusy ? null : await askPanel(deps.db, row, saying),
      profile: isBusy ? null : await profilePanel(deps.db, row, saying, refused),
      told: done === 'told',
      mailed: done === 'mailed',
    });
  }
}

function answerFrom(value: unknown): Answer | null {
  return value === 'yes' || value === 'maybe' || value === 'no' ? value : null;
}

function rejectedFields(
  fields: AnswerFields,
  problems: readonly FieldProblem[],
  row: InvitationRow,
  t: Translate,
): Rejected {
  const errors: Rejected['errors'] = {};
  let problem = t('rsvp.refused.lookBelow');
  // Looked at here too, so that all that is wrong is said at once.
  const allowed = Math.max(row.guestsAllowed, row.guests ?? 0);
  const isOver = fields.answer !== 'no' && (fields.guests?.length ?? 0) > allowed;
  const overLimit: FieldProblem[] = isOver ? [{ field: 'guestName', reason: 'over_limit' }] : [];
  for (const { field, reason } of [...problems, ...overLimit]) {
    if (field === 'answer') problem = t('rsvp.refused.answer');
    else if (field === 'mode') problem = errors.mode = t('rsvp.refused.mode_not_offered');
    else if (field === 'note') errors.note = t('rsvp.refused.note_too_long', { max: limits.note });
    else if (field === 'guests') errors.guestName = t('rsvp.refused.guests', { max: limits.guests });
    else if (reason === 'over_limit')
      errors.guestName = t('rsvp.refused.too_many_guests', { max: row.guestsAllowed });
    else errors.guestName = t(`rsvp.refused.guestName_${reason}`, { max: limits.guestName });
  }
  return { problem, fields, errors };
}

function isAboutField(reason: Refusal): boolean {
  return reason === 'too_many_guests' || reason === 'mode_not_offered' || reason === 'maybe_not_allowed';
}

function rejectedByRule(fields: AnswerFields, reason: Refusal, row: InvitationRow, t: Translate): Rejected {
  const words = t(`rsvp.refused.${reason}`, { max: row.guestsAllowed });
  if (reason === 'too_many_guests') {
    return { problem: t('rsvp.refused.lookBelow'), fields, errors: { guestName: words } };
  }
  if (reason === 'mode_not_offered') {
    return { problem: words, fields, errors: { mode: words } };
  }
  if (reason === 'no_seats' && row.mode !== null) {
    const rsvp = { mode: row.mode as Mode, guests: row.guests ?? 0 };
    const asked = { mode: fields.mode, guests: fields.guests?.length };
    const left = leftInWords({ event: row as unknown as EventTerms, taken: row.taken, rsvp }, asked, t);
    return { problem: [words, left].filter(Boolean).join(' '), fields, errors: {} };
  }
  return { problem: words, fields, errors: {} };
}

/** Her own calendar entry, with the join link only where she is confirmed online. */
function calendarFor(deps: Deps, row: InvitationRow, token: string): string {
  const online = row.mode === 'online';
  const { locale, t } = speakerOf(row);
  const joinUrl = online && row.rsvpState === 'going' ? row.joinUrl : null;
  const waits = row.rsvpState === 'waitlisted' || row.rsvpState === 'offered';
  return eventCalendar({
    uid: row.calendarUid,
    sequence: row.sequence,
    dtstamp: deps.clock(),
    event: {
      title: row.title,
      description: waits ? t(`feed.${row.rsvpState}`) : joinUrl,
      conference: joinUrl,
      location: online ? joinUrl : placeOf(row),
      startsAt: row.startsAt,
      endsAt: row.endsAt,
      timeZone: row.timeZone,
    },
    organizer: null,
    url: deps.links.url(`/r/${token}`),
    cancelled: row.state === 'cancelled',
    tentative: row.rsvpState !== 'going',
    alarm: row.rsvpState === 'going' ? alarmMinutes[online ? 'online' : 'room'] : null,
    locale,
  });
}
