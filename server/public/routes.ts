import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import type { PageContext } from '../events/views.ts';
import { archiveRoutes } from '../messages/archive-routes.ts';
import { findRetention } from '../retention/settings.ts';
import { sendVersioned } from '../web/conditional.ts';
import { inEqualTime } from '../web/equal-time.ts';
import { failurePage } from '../web/failure-page.ts';
import { type Locale, pickLocale, translator } from '../web/i18n.ts';
import { isForeign } from '../web/origin.ts';
import type { PageFrame } from '../web/pages.ts';
import { sharedPages } from '../web/shared-pages.ts';
import { feedRoutes } from './feed-routes.ts';
import { eventIcs } from './feeds.ts';
import { readPrivacyNotice } from './privacy.ts';
import {
  findChapter,
  findNetwork,
  findPublicEvent,
  listChapters,
  listPublicEvents,
  type PublicEventRow,
} from './queries.ts';
import { asksWhoWasThere, isSlug } from './rules.ts';
import { readLinkRequest } from './schema.ts';
import { requestLink } from './service.ts';
import { unsubscribeRoutes } from './unsubscribe-routes.ts';
import { cardDescription, eventData, eventItem, linkForm, publicEventView, takesAnswers } from './views.ts';

type BySlug = { Params: { slug: string } };
type ById = { Params: { id: string } };

const isId = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

/** The public area: the pages that anybody may read, and the links to unsubscribe and to the messages, which are nobody else's to see. */
export async function publicRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  await app.register(openPages, { deps });
  await app.register(feedRoutes, { deps });
  await app.register(unsubscribeRoutes, { deps });
  await app.register(archiveRoutes, { deps });
}

async function openPages(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  const { db, links } = deps;

  function contextFor(request: FastifyRequest, fallback: string): PageContext {
    const locale = pickLocale(null, request.headers['accept-language'], fallback as Locale);
    return { locale, t: translator(locale, 'neutral'), now: deps.clock() };
  }

  const shared = sharedPages();
  const chapterAt = async (slug: string) => (isSlug(slug) ? findChapter(db, slug) : undefined);

  // What changes may be asked again each time; what is in the reader's language is not one page for all.
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({ 'cache-control': 'no-cache', vary: 'accept-language' });
  });

  app.get('/', async (request, reply) => {
    const [network, chapters] = await Promise.all([findNetwork(db), listChapters(db)]);
    const { locale, t } = contextFor(request, network?.locale ?? 'it');
    const name = network?.name ?? 'Ritrovo';
    const card = { description: t('public.home.lead'), url: links.url('/'), indexed: true };
    const frame = {
      locale,
      title: name,
      brand: { name, href: '/' },
      accent: chapters[0]?.accentColour,
      card,
    };
    return reply.page('home', frame, { name, chapters, isSetUp: network !== undefined });
  });

  app.get('/privacy', async (request, reply) => {
    const network = await findNetwork(db);
    const { locale, t } = contextFor(request, network?.locale ?? 'it');
    const name = network?.name ?? 'Ritrovo';
    const keep = await findRetention(db);
    const notice = readPrivacyNotice(network?.privacyNotice ?? null, name, locale, keep);
    const frame = { locale, title: t('common.privacy'), brand: { name, href: '/' }, network: name };
    return reply.page('privacy', frame, { notice });
  });

  app.get<BySlug>('/c/:slug', async (request, reply) => {
    const chapter = await chapterAt(request.params.slug);
    if (!chapter) return failurePage(request, reply, 404);
    const context = contextFor(request, chapter.locale);
    const events = await listPublicEvents(db, chapter.id, context.now, ['published', 'cancelled']);
    const description = context.t('public.chapter.lead', {
      chapter: chapter.name,
      network: chapter.networkName,
    });
    const url = links.url(`/c/${chapter.slug}`);
    const frame: PageFrame = {
      locale: context.locale,
      title: `${chapter.name} · ${chapter.networkName}`,
      accent: chapter.accentColour,
      brand: { name: chapter.name, href: `/c/${chapter.slug}` },
      network: chapter.networkName,
      card: { description, url, indexed: true },
      feed: `/c/${chapter.slug}/feed.atom`,
    };
    const calendarUrl = url.replace(/^https?:/, 'webcal:');
    return reply.page('chapter', frame, {
      name: chapter.name,
      lead: description,
      events: events.map((event) => eventItem(event, context)),
      calendarUrl: `${calendarUrl}/calendar.ics`,
      atomUrl: `/c/${chapter.slug}/feed.atom`,
      joinUrl: `/c/${chapter.slug}/join`,
    });
  });

  app.get<ById & { Querystring: { from?: unknown } }>('/e/:id', async (request, reply) => {
    const { id } = request.params;
    const [eventId = '', isIcs] = id.endsWith('.ics') ? [id.slice(0, -4), true] : [id, false];
    const row = isId(eventId) ? await findPublicEvent(db, eventId, deps.clock()) : undefined;
    if (!row) return failurePage(request, reply, 404);
    if (isIcs) {
      // What only those invited may see has no public calendar entry either.
      if (row.access === 'members') return failurePage(request, reply, 404);
      const text = eventIcs(row, row.chapterLocale as Locale, links);
      const calendar = { version: text, lastModified: null, type: 'text/calendar; charset=utf-8' };
      return sendVersioned(request, reply, { ...calendar, cacheControl: 'no-cache' }, deps.clock(), () => ({
        text,
        zipped: null,
      }));
    }
    const context = contextFor(request, row.chapterLocale);
    const from = typeof request.query.from === 'string' ? request.query.from.slice(0, 80) : '';
    return shared.send(request, reply, { now: context.now, locale: context.locale, from, row }, () =>
      reply.pageHtml(...eventPage(row, context, linkForm(row, context, { invitedBy: from }))),
    );
  });

  const byAddress = { config: { rateLimit: { max: 30, timeWindow: '10 minutes' } } };
  app.post<ById>('/e/:id/link', byAddress, async (request, reply) => {
    reply.header('cache-control', 'no-store');
    if (isForeign(request, links.publicUrl)) return failurePage(request, reply, 403, { reason: 'foreign' });
    const row = isId(request.params.id)
      ? await findPublicEvent(db, request.params.id, deps.clock())
      : undefined;
    if (!row) return failurePage(request, reply, 404);
    const context = contextFor(request, row.chapterLocale);
    const needsName = row.access !== 'members' && !asksWhoWasThere(row, context.now);
    const { written, email, problems, isMachine } = readLinkRequest(request.body, needsName);
    if (Object.keys(problems).length > 0 || email === null) {
      return reply.code(400).page(...eventPage(row, context, linkForm(row, context, written, problems)));
    }
    const asked = { ...written, eventId: row.id, email, locale: context.locale };
    // Nobody learns from the time taken who is invited.
    await inEqualTime(isMachine ? null : requestLink(deps, asked));
    return reply.page('link-asked', eventFrame(row, context), {
      eventUrl: `/e/${row.id}`,
      isAfter: asksWhoWasThere(row, context.now),
    });
  });

  /** The event; or, where only those invited may see it, a door without a name on it. */
  function eventPage(
    row: PublicEventRow,
    context: PageContext,
    form: ReturnType<typeof linkForm>,
  ): [name: string, frame: PageFrame, data: object] {
    if (row.access === 'members') {
      const isAfter = asksWhoWasThere(row, context.now);
      const open = isAfter || takesAnswers(row, context.now);
      const door = { chapter: row.chapterName, form: open ? form : null, isAfter };
      return ['event-closed-door', eventFrame(row, context), door];
    }
    const url = links.url(`/e/${row.id}`);
    const card = { description: cardDescription(row, context), url, indexed: row.access === 'public' };
    const data = eventData(row, url, links.url(`/c/${row.slug}`));
    const frame = { ...eventFrame(row, context), title: row.title, card, data };
    return ['event', frame, publicEventView(row, context, form, url)];
  }
}

function eventFrame(row: PublicEventRow, { locale, t }: PageContext): PageFrame {
  return {
    locale,
    title: t('public.event.pageTitle', { chapter: row.chapterName }),
    accent: row.accentColour,
    brand: { name: row.chapterName, href: `/c/${row.slug}` },
    network: row.networkName,
  };
}
