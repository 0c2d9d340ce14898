import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { fieldOf } from '../desk/page.ts';
import { sendOwnPageLink } from '../own-page/own-link.ts';
import { openInvitation, refuseLink, speakerOf } from '../rsvps/link.ts';
import type { InvitationRow } from '../rsvps/page-queries.ts';
import { dayInWords } from '../web/dates.ts';
import { failurePage } from '../web/failure-page.ts';
import { isForeign } from '../web/origin.ts';
import { sayYesToNext } from './next-section.ts';
import { noteThatTold } from './queries.ts';
import type { AfterContext, Problem } from './section.ts';
import { sections } from './sections.ts';
import { afterHead } from './views.ts';

type ByToken = { Params: { token: string } };

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose `/f/` link this is, for which event; set for every route below `/f/:token`. */
    after: InvitationRow;
  }
}

const linkLastsMs = 60 * 86_400_000;

/** `/f/{token}`, after an event: what she says of it, and whom she would like to meet again. Only a POST changes anything. */
export async function feedbackRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.decorateRequest('after');
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-robots-tag': 'noindex',
    });
  });
  app.addHook<ByToken>('preHandler', async (request, reply) => {
    if (request.method === 'POST' && isForeign(request, deps.links.publicUrl))
      return failurePage(request, reply, 403, { reason: 'foreign' });
    const link = await openInvitation(deps, request.params.token, {
      isMac: deps.links.isFeedbackMac,
      lastsMs: linkLastsMs,
    });
    if (!link.ok) return refuseLink(request, reply, link.status);
    request.after = link.row;
  });

  const perLink = {
    rateLimit: {
      max: 20,
      timeWindow: '1 hour',
      keyGenerator: (request: FastifyRequest) => `f|${(request.params as { token: string }).token}`,
    },
  };

  app.get<ByToken>('/f/:token', (request, reply) => showPage(request, reply, { problems: [], typed: null }));

  app.post<ByToken>('/f/:token', { config: perLink }, async (request, reply) => {
    const refused = await keep(request, reply);
    return refused ?? reply.redirect(`/f/${request.params.token}?done=saved`, 303);
  });

  /** The same, and yes to the next date. What becomes of it stands on the page: a seat, or a place in the line. */
  app.post<ByToken>('/f/:token/next', { config: perLink }, async (request, reply) => {
    const refused = await keep(request, reply);
    if (refused) return refused;
    const context = contextOf(request);
    const reason = await sayYesToNext(context, request.body);
    if (reason) {
      const message = context.t(`rsvp.refused.${reason}`, { max: 0 });
      return showPage(request, reply.code(409), { problems: [{ field: 'next', message }], typed: null });
    }
    return reply.redirect(`/f/${request.params.token}?done=saved#next`, 303);
  });

  /** The link to her own page goes to her mailbox alone: this page may have been passed on. */
  app.post<ByToken>('/f/:token/own-page', { config: perLink }, async (request, reply) => {
    await sendOwnPageLink(deps, request.after.personId);
    return reply.redirect(`/f/${request.params.token}?done=mailed`, 303);
  });

  /** Keeps what every part of the form said, or nothing of it; then the page says what is wrong. */
  async function keep(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | null> {
    const context = contextOf(request);
    if (!isOpen(context)) return showPage(request, reply.code(409), { problems: [], typed: null });
    const problems: Problem[] = [];
    for (const section of sections) problems.push(...((await section.check?.(context, request.body)) ?? []));
    if (problems.length > 0) return showPage(request, reply.code(400), { problems, typed: request.body });
    await deps.db.transaction().execute(async (trx) => {
      for (const section of sections) await section.save?.(trx, context, request.body);
      await noteThatTold(trx, context.row.invitationId, context.now);
    });
    return null;
  }

  function contextOf(request: FastifyRequest): AfterContext {
    const { locale, t } = speakerOf(request.after);
    const { token } = request.params as ByToken['Params'];
    return { deps, row: request.after, token, now: deps.clock(), locale, t };
  }

  async function showPage(
    request: FastifyRequest,
    reply: FastifyReply,
    said: { problems: readonly Problem[]; typed: unknown },
  ): Promise<FastifyReply> {
    const context = contextOf(request);
    const { row, t, locale, now } = context;
    const parts: { name: string; sends: boolean; view: object }[] = [];
    if (isOpen(context)) {
      for (const { name, view, sends = false } of sections) {
        const shown = await view(context, said.typed);
        if (shown) parts.push({ name, sends, view: shown });
      }
    }
    const frame = {
      locale,
      form: speakerOf(row).form,
      title: t('after.pageTitle', {
        title: row.title,
        day: dayInWords(row.startsAt, row.timeZone, locale, now),
      }),
      accent: row.accentColour,
      brand: { name: row.chapterName, href: `/c/${row.slug}` },
      network: row.networkName,
    };
    return reply.page('after', frame, {
      ...afterHead(context),
      isOpen: isOpen(context),
      parts,
      saves: parts.some(({ sends }) => !sends),
      problems: said.problems,
      saved: fieldOf(request.query, 'done') === 'saved',
      mailed: fieldOf(request.query, 'done') === 'mailed',
      action: `/f/${context.token}`,
    });
  }
}

/** From the start on there is something to say: the room's own code is shown before the goodbyes. */
function isOpen({ row, now }: AfterContext): boolean {
  return row.state !== 'cancelled' && row.startsAt <= now;
}
