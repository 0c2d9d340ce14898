import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { fieldOf, fieldsOf } from '../desk/page.ts';
import { refuseLink } from '../rsvps/link.ts';
import { failurePage } from '../web/failure-page.ts';
import { isForeign } from '../web/origin.ts';
import { contactChoices } from './contact-choices.ts';
import { type OpenedIntroduction, openIntroduction } from './link.ts';
import { outcomes, readContacts } from './rules.ts';
import { answerIntroduction, changeContacts, sayWhatCame } from './service.ts';
import { introductionView } from './views.ts';
import { findContacts } from './wish-queries.ts';

type ByToken = { Params: { token: string } };

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose `/i/` link this is, and to which introduction; set for every route below `/i/:token`. */
    introduced: OpenedIntroduction;
  }
}

/** `/i/{token}`: one of two who are introduced says yes or no, sees the other, and tells what came of it. Only a POST changes anything. */
export async function introductionRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.decorateRequest('introduced');
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
    const opened = await openIntroduction(deps, request.params.token);
    if (!opened) return refuseLink(request, reply, 404);
    request.introduced = opened;
  });

  const config = {
    rateLimit: {
      max: 20,
      timeWindow: '1 hour',
      keyGenerator: (request: FastifyRequest) => `i|${(request.params as { token: string }).token}`,
    },
  };

  app.get<ByToken>('/i/:token', (request, reply) => showPage(request, reply, null));

  app.post<ByToken>('/i/:token', { config }, async (request, reply) => {
    const yes = fieldOf(request.body, 'answer') === 'yes';
    if (!yes && fieldOf(request.body, 'answer') !== 'no') return showPage(request, reply.code(400), null);
    const contacts = await givenContacts(request);
    if (yes && contacts.length === 0) return showPage(request, reply.code(400), 'noContact');
    const outcome = await answerIntroduction(deps, { ...ofRequest(request), yes, contacts });
    if (!outcome.ok) {
      request.introduced = (await openIntroduction(deps, request.params.token)) ?? request.introduced;
      return showPage(request, reply.code(409), 'over');
    }
    return back(request, reply);
  });

  app.post<ByToken>('/i/:token/contacts', { config }, async (request, reply) => {
    await changeContacts(deps, { ...ofRequest(request), contacts: await givenContacts(request) });
    return back(request, reply);
  });

  app.post<ByToken>('/i/:token/later', { config }, async (request, reply) => {
    const metAgain = (['yes', 'no'] as const).find((one) => one === fieldOf(request.body, 'metAgain'));
    const outcome = outcomes.find((one) => one === fieldOf(request.body, 'outcome'));
    if (!metAgain && !outcome) return showPage(request, reply.code(400), null);
    await sayWhatCame(deps, ofRequest(request), {
      ...(metAgain && { metAgain }),
      ...(outcome && { outcome }),
    });
    return back(request, reply);
  });

  const ofRequest = ({ introduced }: FastifyRequest) => ({
    introductionId: introduced.introduction.id,
    personId: introduced.owner.person.id,
  });

  const back = (request: FastifyRequest, reply: FastifyReply) =>
    reply.redirect(`/i/${(request.params as ByToken['Params']).token}?done=saved`, 303);

  /** Those that she chose and has. */
  async function givenContacts(request: FastifyRequest) {
    const { has } = await findContacts(deps.db, request.introduced.owner.person.id);
    return readContacts(fieldsOf(request.body, 'contact')).filter((kind) => has[kind]);
  }

  async function showPage(
    request: FastifyRequest,
    reply: FastifyReply,
    problem: 'noContact' | 'over' | null,
  ): Promise<FastifyReply> {
    const { owner, introduction } = request.introduced;
    const { locale, form, t, person, network } = owner;
    const contacts = await findContacts(deps.db, person.id);
    const usual = introduction.agreedAt || introduction.mailedAt ? introduction.contacts : contacts.usual;
    const chosen =
      request.method === 'POST' && problem ? readContacts(fieldsOf(request.body, 'contact')) : usual;
    const view = introductionView(introduction, { t, locale, now: deps.clock() });
    const frame = {
      locale,
      form,
      title: t('meet.page.pageTitle'),
      brand: { name: introduction.chapterName, href: `/c/${introduction.slug}` },
      network: network.name,
    };
    return reply.page('introduction', frame, {
      ...view,
      whose: person.firstName,
      own: contactChoices(contacts, chosen, t),
      problem: problem && t(`meet.page.problem.${problem}`),
      saved: (request.query as { done?: string }).done === 'saved',
      action: `/i/${(request.params as ByToken['Params']).token}`,
    });
  }
}
