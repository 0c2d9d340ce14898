import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import type { MailSource } from '../../mail/render.ts';
import { MailTemplateError } from '../../mail/template-error.ts';
import { isMailTemplate, type MailTemplate } from '../../mail/variables.ts';
import { checkText } from '../../texts/check.ts';
import { previewText } from '../../texts/preview.ts';
import { findEarlierTexts, findOwnText, type TextOwner } from '../../texts/queries.ts';
import {
  dropText,
  findInherited,
  restoreText,
  saveText,
  sendTestText,
  tidySource,
} from '../../texts/service.ts';
import { type Locale, locales } from '../../web/i18n.ts';
import { framed } from '../framed.ts';
import { deskPage, fieldOf, isId, wordsLimit } from '../page.ts';
import { actorOf, notFound } from '../scope.ts';
import { nearMoment } from '../views.ts';
import { framedMail, framedProblems } from './texts-frame.ts';
import { findSceneChoice, findSceneEvents, findScenePeople, type SceneChoice } from './texts-scene.ts';
import { kindInWords, type PaneGiven, paneView, problemInWords } from './texts-view.ts';

/** Whose texts a page is about, and where it is. */
export type TextScope = {
  owner: TextOwner;
  /** `/desk/chapters/bologna/texts` */
  url: string;
  /** The page that one comes from. */
  back: { href: string; label: string };
  scope: 'network' | 'chapter' | 'event';
  /** Where the examples come from; null in a network without a chapter. */
  chapterId: string | null;
  /** The groups whose people may be shown: hers. */
  peopleOf: readonly string[];
  /** The event that a text is of, and whose data it is shown with. */
  eventId: string | null;
};

/** The editor of one kind of mail: both languages, a mail to look at, a test, and the way back to the original. */
export function textEditor(
  app: FastifyInstance,
  deps: Deps,
  scopeOf: (request: FastifyRequest) => TextScope,
  mayEdit: (kind: MailTemplate) => boolean,
): void {
  type Kind = { Params: { kind: string }; Querystring: Partial<Record<'person' | 'event', string>> };

  app.get<Kind>('/texts/:kind', async (request, reply) => {
    const kind = kindIn(request);
    if (!kind) return notFound(request, reply);
    return page(request, reply, kind, { choice: request.query });
  });

  app.post<Kind>('/texts/:kind', wordsLimit, async (request, reply) => {
    const kind = kindIn(request);
    if (!kind) return notFound(request, reply);
    const { owner, url } = scopeOf(request);
    const given = Object.fromEntries(locales.map((locale) => [locale, typed(request, locale)])) as GivenTexts;
    const problems = Object.fromEntries(
      locales.map((locale) => [locale, checkText(kind, locale, given[locale])]),
    ) as Record<Locale, ReturnType<typeof checkText>>;
    if (locales.some((locale) => problems[locale].length > 0)) {
      return page(request, reply.code(400), kind, { given, problems });
    }
    let changed = false;
    for (const locale of locales) {
      const base = fieldOf(request.body, `base_${locale}`) || null;
      const outcome = await saveText(deps, { ...owner, kind, locale }, given[locale], {
        actor: actorOf(request),
        base,
      });
      if (!outcome.ok) return page(request, reply.code(409), kind, { given, overtaken: locale });
      changed ||= outcome.changed;
    }
    return reply.redirect(`${url}/${kind}?done=${changed ? 'textSaved' : 'textSame'}${chosen(request)}`, 303);
  });

  /** What she has typed as a mail, in a document of its own that may run nothing. Nothing is saved. */
  app.post<Kind>('/texts/:kind/preview', wordsLimit, async (request, reply) => {
    const kind = kindIn(request);
    const locale = localeIn(request);
    const choice = await readChoice(request);
    if (!kind || !locale || !choice) return notFound(request, reply);
    const source = typed(request, locale);
    const t = request.desk.t;
    const problems = checkText(kind, locale, source);
    const asText = fieldOf(request.body, 'as') === 'text';
    if (problems.length > 0) {
      return framed(
        reply,
        framedProblems(
          request.desk,
          problems.map((problem) => problemInWords(problem, t)),
        ),
      );
    }
    try {
      const mail = await previewText(deps, { template: kind, locale, source }, choice);
      return framed(reply, framedMail(request.desk, mail, locale, asText));
    } catch (error) {
      if (!(error instanceof MailTemplateError)) throw error;
      return framed(
        reply,
        framedProblems(request.desk, [t('wording.problem.other', { reason: error.reason })]),
      );
    }
  });

  app.post<Kind>('/texts/:kind/test', wordsLimit, async (request, reply) => {
    const kind = kindIn(request);
    const locale = localeIn(request);
    const choice = await readChoice(request);
    if (!kind || !locale || !choice) return notFound(request, reply);
    const given = Object.fromEntries(locales.map((each) => [each, typed(request, each)])) as GivenTexts;
    const problems = checkText(kind, locale, given[locale]);
    if (problems.length > 0) {
      return page(request, reply.code(400), kind, { given, problems: { [locale]: problems } });
    }
    if (!choice.eventId || !choice.chapter) {
      return page(request, reply.code(409), kind, { given, notice: { key: 'testNeedsEvent', alert: true } });
    }
    await sendTestText(deps, {
      template: kind,
      locale,
      source: given[locale],
      personId: request.desk.person.id,
      event: { id: choice.eventId, chapterId: choice.chapter.id },
    });
    // What she typed and has not saved stays.
    return page(request, reply, kind, { given, notice: { key: 'testSent', alert: false } });
  });

  app.post<Kind>('/texts/:kind/original', async (request, reply) => {
    const kind = kindIn(request);
    const locale = localeIn(request);
    if (!kind || !locale) return notFound(request, reply);
    const { owner, url } = scopeOf(request);
    await dropText(deps, { ...owner, kind, locale }, actorOf(request));
    return reply.redirect(`${url}/${kind}?done=textOriginal#earlier`, 303);
  });

  app.post<Kind>('/texts/:kind/restoration', async (request, reply) => {
    const kind = kindIn(request);
    const textId = fieldOf(request.body, 'text');
    if (!kind || !isId(textId)) return notFound(request, reply);
    const { owner, url } = scopeOf(request);
    const outcome = await restoreText(deps, owner, kind, textId, actorOf(request));
    if (outcome.ok) return reply.redirect(`${url}/${kind}?done=textBack`, 303);
    if (outcome.reason === 'not_found') return notFound(request, reply);
    return page(request, reply.code(409), kind, { notice: { key: 'notRestored', alert: true } });
  });

  type GivenTexts = Record<Locale, MailSource>;
  type Shown = {
    choice?: Partial<Record<'person' | 'event', string>>;
    given?: GivenTexts;
    problems?: Partial<Record<Locale, ReturnType<typeof checkText>>>;
    overtaken?: Locale;
    notice?: { key: string; alert: boolean };
  };

  async function page(request: FastifyRequest, reply: FastifyReply, kind: MailTemplate, shown: Shown) {
    const { desk, deskChapter: chapter } = request;
    const { t } = desk;
    const scope = scopeOf(request);
    const { owner, url } = scope;
    const choice = await readChoice(request, shown.choice);
    if (!choice) return notFound(request, reply);
    const now = deps.clock();
    const [people, events, earlier, panes] = await Promise.all([
      findScenePeople(deps.db, scope.peopleOf, now),
      scope.eventId ? [] : findSceneEvents(deps.db, choice.chapter?.id ?? null, desk, now),
      findEarlierTexts(deps.db, owner, kind),
      Promise.all(
        locales.map(async (locale) => {
          const key = { ...owner, kind, locale };
          const own = await findOwnText(deps.db, key);
          const given: PaneGiven = {
            own: own ?? null,
            inherited: await findInherited(deps.db, key),
            typed: shown.given?.[locale] ?? null,
            problems: shown.problems?.[locale] ?? [],
            overtaken: shown.overtaken === locale,
          };
          return paneView(kind, locale, given, desk, scope.scope);
        }),
      ),
    ]);
    const wrong = panes.find((pane) => pane.problems.length > 0)?.locale;
    const first = wrong ?? shown.overtaken ?? localeIn(request) ?? desk.locale;
    return deskPage(
      request,
      reply,
      'text',
      {
        title: kindInWords(kind, t),
        ...(chapter && { chapter }),
        section: scope.scope === 'event' ? 'events' : 'more',
        sheets: ['texts.css'],
        scripts: ['texts.js'],
      },
      {
        url: `${url}/${kind}`,
        back: scope.back,
        scope: scope.scope,
        kind: kindInWords(kind, t),
        leaves: t(`wording.leaves.${kind}`),
        panes,
        shownPane: first,
        people,
        events,
        person: choice.personId ?? '',
        event: choice.eventId ?? '',
        ownMail: desk.person.email,
        mayTest: scope.eventId !== null || events.length > 0,
        notice: shown.notice ? { ...shown.notice, text: t(`wording.notice.${shown.notice.key}`) } : null,
        earlier: earlier.map((text) => ({
          id: text.id,
          locale: t(`wording.language.${text.locale}`),
          subject: text.subject,
          body: text.body,
          who: [text.firstName, text.lastName].filter(Boolean).join(' '),
          when: t('wording.until', {
            when: nearMoment(text.until as Date, choice.chapter?.timeZone ?? 'UTC', desk, now),
          }),
        })),
      },
    );
  }

  function kindIn(request: FastifyRequest): MailTemplate | null {
    const { kind } = request.params as { kind: string };
    return isMailTemplate(kind) && mayEdit(kind) ? kind : null;
  }

  function localeIn(request: FastifyRequest): Locale | undefined {
    return locales.find((locale) => locale === fieldOf(request.body, 'locale'));
  }

  function typed(request: FastifyRequest, locale: Locale): MailSource {
    return tidySource({
      subject: fieldOf(request.body, `subject_${locale}`),
      body: fieldOf(request.body, `body_${locale}`),
    });
  }

  /** Whose data she wants to see; null for ids that are not of her chapter. */
  async function readChoice(
    request: FastifyRequest,
    query: Partial<Record<'person' | 'event', string>> = {},
  ): Promise<SceneChoice | null> {
    const { chapterId, eventId, peopleOf } = scopeOf(request);
    return findSceneChoice(deps, {
      chapterId,
      peopleOf,
      eventId,
      person: fieldOf(request.body, 'person') || query.person || '',
      event: fieldOf(request.body, 'event') || query.event || '',
    });
  }

  function chosen(request: FastifyRequest): string {
    const parts = (['person', 'event'] as const)
      .map((name) => [name, fieldOf(request.body, name)] as const)
      .filter(([, value]) => isId(value) || value === 'example');
    return parts.map(([name, value]) => `&${name}=${value}`).join('');
  }
}
