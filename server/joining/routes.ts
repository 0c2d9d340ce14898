import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { joiningHtml } from '../public/joining.ts';
import { findChapter } from '../public/queries.ts';
import { isSlug } from '../public/rules.ts';
import { readLinkRequest } from '../public/schema.ts';
import { last } from '../rsvps/schema.ts';
import { inEqualTime } from '../web/equal-time.ts';
import { failurePage } from '../web/failure-page.ts';
import { type Locale, pickLocale, translator } from '../web/i18n.ts';
import { isForeign } from '../web/origin.ts';
import type { PageFrame } from '../web/pages.ts';
import { findRequest } from './queries.ts';
import { askToJoin, confirmRequest } from './requests.ts';

type BySlug = { Params: { slug: string } };
type ByToken = { Params: { slug: string; token: string } };
type Form = { name: string; email: string; line: string; errors: Record<string, string> };

const longestLine = 300;
const byAddress = { config: { rateLimit: { max: 6, timeWindow: '1 hour' } } };
const byLink = { config: { rateLimit: { max: 20, timeWindow: '1 hour' } } };

/** `/c/{slug}/join`: how one joins a group, and a form for who would like to. Only a POST changes anything. */
export async function joinRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  const chapterAt = async (slug: string) => (isSlug(slug) ? findChapter(deps.db, slug) : undefined);
  const empty: Form = { name: '', email: '', line: '', errors: {} };

  app.get<BySlug>('/c/:slug/join', (request, reply) => showForm(request, reply, empty));

  app.post<BySlug>('/c/:slug/join', byAddress, async (request, reply) => {
    reply.header('cache-control', 'no-store');
    if (isForeign(request, deps.links.publicUrl))
      return failurePage(request, reply, 403, { reason: 'foreign' });
    const chapter = await chapterAt(request.params.slug);
    if (!chapter) return failurePage(request, reply, 404);
    const { locale, t } = wordsFor(request, chapter.locale);
    const { written, email, problems, isMachine } = readLinkRequest(request.body, true);
    const line = (last(request.body, 'line') ?? '').trim();
    const errors: Record<string, string> = {};
    for (const [field, problem] of Object.entries(problems))
      errors[field] = t(`public.join.${field}.${problem}`);
    if (line.length > longestLine) errors.line = t('public.join.line.too_long', { most: longestLine });
    if (Object.keys(errors).length > 0 || !email)
      return showForm(request, reply.code(400), { ...written, line, errors });
    const asked = { chapterId: chapter.id, email, name: written.name, line, locale };
    // Nobody learns from the time taken who is known.
    await inEqualTime(isMachine ? null : askToJoin(deps, asked));
    return reply.page('join-said', frameOf(chapter, locale, t('public.join.askedTitle')), {
      title: t('public.join.askedTitle'),
      text: t('public.join.asked'),
      written: null,
      action: null,
      back: `/c/${chapter.slug}`,
    });
  });

  app.get<ByToken>('/c/:slug/join/:token', (request, reply) => showRequest(request, reply));

  app.post<ByToken>('/c/:slug/join/:token', byLink, async (request, reply) => {
    if (isForeign(request, deps.links.publicUrl))
      return failurePage(request, reply, 403, { reason: 'foreign' });
    const found = await open(request);
    if (!found) return failurePage(request, reply, 404);
    await confirmRequest(deps, found.id);
    return reply.redirect(`/c/${found.slug}/join/${request.params.token}`, 303);
  });

  async function showForm(request: FastifyRequest<BySlug>, reply: FastifyReply, form: Form) {
    const chapter = await chapterAt(request.params.slug);
    if (!chapter) return failurePage(request, reply, 404);
    const { locale, t } = wordsFor(request, chapter.locale);
    const title = t('public.join.title', { chapter: chapter.name });
    const url = `/c/${chapter.slug}`;
    const card = { description: title, url: deps.links.url(`${url}/join`), indexed: true };
    return reply.page(
      'join',
      { ...frameOf(chapter, locale, title), card },
      { name: chapter.name, chapterUrl: url, html: joiningHtml(chapter, locale), form },
    );
  }

  async function showRequest(request: FastifyRequest<ByToken>, reply: FastifyReply) {
    reply.headers({ 'cache-control': 'no-store', 'x-robots-tag': 'noindex' });
    const found = await open(request);
    const chapter = found && (await findChapter(deps.db, found.slug));
    if (!chapter) return failurePage(request, reply, 404);
    const { locale, t } = wordsFor(request, chapter.locale);
    const isOpen = found.state === 'asked';
    const title = t(isOpen ? 'public.join.confirmTitle' : 'public.join.waitingTitle');
    return reply.page('join-said', frameOf(chapter, locale, title), {
      title,
      text: t(isOpen ? 'public.join.confirm' : 'public.join.waiting', { chapter: chapter.name }),
      // What she confirms in her own name: somebody else may have written it.
      written: { name: found.name, line: found.line },
      action: isOpen ? `/c/${found.slug}/join/${request.params.token}` : null,
      back: `/c/${chapter.slug}`,
    });
  }

  /** The request that a link stands for, where the link is genuine. */
  async function open(request: FastifyRequest<ByToken>) {
    const read = deps.links.readJoinToken(request.params.token);
    const found = read && (await findRequest(deps.db, read.requestId));
    if (!found || found.slug !== request.params.slug) return null;
    const { personId, linkEpoch } = found;
    return deps.links.isJoinMac(read.mac, { requestId: found.id, personId, linkEpoch }) ? found : null;
  }
}

function wordsFor(request: FastifyRequest, own: string) {
  const locale = pickLocale(null, request.headers['accept-language'], own as Locale);
  return { locale, t: translator(locale, 'neutral') };
}

function frameOf(
  chapter: { name: string; slug: string; accentColour: string; networkName: string },
  locale: Locale,
  title: string,
): PageFrame {
  const brand = { name: chapter.name, href: `/c/${chapter.slug}` };
  return { locale, title, accent: chapter.accentColour, brand, network: chapter.networkName };
}
