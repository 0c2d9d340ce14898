import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import { countIntroductions, listByHand, mayBeNamed } from '../../introductions/desk-queries.ts';
import { longestWords } from '../../introductions/rules.ts';
import { askToIntroduce, withdrawIntroduction } from '../../introductions/service.ts';
import { deskPage, fieldOf, isId } from '../page.ts';
import { actorOf, notFound } from '../scope.ts';
import { fullName } from '../views.ts';
import { listView, sumsView } from './introductions-view.ts';
import { findCandidates } from './merge-queries.ts';
import { type ChapterPerson, findChapterPerson } from './person-queries.ts';
import { personAddress } from './person-scope.ts';

type ById = { Params: { introductionId: string } };
type Problem = { field: 'words' | 'page'; reason: string } | null;

/** Introductions that the coordinator asks for, and what came of all of them. Who wished for whom stands nowhere here. */
export async function introductionDeskRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/introductions', async (request, reply) => {
    const { desk, deskChapter: chapter } = request;
    const now = deps.clock();
    const [byHand, sums] = await Promise.all([
      listByHand(deps.db, chapter.id, now),
      countIntroductions(deps.db, chapter.id),
    ]);
    return deskPage(
      request,
      reply,
      'introductions',
      { title: desk.t('meet.desk.title'), chapter, section: 'more', sheets: ['people.css', 'gather.css'] },
      {
        base: base(request),
        ...listView(byHand, chapter, desk, now),
        sums: sumsView(sums, desk),
        said: (request.query as { done?: string }).done ?? null,
      },
    );
  });

  app.get('/introductions/new', async (request, reply) => {
    const chosen = await readChosen(request, request.query);
    if (!chosen) return notFound(request, reply);
    return newPage(request, reply, chosen, { words: '' }, null);
  });

  app.post('/introductions', async (request, reply) => {
    const { deskChapter: chapter, desk } = request;
    const chosen = await readChosen(request, request.body);
    if (!chosen?.first || !chosen.second) return notFound(request, reply);
    const words = fieldOf(request.body, 'words').trim();
    const isMissing = words === '';
    if (isMissing || words.length > longestWords)
      return newPage(
        request,
        reply.code(400),
        chosen,
        { words },
        { field: 'words', reason: isMissing ? 'noWords' : 'tooLong' },
      );
    const outcome = await askToIntroduce(deps, {
      chapterId: chapter.id,
      personIds: [chosen.first.id, chosen.second.id],
      words,
      byId: desk.person.id,
      actor: actorOf(request),
    });
    if (!outcome.ok)
      return newPage(request, reply.code(409), chosen, { words }, { field: 'page', reason: outcome.reason });
    return reply.redirect(`${base(request)}?done=asked`, 303);
  });

  app.post<ById>('/introductions/:introductionId/withdrawal', async (request, reply) => {
    const { introductionId } = request.params;
    const outcome = isId(introductionId)
      ? await withdrawIntroduction(deps, {
          introductionId,
          chapterId: request.deskChapter.id,
          actor: actorOf(request),
        })
      : ({ ok: false, reason: 'not_found' } as const);
    if (!outcome.ok && outcome.reason === 'not_found') return notFound(request, reply);
    return reply.redirect(`${base(request)}?done=${outcome.ok ? 'withdrawn' : 'notOpen'}`, 303);
  });

  const base = ({ deskChapter }: FastifyRequest) => `/desk/chapters/${deskChapter.slug}/introductions`;

  /** The two, as far as they are chosen; null where one of them is none of the chapter's people. */
  async function readChosen(request: FastifyRequest, from: unknown) {
    const people: (ChapterPerson | null)[] = [];
    for (const name of ['first', 'second'] as const) {
      const id = fieldOf(from, name);
      if (id === '') people.push(null);
      else {
        const person = isId(id)
          ? await findChapterPerson(deps.db, request.deskChapter.id, id.toLowerCase(), deps.clock())
          : undefined;
        if (!person) return null;
        people.push(person);
      }
    }
    const [first = null, second = null] = people;
    return { first, second: second?.id === first?.id ? null : second };
  }

  async function newPage(
    request: FastifyRequest,
    reply: FastifyReply,
    { first, second }: { first: ChapterPerson | null; second: ChapterPerson | null },
    typed: { words: string },
    problem: Problem,
  ) {
    const { desk, deskChapter: chapter } = request;
    const { t } = desk;
    const q = fieldOf(request.query, 'q').trim().slice(0, 100);
    const found =
      first && second
        ? []
        : q === ''
          ? []
          : await findCandidates(deps.db, {
              chapterId: chapter.id,
              personId: first?.id ?? desk.person.id,
              words: q,
            });
    const named = async (one: ChapterPerson, reader: ChapterPerson) =>
      t((await mayBeNamed(deps.db, one.id, reader.id)) ? 'meet.desk.new.named' : 'meet.desk.new.nameless', {
        reader: reader.firstName,
        name: fullName(one),
      });
    const url = `${base(request)}/new`;
    return deskPage(
      request,
      reply,
      'introduction-new',
      { title: t('meet.desk.new.title'), chapter, section: 'more', sheets: ['people.css', 'gather.css'] },
      {
        base: base(request),
        url,
        first: first && { id: first.id, name: fullName(first), href: personAddress(chapter, first.id) },
        second: second && { id: second.id, name: fullName(second) },
        q,
        found: found.map((one) => ({
          name: fullName(one),
          email: one.email,
          href: first ? `${url}?first=${first.id}&second=${one.id}` : `${url}?first=${one.id}`,
        })),
        names: first && second ? [await named(second, first), await named(first, second)] : [],
        words: typed.words,
        longest: longestWords,
        error:
          problem?.field === 'words'
            ? t(`meet.desk.new.problem.${problem.reason}`, { most: longestWords })
            : null,
        problem:
          problem?.field === 'page'
            ? t(`meet.desk.new.problem.${problem.reason}`, { most: longestWords })
            : null,
      },
    );
  }
}
