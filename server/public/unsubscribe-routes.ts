import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { findKept } from '../people/queries.ts';
import { last } from '../rsvps/schema.ts';
import { failurePage } from '../web/failure-page.ts';
import { type Form, type Locale, pickLocale, translator } from '../web/i18n.ts';
import { type Topic, topics } from '../web/links.ts';
import { isForeign } from '../web/origin.ts';
import { findSubscriber, listOptOuts } from './queries.ts';
import { setOptedOut } from './service.ts';

/** What a chapter sends by and by, for the page to offer. */
const offered: readonly Topic[] = ['invitation', 'announcement', 'reminder', 'thanks'];

type ByToken = { Params: { token: string } };

/**
 * `/u/{token}`: no more of one kind of mail from one chapter; its page offers the other kinds, too. A mail program's own button posts
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

  /** Whose it is now: a link sent under a row that was merged into another speaks for the woman who stayed. */
  async function readToken({ db, links }: Deps, token: string) {
    const of = links.readUnsubscribeToken(token);
    return of && { ...of, personId: (await findKept(db, of.personId)) ?? of.personId };
  }

  app.get<ByToken>('/u/:token', async (request, reply) => {
    const of = await readToken(deps, request.params.token);
    const row = of && (await findSubscriber(deps.db, of));
    if (!of || !row) return failurePage(request, reply, 404, { reason: 'link_wrong' });
    const locale = pickLocale(row.personLocale ?? row.chapterLocale, undefined, 'it') as Locale;
    const form = (row.personForm ?? row.networkForm) as Form;
    const t = translator(locale, form);
    const optedOut = await listOptOuts(deps.db, of);
    const stopped = row.erasedAt !== null || optedOut.has(of.topic);
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
      others:
        row.erasedAt === null
          ? offered
              .filter((topic) => topic !== of.topic)
              .map((topic) => ({
                topic,
                what: t(`public.unsubscribe.topic.${topic}`),
                stopped: optedOut.has(topic),
              }))
          : [],
    });
  });

  app.post<ByToken>('/u/:token', async (request, reply) => {
    const of = await readToken(deps, request.params.token);
    const row = of && (await findSubscriber(deps.db, of));
    if (!of || !row) return failurePage(request, reply, 404, { reason: 'link_wrong' });
    if (isForeign(request, deps.links.publicUrl))
      return failurePage(request, reply, 403, { reason: 'foreign' });
    const oneClick = last(request.body, 'List-Unsubscribe') === 'One-Click';
    const choice = last(request.body, 'choice');
    if (!oneClick && choice !== 'stop' && choice !== 'resume') return failurePage(request, reply, 400);
    // A mail program's button is about its own kind alone, whatever else it posts.
    const asked = oneClick ? '' : last(request.body, 'topic');
    const topic = topics.find((known) => known === asked) ?? of.topic;
    if (row.erasedAt === null) await setOptedOut(deps, { ...of, topic }, oneClick || choice === 'stop');
    if (oneClick) return reply.type('text/plain; charset=utf-8').send('OK\n');
    return reply.redirect(`/u/${request.params.token}`, 303);
  });
}
