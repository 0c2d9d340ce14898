import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import { listWaiting } from '../../joining/queries.ts';
import { answerRequest } from '../../joining/requests.ts';
import { dateInWords } from '../../web/dates.ts';
import { deskPage, fieldOf, isId, saidOf } from '../page.ts';
import { actorOf, notFound } from '../scope.ts';

const longestWords = 1000;
/** From then on a request is shown as one that has waited too long. */
export const answeredWithinMs = 48 * 3_600_000;

/** Who would like to join, and a yes or a kind no to each. */
export async function joinRequestRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/requests', (request, reply) => page(request, reply, null, null));

  app.post('/requests', async (request, reply) => {
    const { deskChapter: chapter, desk } = request;
    const requestId = fieldOf(request.body, 'requestId');
    const answer = fieldOf(request.body, 'answer');
    if (!isId(requestId) || !['yes', 'no'].includes(answer)) return notFound(request, reply);
    const words = answer === 'no' ? fieldOf(request.body, 'words').replace(/\r\n?/g, '\n').trim() : '';
    if (words.length > longestWords)
      return page(request, reply.code(400), desk.t('joining.tooLong', { most: longestWords }), {
        requestId,
        words,
      });
    const of = { chapterId: chapter.id, requestId, yes: answer === 'yes', words, actor: actorOf(request) };
    const outcome = await answerRequest(deps, of);
    if (!outcome.ok) return page(request, reply.code(409), desk.t('joining.gone'), null);
    const said = answer === 'yes' ? 'accepted' : 'declined';
    return reply.redirect(`/desk/chapters/${chapter.slug}/requests?said=${said}`, 303);
  });

  async function page(
    request: FastifyRequest,
    reply: FastifyReply,
    problem: string | null,
    typed: { requestId: string; words: string } | null,
  ) {
    const { desk, deskChapter: chapter } = request;
    const { t } = desk;
    const now = deps.clock();
    const said = saidOf(request, 'said', ['accepted', 'declined']);
    return deskPage(
      request,
      reply,
      'requests',
      { title: t('joining.title'), chapter, section: 'more', sheets: ['gather.css'] },
      {
        action: `/desk/chapters/${chapter.slug}/requests`,
        problem,
        ...(said && { done: t(`joining.${said}`) }),
        requests: (await listWaiting(deps.db, chapter.id)).map(({ id, name, email, line, waitingSince }) => {
          const waited = now.getTime() - waitingSince.getTime();
          return {
            id,
            name,
            email,
            line,
            isLate: waited >= answeredWithinMs,
            since:
              waited >= answeredWithinMs
                ? t('joining.late', { count: Math.floor(waited / 86_400_000) })
                : t('joining.since', { when: dateInWords(waitingSince, chapter.timeZone, desk.locale) }),
            words: typed?.requestId === id ? typed.words : t('joining.kindNo'),
            isTyped: typed?.requestId === id,
          };
        }),
      },
    );
  }
}
