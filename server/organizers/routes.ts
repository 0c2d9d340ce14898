import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { type Locale, pickLocale, translator } from '../web/i18n.ts';
import { isForeign } from '../web/origin.ts';
import { localTarget, nextCookie, setSessionCookie } from './guard.ts';
import { findSignInLink, requestSignIn, signIn } from './sign-in.ts';

/** How long the answer takes, whether or not the address is known. */
const answerTakesMs = 300;

const byIp = { rateLimit: { max: 60, timeWindow: '10 minutes' } };

/** Signing in: ask for a link by mail, open it, press its button. */
export async function signInRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  const { db } = deps;

  async function page(
    request: FastifyRequest,
    reply: FastifyReply,
    view: string,
    data: object = {},
    own?: string | null,
  ) {
    const network = await db.selectFrom('networks').select(['name', 'locale']).executeTakeFirst();
    const locale = pickLocale(own, request.headers['accept-language'], (network?.locale ?? 'it') as Locale);
    const name = network?.name ?? 'Ritrovo';
    const t = translator(locale, 'feminine');
    reply.header('cache-control', 'no-store');
    const frame = { locale, form: 'feminine', title: t('desk.signIn.pageTitle', { network: name }) } as const;
    return reply.page(`desk/${view}`, { ...frame, brand: { name, href: '/' }, network: name }, data);
  }

  app.get('/sign-in', (request, reply) => page(request, reply, 'sign-in', { email: '', problem: false }));

  app.post<{ Body: { email?: unknown } | undefined }>(
    '/sign-in',
    { config: byIp },
    async (request, reply) => {
      const email = typeof request.body?.email === 'string' ? request.body.email.trim().slice(0, 320) : '';
      if (!/^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u.test(email) || isForeign(request, deps.links.publicUrl)) {
        return page(request, reply.code(400), 'sign-in', { email, problem: true });
      }
      // Nobody learns from the time taken who coordinates a group.
      await Promise.all([requestSignIn(deps, email), delay(answerTakesMs)]);
      return page(request, reply, 'sign-in-sent', { email });
    },
  );

  app.get<{ Params: { token: string } }>('/sign-in/:token', { config: byIp }, async (request, reply) => {
    const link = await findSignInLink(deps, request.params.token);
    if (!link.ok) return refuse(request, reply, link.reason);
    return page(
      request,
      reply,
      'sign-in-button',
      { token: request.params.token, name: link.firstName },
      link.locale,
    );
  });

  app.post<{ Params: { token: string } }>('/sign-in/:token', { config: byIp }, async (request, reply) => {
    if (isForeign(request, deps.links.publicUrl)) return refuse(request, reply, 'wrong');
    const outcome = await signIn(deps, request.params.token);
    if (!outcome.ok) return refuse(request, reply, outcome.reason);
    const target = localTarget(request.cookies[nextCookie]);
    setSessionCookie(reply, deps, outcome.secret);
    reply.clearCookie(nextCookie, { path: '/sign-in' });
    return reply.header('cache-control', 'no-store').redirect(target, 303);
  });

  function refuse(request: FastifyRequest, reply: FastifyReply, reason: 'wrong' | 'over') {
    return page(request, reply.code(reason === 'over' ? 410 : 404), 'sign-in-again', { reason });
  }
}
