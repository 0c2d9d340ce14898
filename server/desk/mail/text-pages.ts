import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import { type MailTemplate, mailTemplates } from '../../mail/variables.ts';
import type { Desk } from '../../organizers/guard.ts';
import { isOfChapter, isOfEvent, isOfNetwork } from '../../texts/kinds.ts';
import { findOwnTexts, type TextOwner } from '../../texts/queries.ts';
import { deskPage } from '../page.ts';
import { reachOf } from '../scope.ts';
import { type TextScope, textEditor } from './texts.ts';
import { kindInWords } from './texts-view.ts';

/** A group's own words. */
export async function chapterTextRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  const scopeOf = (request: FastifyRequest): TextScope => {
    const { deskChapter: chapter, desk } = request;
    const url = `/desk/chapters/${chapter.slug}/texts`;
    return {
      owner: { chapterId: chapter.id, eventId: null },
      url,
      back: { href: url, label: desk.t('wording.title') },
      scope: 'chapter',
      chapterId: chapter.id,
      peopleOf: [chapter.id],
      eventId: null,
    };
  };
  app.get('/texts', async (request, reply) => {
    const { desk, deskChapter: chapter } = request;
    const { owner, url } = scopeOf(request);
    return deskPage(
      request,
      reply,
      'texts',
      { title: desk.t('wording.title'), chapter, section: 'more', sheets: ['texts.css'] },
      {
        scope: 'chapter',
        back: { href: `/desk/chapters/${chapter.slug}/more`, label: desk.t('desk.nav.more') },
        groups: await listView(deps, desk, owner, url, isOfChapter),
      },
    );
  });
  textEditor(app, deps, scopeOf, isOfChapter);
}

/** An event's own words: they stand before its group's. */
export async function eventTextRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  textEditor(
    app,
    deps,
    (request) => {
      const { deskEvent: event } = request;
      return {
        owner: { chapterId: event.chapterId, eventId: event.id },
        url: `/desk/events/${event.id}/texts`,
        back: { href: `/desk/events/${event.id}/mailings`, label: event.title },
        scope: 'event',
        chapterId: event.chapterId,
        peopleOf: reachOf(request),
        eventId: event.id,
      };
    },
    isOfEvent,
  );
}

/** The whole network's words: every group begins with them. */
export async function networkTextRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  const url = '/desk/network/texts';
  const owner: TextOwner = { chapterId: null, eventId: null };
  const examples = new WeakMap<FastifyRequest, string | null>();
  app.addHook('preHandler', async (request) => {
    // Somebody's data has to be shown: of a group of hers, else of the oldest one.
    const own = request.desk.chapters[0]?.id;
    const any = own
      ? undefined
      : await deps.db.selectFrom('chapters').select('id').orderBy('id').executeTakeFirst();
    examples.set(request, own ?? any?.id ?? null);
  });
  app.get('/texts', async (request, reply) => {
    const { desk } = request;
    return deskPage(
      request,
      reply,
      'texts',
      { title: desk.t('wording.networkTitle'), section: 'more', sheets: ['texts.css'] },
      {
        scope: 'network',
        back: { href: '/desk/network', label: desk.t('net.back') },
        groups: await listView(deps, desk, owner, url, isOfNetwork),
      },
    );
  });
  textEditor(
    app,
    deps,
    (request) => ({
      owner,
      url,
      back: { href: url, label: request.desk.t('wording.networkTitle') },
      scope: 'network',
      chapterId: examples.get(request) ?? null,
      peopleOf: [examples.get(request) ?? []].flat(),
      eventId: null,
    }),
    isOfNetwork,
  );
}

const groups: Record<string, readonly string[]> = {
  before: ['invitation', 'standing_yes', 'personal_link', 'chase', 'reminder', 'welcome'],
  answers: ['confirmation', 'guest_confirmed', 'offer', 'calendar_reply'],
  changes: ['update', 'join_link', 'cancellation'],
  after: [
    'thanks',
    'thanks_attended',
    'thanks_missed',
    'thanks_declined',
    'feedback_link',
    'pitch_notes',
    'feedback',
    'introduction',
    'introduction_asked',
    'introduction_later',
  ],
  desk: ['digest', 'host', 'office', 'join_how', 'join_confirm', 'join_answer', 'sign_in', 'my_page'],
};

/** Every kind in words: when it leaves, and whether its words are her own. */
async function listView(
  deps: Deps,
  desk: Desk,
  owner: TextOwner,
  url: string,
  isShown: (kind: MailTemplate) => boolean,
) {
  const { t } = desk;
  const network: TextOwner = { chapterId: null, eventId: null };
  const [own, wider] = await Promise.all([
    findOwnTexts(deps.db, owner),
    owner.chapterId ? findOwnTexts(deps.db, network) : [],
  ]);
  const languages = (texts: typeof own, kind: string) =>
    texts.filter((text) => text.kind === kind).map((text) => t(`wording.language.${text.locale}`));
  const item = (kind: MailTemplate) => {
    const changed = languages(own, kind);
    const inherited = languages(wider, kind);
    return {
      href: `${url}/${kind}`,
      name: kindInWords(kind, t),
      leaves: t(`wording.leaves.${kind}`),
      isOwn: changed.length > 0,
      state:
        changed.length > 0
          ? t('wording.changed', { languages: changed.join(' + ') })
          : inherited.length > 0
            ? t('wording.ofNetwork', { languages: inherited.join(' + ') })
            : null,
    };
  };
  const shown = mailTemplates.filter(isShown);
  const named = new Set(Object.values(groups).flat());
  return [
    ...Object.entries(groups).map(([group, kinds]) => ({
      title: t(`wording.section.${group}`),
      items: shown.filter((kind) => kinds.includes(kind)).map(item),
    })),
    { title: t('wording.section.others'), items: shown.filter((kind) => !named.has(kind)).map(item) },
  ].filter(({ items }) => items.length > 0);
}
