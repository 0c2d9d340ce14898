import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { last } from '../rsvps/schema.ts';
import { failurePage } from '../web/failure-page.ts';
import { type Form, type Locale, pickLocale, translator } from '../web/i18n.ts';
import { isForeign } from '../web/origin.ts';
import { findSubscriber, hasOptedOut } from './queries.ts';
import { setOptedOut } from './service.ts';

type ByToken = { Params: { token: string } };

/**
 * `/u/{token}`: no more of one kind of mail from one chapter. A mail program's own button posts
 * `List-Unsubscribe=One-Click` (RFC 8058) and gets its 200 at once; a person reads a page first and can take it back.
 */
export async function unsubscribeRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-robots-tag': 'noindex',
    });
  });

  // RFC 8058 section 3.1 lets mail programs send the one field as a multipart form, too.
  app.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'string', bodyLimit: 16_384 },
    (_request, body, done) => {
      const isOneClick = /name="?List-Unsubscribe"?\r?\n(?:[^\r\n]+\r?\n)*\r?\nOne-Click\s/i.test(
        String(body),
      );
      done(null, isOneClick ? { 'List-Unsubscribe': 'One-Click' } : {});
    },
  );

  app.get<ByToken>('/u/:token', async (request, reply) => {
    const of = deps.links.readUnsubscribeToken(request.params.token);
    const row = of && (await findSubscriber(deps.db, of));
    if (!of || !row) return failurePage(request, reply, 404, { reason: 'link_wrong' });
    const locale = pickLocale(row.personLocale ?? row.chapterLocale, undefined, 'it') as Locale;
    const form = (row.personForm ?? row.networkForm) as Form;
    const t = translator(locale, form);
    const stopped = row.erasedAt !== null || (await hasOptedOut(deps.db, of));
    const frame = {
      locale,
      form,
      title: t('public.unsubscribe.pageTitle'),
      accent: row.accentColour,
      brand: { name: row.chapterName, href: `/c/${row.slug}` },
      network: row.networkName,
    };
    return reply.page('unsubscribe', frame, {
      action: `/u/${request.params.token}`,
      stopped,
      canReturn: row.erasedAt === null,
      what: t(`public.unsubscribe.topic.${of.topic}`),
      chapter: row.chapterName,
    });
  });

  app.post<ByToken>('/u/:token', async (request, reply) => {
    const of = deps.links.readUnsubscribeToken(request.params.token);
    const row = of && (await findSubscriber(deps.db, of));
    if (!of || !row) return failurePage(request, reply, 404, { reason: 'link_wrong' });
    if (isForeign(request, deps.links.publicUrl))
      return failurePage(request, reply, 403, { reason: 'foreign' });
    const oneClick = last(request.body, 'List-Unsubscribe') === 'One-Click';
    const choice = last(request.body, 'choice');
    if (!oneClick && choice !== 'stop' && choice !== 'resume') return failurePage(request, reply, 400);
    if (row.erasedAt === null) await setOptedOut(deps, of, oneClick || choice === 'stop');
    if (oneClick) return reply.type('text/plain; charset=utf-8').send('OK\n');
    return reply.redirect(`/u/${request.params.token}`, 303);
  });
}
