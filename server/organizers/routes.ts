import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { inEqualTime } from '../web/equal-time.ts';
import { type Locale, pickLocale, translator } from '../web/i18n.ts';
import { isForeign } from '../web/origin.ts';
import { deviceInWords } from './devices.ts';
import {
  askedCookie,
  clearAskedCookie,
  localTarget,
  nextCookie,
  setAskedCookie,
  setSessionCookie,
} from './guard.ts';
import { findSignInLink, requestSignIn, signIn, signInByCode } from './sign-in.ts';

const byIp = { rateLimit: { max: 60, timeWindow: '10 minutes' } };

/** Signing in: ask for a mail, then open its link and press the button, or type its code on the page that waits. */
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
      // The code will do in this browser alone.
      const browser = randomBytes(32).toString('base64url');
      // Nobody learns from the time taken who coordinates a group.
      await inEqualTime(requestSignIn(deps, email, browser));
      setAskedCookie(reply, deps, browser);
      return page(request, reply, 'sign-in-sent', { email, problem: false, sheets: ['entry.css'] });
    },
  );

  /** The code, typed on the page that said "look at your mail"; it is on that page only. */
  app.post<{ Body: { code?: unknown; email?: unknown } | undefined }>(
    '/sign-in/code',
    { config: byIp },
    async (request, reply) => {
      const text = (value: unknown) => (typeof value === 'string' ? value : '');
      const code = text(request.body?.code).replace(/\s/g, '').slice(0, 20);
      const browser = request.cookies[askedCookie] ?? '';
      const foreign = isForeign(request, deps.links.publicUrl);
      // As with the address: neither the answer nor its time says whether there was anything to match.
      const outcome = await inEqualTime(
        foreign
          ? ({ ok: false } as const)
          : signInByCode(deps, { code, browser }, deviceInWords(request.headers['user-agent'])),
      );
      if (!outcome.ok) {
        const email = text(request.body?.email).trim().slice(0, 320);
        return page(request, reply.code(400), 'sign-in-sent', {
          email,
          problem: true,
          sheets: ['entry.css'],
        });
      }
      return enter(request, reply, outcome.secret);
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
    const device = deviceInWords(request.headers['user-agent']);
    const outcome = await signIn(deps, request.params.token, device);
    if (!outcome.ok) return refuse(request, reply, outcome.reason);
    return enter(request, reply, outcome.secret);
  });

  function enter(request: FastifyRequest, reply: FastifyReply, secret: string) {
    const target = localTarget(request.cookies[nextCookie]);
    setSessionCookie(reply, deps, secret);
    reply.clearCookie(nextCookie, { path: '/sign-in' });
    clearAskedCookie(reply, deps);
    return reply.header('cache-control', 'no-store').redirect(target, 303);
  }

  function refuse(request: FastifyRequest, reply: FastifyReply, reason: 'wrong' | 'over') {
    return page(request, reply.code(reason === 'over' ? 410 : 404), 'sign-in-again', { reason });
  }
}
