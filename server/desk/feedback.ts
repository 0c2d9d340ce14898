import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { countAnswers, listOwnQuestions, listTexts } from '../feedback/queries.ts';
import { choices, fewest, questionKinds, questionsOf } from '../feedback/rules.ts';
import { longestLabel, readQuestions } from '../feedback/schema.ts';
import { saveQuestions } from '../feedback/service.ts';
import { deskPage } from './page.ts';
import { actorOf } from './scope.ts';
import { eventHead } from './views.ts';

/** What a chapter asks after each of its events. */
export async function feedbackSettingsRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/feedback', async (request, reply) => {
    const { desk, deskChapter: chapter } = request;
    const { t } = desk;
    const own = await listOwnQuestions(deps.db, chapter.id);
    return deskPage(
      request,
      reply,
      'feedback-settings',
      { title: t('feedback.settings.title'), chapter, section: 'more' },
      {
        base: `/desk/chapters/${chapter.slug}`,
        longest: longestLabel,
        questions: questionKinds.map((kind) => {
          const row = own.find((one) => one.kind === kind);
          return {
            kind,
            isOn: row?.isOn ?? true,
            labels: { it: row?.labelIt ?? '', en: row?.labelEn ?? '' },
            usual: t(`after.question.${kind}`),
          };
        }),
      },
    );
  });

  app.post('/feedback', async (request, reply) => {
    const { deskChapter: chapter } = request;
    await saveQuestions(deps, chapter.id, readQuestions(request.body), actorOf(request));
    return reply.redirect(`/desk/chapters/${chapter.slug}/feedback?done=saved`, 303);
  });
}

/** What people said of an event: sums, and words without names. */
export async function feedbackResultRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/feedback', async (request, reply) => {
    const { desk, deskEvent: event, deskChapter: chapter } = request;
    const { t } = desk;
    const [own, { counts, people }, texts] = await Promise.all([
      listOwnQuestions(deps.db, event.chapterId),
      countAnswers(deps.db, event.id),
      listTexts(deps.db, event.id),
    ]);
    const asked = questionsOf(own, desk.locale);
    const countOf = (kind: string, value: string) =>
      counts.find((one) => one.kind === kind && one.value === value)?.count ?? 0;
    const sums = (['tap', 'scale'] as const).flatMap((kind) => {
      const total = choices[kind].reduce((sum, value) => sum + countOf(kind, value), 0);
      // Figures of so few could be read as somebody's.
      if (total < fewest) return [];
      return {
        label: asked.find((one) => one.kind === kind)?.label ?? t(`after.question.${kind}`),
        rows: choices[kind].map((value) => ({
          label: kind === 'tap' ? t(`after.tap.${value}`) : value,
          count: countOf(kind, value),
        })),
      };
    });
    return deskPage(
      request,
      reply,
      'feedback',
      { title: t('feedback.title'), chapter },
      {
        event: eventHead(event, desk, deps.clock()),
        people: people < fewest ? null : people,
        hasAny: people > 0,
        sums,
        texts,
        fewest,
        settings: `/desk/chapters/${chapter.slug}/feedback`,
      },
    );
  });
}
