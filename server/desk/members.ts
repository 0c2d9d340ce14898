import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { addMember } from '../chapters/service.ts';
import type { Deps } from '../deps.ts';
import { readMemberLines } from './member-lines.ts';
import { endMembership, findDeskMembers, findKnownAddresses, resumeMembership } from './membership.ts';
import { deskPage, fieldOf, isId } from './page.ts';
import { phoneLink } from './people-view.ts';
import { actorOf, notFound } from './scope.ts';
import { fullName } from './views.ts';

const mostLines = 1000;
/** As many long lines as that, as a form sends them: more than other forms may hold. */
const listLimit = { bodyLimit: 512 * 1024 };

type Listing = {
  text?: string;
  problem?: string | null;
  rejected?: readonly { text: string; reason: string }[];
};

/** A chapter's members: the list, more by pasting, and an end that can be undone. */
export async function memberRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get<{ Querystring: { left?: string; added?: string } }>('/members', (request, reply) =>
    list(request, reply),
  );

  /** What was understood, before anything is written. */
  app.post('/members/preview', listLimit, async (request, reply) => {
    const { desk, deskChapter: chapter } = request;
    const text = fieldOf(request.body, 'people');
    const { members, rejected } = readMemberLines(text);
    if (members.length + rejected.length === 0) {
      return list(request, reply.code(400), { text, problem: desk.t('desk.members.empty') });
    }
    if (members.length + rejected.length > mostLines) {
      return list(request, reply.code(400), {
        text,
        problem: desk.t('desk.members.tooMany', { most: mostLines }),
      });
    }
    const known = await findKnownAddresses(
      deps.db,
      chapter.id,
      members.map(({ email }) => email),
      deps.clock(),
    );
    const base = `/desk/chapters/${chapter.slug}/members`;
    return deskPage(
      request,
      reply,
      'members-preview',
      { title: desk.t('desk.members.previewTitle'), chapter, section: 'members' },
      {
        base,
        text,
        fresh: members.filter(({ email }) => !known.has(email)),
        known: members.filter(({ email }) => known.has(email)),
        rejected: rejected.map((line) => ({ ...line, why: desk.t(`desk.members.reason.${line.reason}`) })),
      },
    );
  });

  app.post('/members', listLimit, async (request, reply) => {
    const { desk, deskChapter: chapter } = request;
    const text = fieldOf(request.body, 'people');
    // "Back" from the preview brings her words along.
    if (fieldOf(request.body, 'next') === 'edit') return list(request, reply, { text });
    const { members, rejected } = readMemberLines(text);
    if (members.length === 0 || members.length + rejected.length > mostLines) {
      return list(request, reply.code(400), { text, problem: desk.t('desk.members.empty') });
    }
    const refused: { text: string; reason: string }[] = [];
    let joined = 0;
    for (const { email, firstName, lastName } of members) {
      const outcome = await addMember(
        deps,
        chapter.id,
        { email, firstName, lastName },
        { actor: actorOf(request), source: 'coordinator' },
      );
      if (outcome.ok) joined += outcome.joined ? 1 : 0;
      else refused.push({ text: email, reason: desk.t('desk.members.reason.erased') });
    }
    if (refused.length > 0) return list(request, reply, { rejected: refused });
    return reply.redirect(`/desk/chapters/${chapter.slug}/members?added=${joined}`, 303);
  });

  app.post<{ Params: { personId: string } }>('/members/:personId/departure', async (request, reply) => {
    const { deskChapter: chapter } = request;
    const { personId } = request.params;
    if (!isId(personId)) return notFound(request, reply);
    const outcome = await endMembership(deps, { chapterId: chapter.id, personId, actor: actorOf(request) });
    if (outcome === 'not_found') return notFound(request, reply);
    if (outcome === 'coordinator') {
      return list(request, reply.code(409), { problem: request.desk.t('desk.members.isCoordinator') });
    }
    return reply.redirect(`/desk/chapters/${chapter.slug}/members?left=${personId}`, 303);
  });

  app.post<{ Params: { personId: string } }>('/members/:personId/return', async (request, reply) => {
    const { deskChapter: chapter } = request;
    const { personId } = request.params;
    const back =
      isId(personId) &&
      (await resumeMembership(deps, { chapterId: chapter.id, personId, actor: actorOf(request) }));
    if (!back) return notFound(request, reply);
    return reply.redirect(`/desk/chapters/${chapter.slug}/members?done=memberBack#p-${personId}`, 303);
  });

  async function list(request: FastifyRequest, reply: FastifyReply, listing: Listing = {}) {
    const { desk, deskChapter: chapter } = request;
    const { left, added } = request.query as { left?: string; added?: string };
    const people = await findDeskMembers(deps.db, chapter.id, deps.clock());
    const gone = left && isId(left) ? await findGone(chapter.id, left) : null;
    const count = request.method === 'GET' && added && /^\d{1,4}$/.test(added) ? Number(added) : null;
    return deskPage(
      request,
      reply,
      'members',
      { title: desk.t('desk.members.title'), chapter, section: 'members' },
      {
        base: `/desk/chapters/${chapter.slug}/members`,
        chapters:
          desk.chapters.length > 1
            ? desk.chapters.map(({ name, slug }) => ({ name, slug, isHere: slug === chapter.slug }))
            : [],
        people: people.map((person) => ({
          id: person.id,
          name: fullName(person),
          email: person.email,
          phone: phoneLink(person.phone),
          isCoordinator: person.isCoordinator,
          silent: person.optedOut,
        })),
        text: listing.text ?? '',
        problem: listing.problem ?? null,
        rejected: listing.rejected ?? [],
        gone,
        ...(count !== null && { done: desk.t('desk.members.added', { count }) }),
      },
    );
  }

  /** Somebody whose membership here has just ended: her name, for the way back. */
  async function findGone(chapterId: string, personId: string) {
    const row = await deps.db
      .selectFrom('people')
      .innerJoin('memberships', 'memberships.personId', 'people.id')
      .select(['people.id', 'people.firstName', 'people.lastName'])
      .where('people.id', '=', personId)
      .where('people.erasedAt', 'is', null)
      .where('memberships.chapterId', '=', chapterId)
      .where('memberships.role', '=', 'member')
      .groupBy('people.id')
      .having((having) => having.fn('bool_and', [having('memberships.endsAt', 'is not', null)]), '=', true)
      .executeTakeFirst();
    return row ? { id: row.id, name: fullName(row) } : null;
  }
}
