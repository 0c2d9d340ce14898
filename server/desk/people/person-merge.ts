import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import type { Desk } from '../../organizers/guard.ts';
import { mergePeople } from '../../people/merge.ts';
import { findShared, type Shared } from '../../people/merge-queries.ts';
import { countingAnswer } from '../../people/merge-rules.ts';
import { hasTraceElsewhere } from '../../people/ties.ts';
import { deskPage, fieldOf, isId } from '../page.ts';
import { actorOf, notFound } from '../scope.ts';
import { fullName } from '../views.ts';
import { countHoldings, findCandidates } from './merge-queries.ts';
import { type ChapterPerson, findChapterPerson } from './person-queries.ts';
import { personAddress, reachOf, requestedPerson } from './person-scope.ts';

type Asked = { Params: { personId: string }; Querystring: Record<string, unknown> };

/** Two rows of one woman: which, what will be joined, and then one. */
export async function personMergeRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get<Asked>('/people/:personId/merge', async (request, reply) => {
    const person = await requestedPerson(deps, request);
    if (!person) return notFound(request, reply);
    if (request.query.with === undefined) return choosePage(request, reply, person);
    const other = await otherPerson(request, person, fieldOf(request.query, 'with'));
    if (!other) return notFound(request, reply);
    const keepsOther = fieldOf(request.query, 'keep') === other.id;
    return previewPage(request, reply, person, other, keepsOther ? other : person);
  });

  app.post<Asked>('/people/:personId/merge', async (request, reply) => {
    const person = await requestedPerson(deps, request);
    const other = person && (await otherPerson(request, person, fieldOf(request.body, 'with')));
    const keep = fieldOf(request.body, 'keep');
    const kept = [person, other].find((one) => one?.id === keep);
    if (!person || !other || !kept) return notFound(request, reply);
    const gone = kept === person ? other : person;
    const outcome = await mergePeople(deps, {
      keptId: kept.id,
      goneId: gone.id,
      reach: reachOf(request),
      chapterId: request.deskChapter.id,
      actor: actorOf(request),
    });
    if (outcome.ok) {
      return reply.redirect(`${personAddress(request.deskChapter, kept.id)}?said=merged`, 303);
    }
    if (outcome.reason === 'not_found') return notFound(request, reply);
    return previewPage(request, reply.code(409), person, other, kept);
  });

  /** The other one, where she is of this chapter too. */
  async function otherPerson(
    request: FastifyRequest,
    person: ChapterPerson,
    id: string,
  ): Promise<ChapterPerson | undefined> {
    if (!isId(id) || id.toLowerCase() === person.id) return undefined;
    return findChapterPerson(deps.db, request.deskChapter.id, id, deps.clock());
  }

  async function choosePage(request: FastifyRequest, reply: FastifyReply, person: ChapterPerson) {
    const { desk, deskChapter: chapter } = request;
    const words = fieldOf(request.query, 'q').trim().slice(0, 100);
    const found = await findCandidates(deps.db, { chapterId: chapter.id, personId: person.id, words });
    const self = personAddress(chapter, person.id);
    return deskPage(
      request,
      reply,
      'person-merge-choose',
      { title: desk.t('folk.merge.title'), chapter, section: 'members', sheets: ['people.css'] },
      {
        self,
        name: fullName(person),
        words,
        found: found.map((one) => ({
          name: fullName(one),
          email: one.email,
          href: `${self}/merge?with=${one.id}`,
        })),
      },
    );
  }

  async function previewPage(
    request: FastifyRequest,
    reply: FastifyReply,
    person: ChapterPerson,
    other: ChapterPerson,
    kept: ChapterPerson,
  ) {
    const { desk, deskChapter: chapter } = request;
    const reach = reachOf(request);
    const gone = kept === person ? other : person;
    const isShared =
      (await hasTraceElsewhere(deps.db, person.id, reach)) ||
      (await hasTraceElsewhere(deps.db, other.id, reach));
    const shared = isShared ? [] : await findShared(deps.db, { keptId: kept.id, goneId: gone.id });
    const now = deps.clock();
    return deskPage(
      request,
      reply,
      'person-merge',
      { title: desk.t('folk.merge.previewTitle'), chapter, section: 'members', sheets: ['people.css'] },
      {
        self: personAddress(chapter, person.id),
        name: fullName(person),
        isShared,
        other: other.id,
        kept: kept.id,
        both: isShared ? [] : [await card(person, desk), await card(other, desk)],
        warning: kept.mailFails ? desk.t('folk.merge.failsWarning', { email: kept.email }) : null,
        conflicts: shared
          .filter(({ kept: one, gone: two }) => one && two)
          .map((event) => conflictLine(event, desk, now)),
      },
    );
  }

  async function card(person: ChapterPerson, desk: Desk) {
    const holds = await countHoldings(deps.db, person.id);
    const { t } = desk;
    return {
      id: person.id,
      name: fullName(person),
      email: person.email ?? t('desk.tag.noMail'),
      fails: person.mailFails,
      holds: [
        t('folk.merge.events', { count: holds.events }),
        t('folk.merge.presence', { count: holds.presence }),
        t('folk.merge.mails', { count: holds.mails }),
        t('folk.merge.notes', { count: holds.notes }),
      ].join(', '),
    };
  }
}

/** "Aperitivo: vale «viene»; l’altra risposta era «non poteva»." */
function conflictLine(event: Shared, desk: Desk, now: Date): string {
  const { t } = desk;
  const say = (answer: Shared['kept']) =>
    answer ? t(`folk.answer.${answer.state}`, { guests: answer.guests }) : '';
  const counts = countingAnswer(event.kept, event.gone);
  const [kept, other] = counts === 'gone' ? [event.gone, event.kept] : [event.kept, event.gone];
  const seats = (answer: Shared['kept']) => answer?.state === 'going' || answer?.state === 'offered';
  const parts = [
    t('folk.merge.conflict', { title: event.title, kept: say(kept) }),
    t('folk.merge.conflictOther', { other: say(other) }),
    seats(other) && event.endsAt > now ? t('folk.merge.freed') : null,
  ];
  return parts.filter(Boolean).join('; ');
}
