import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { fieldOf } from '../desk/page.ts';
import { readAddress } from '../people/rules.ts';
import { ownPhotoRoutes } from '../photos/own-routes.ts';
import { refuseLink } from '../rsvps/link.ts';
import { inEqualTime } from '../web/equal-time.ts';
import { failurePage } from '../web/failure-page.ts';
import { type Locale, pickLocale, translator } from '../web/i18n.ts';
import { isForeign } from '../web/origin.ts';
import { ownCalendarRoutes } from './calendar-routes.ts';
import { ownDataRoutes } from './data-routes.ts';
import { requestOwnPageLink } from './own-link.ts';
import { type Owner, openOwnPage } from './owner.ts';
import { perOwnLink, showOwnPage } from './page.ts';
import { saveProfile } from './profile.ts';
import { problemsOf, profileSection, readProfile } from './profile-section.ts';

type ByToken = { Params: { token: string } };

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose `/me/` link this is; set for every route below `/me/:token`. */
    owner: Owner;
  }
}

/** `/me/{token}`: what she tells of herself, to whom, which mails she gets, and what we hold. Only a POST changes anything. */
export async function ownPageRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.decorateRequest('owner');
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-robots-tag': 'noindex',
    });
  });
  // Before anything of a form is read: a wrong link brings no file.
  app.addHook<ByToken>('preValidation', async (request, reply) => {
    if (request.method === 'POST' && isForeign(request, deps.links.publicUrl))
      return failurePage(request, reply, 403, { reason: 'foreign' });
    if (request.params.token === undefined) return;
    const owner = await openOwnPage(deps, request.params.token);
    if (!owner) return refuseLink(request, reply, 404);
    request.owner = owner;
  });

  app.get<ByToken>('/me/:token', (request, reply) => showOwnPage(deps, request, reply, null));

  app.post<ByToken>('/me/:token', { config: perOwnLink }, async (request, reply) => {
    const read = readProfile(request.body);
    const problems = problemsOf(read, request.owner.t);
    if (problems.length > 0) {
      const refused = { section: profileSection.name, problems, typed: request.body };
      return showOwnPage(deps, request, reply.code(400), refused);
    }
    await saveProfile(deps, request.owner.person.id, read.profile);
    return reply.redirect(`/me/${request.params.token}?done=saved`, 303);
  });

  await app.register(ownCalendarRoutes, { deps });
  await app.register(ownDataRoutes, { deps });
  await app.register(ownPhotoRoutes, { deps });

  /** For whoever has no link, or an old one: it comes by mail, to the address that we have. */
  app.get('/me', (request, reply) => askPage(request, reply, { asked: false, email: '', problem: false }));

  app.post('/me', { config: perAddress }, async (request, reply) => {
    const typed = fieldOf(request.body, 'email');
    const email = readAddress(typed);
    if (!email) return askPage(request, reply.code(400), { asked: false, email: typed, problem: true });
    // Nobody learns from the time taken who is known.
    await inEqualTime(requestOwnPageLink(deps, email));
    return askPage(request, reply, { asked: true, email: '', problem: false });
  });

  async function askPage(
    request: FastifyRequest,
    reply: FastifyReply,
    said: { asked: boolean; email: string; problem: boolean },
  ): Promise<FastifyReply> {
    const network = await deps.db.selectFrom('networks').select(['name', 'locale']).executeTakeFirst();
    const locale = pickLocale(null, request.headers['accept-language'], (network?.locale ?? 'it') as Locale);
    const t = translator(locale, 'neutral');
    const brand = { name: network?.name ?? 'Ritrovo', href: '/' };
    const frame = { locale, title: t('own.ask.title'), brand };
    return reply.page('own-asked', frame, { ...said, problem: said.problem ? t('own.ask.wrong') : null });
  }
}

/** Whoever asks for links asks for few. */
const perAddress = { rateLimit: { max: 20, timeWindow: '1 hour' } };
