import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { addMember } from '../../chapters/service.ts';
import type { Deps } from '../../deps.ts';
import { deskPage, fieldOf, isId } from '../page.ts';
import { actorOf, notFound } from '../scope.ts';
import { fullName } from '../views.ts';
import { addPage } from './add-page.ts';
import { readMemberLines } from './member-lines.ts';
import { findMembers, type MemberFilter, memberFilters, wasMember } from './member-list.ts';
import { endMembership, findKnownAddresses, resumeMembership } from './membership.ts';
import { memberRow } from './person-view.ts';

const mostLines = 1000;
/** As many long lines as that, as a form sends them: more than other forms may hold. */
const listLimit = { bodyLimit: 512 * 1024 };
const longestSearch = 100;

/** A chapter's members: the list, more by pasting, and an end that can be undone. */
export async function memberRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/members', (request, reply) => list(request, reply));

  /** One person by a form, or many by a paste. */
  app.get('/members/new', (request, reply) => addPage(request, reply));

  /** What was understood, before anything is written. */
  app.post('/members/preview', listLimit, async (request, reply) => {
    const { desk, deskChapter: chapter } = request;
    const text = fieldOf(request.body, 'people');
    const { members, rejected } = readMemberLines(text);
    if (members.length + rejected.length === 0) {
      return addPage(request, reply.code(400), { text, problem: desk.t('desk.members.empty') });
    }
    if (members.length + rejected.length > mostLines) {
      const problem = desk.t('desk.members.tooMany', { most: mostLines });
      return addPage(request, reply.code(400), { text, problem });
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
    if (fieldOf(request.body, 'next') === 'edit') return addPage(request, reply, { text });
    const { members, rejected } = readMemberLines(text);
    if (members.length === 0 || members.length + rejected.length > mostLines) {
      return addPage(request, reply.code(400), { text, problem: desk.t('desk.members.empty') });
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
    if (refused.length > 0) return addPage(request, reply, { rejected: refused });
    return reply.redirect(`/desk/chapters/${chapter.slug}/members?added=${joined}`, 303);
  });

  app.post<{ Params: { personId: string } }>('/members/:personId/departure', async (request, reply) => {
    const { deskChapter: chapter } = request;
    const { personId } = request.params;
    if (!isId(personId)) return notFound(request, reply);
    const outcome = await endMembership(deps, { chapterId: chapter.id, personId, actor: actorOf(request) });
    if (outcome === 'not_found') return notFound(request, reply);
    if (outcome === 'coordinator') {
      return list(request, reply.code(409), request.desk.t('desk.members.isCoordinator'));
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

  async function list(request: FastifyRequest, reply: FastifyReply, problem: string | null = null) {
    const { desk, deskChapter: chapter } = request;
    const now = deps.clock();
    const asked = askedFor(request);
    if (asked.after && !(await wasMember(deps.db, chapter.id, asked.after))) return notFound(request, reply);
    const { left, added, erased } = request.query as Record<string, unknown>;
    const search = { chapterId: chapter.id, words: asked.words, now };
    const { counts, people, next } = await findMembers(deps.db, search, asked.filter, asked.after);
    const gone = typeof left === 'string' && isId(left) ? await findGone(chapter.id, left) : null;
    const isGet = request.method === 'GET';
    const count = isGet && typeof added === 'string' && /^\d{1,4}$/.test(added) ? Number(added) : null;
    const said =
      count !== null
        ? desk.t('desk.members.added', { count })
        : isGet && erased === '1'
          ? desk.t('folk.done.erased')
          : null;
    const base = `/desk/chapters/${chapter.slug}/members`;
    const shown = asked.filter ? counts[asked.filter] : counts.all;
    return deskPage(
      request,
      reply,
      'members',
      {
        title: desk.t('desk.members.title'),
        chapter,
        section: 'members',
        sheets: ['people.css'],
        scripts: ['people.js'],
      },
      {
        base,
        chapters:
          desk.chapters.length > 1
            ? desk.chapters.map(({ name, slug }) => ({ name, slug, isHere: slug === chapter.slug }))
            : [],
        words: asked.words,
        filter: asked.filter,
        heading:
          asked.words || asked.filter
            ? desk.t('folk.list.found', { count: shown })
            : desk.t('desk.members.heading', { count: counts.all }),
        chips: [null, ...memberFilters].map((filter) => ({
          label: desk.t(`folk.filter.${filter ?? 'all'}`),
          count: counts[filter ?? 'all'],
          href: listAddress(base, { ...asked, filter, after: null }),
          isHere: filter === asked.filter,
        })),
        people: people.map((person) => memberRow(person, { filter: asked.filter, chapter, desk })),
        isAlone: counts.all <= 1 && !asked.words && !asked.filter,
        isFirst: asked.after === null,
        first: listAddress(base, { ...asked, after: null }),
        next: next ? listAddress(base, { ...asked, after: next }) : null,
        everybody: base,
        csv: listAddress(`${base}.csv`, { ...asked, after: null }),
        importUrl: `/desk/chapters/${chapter.slug}/import`,
        problem,
        gone,
        ...(said !== null && { done: said }),
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

type Asked = { words: string; filter: MemberFilter | null; after: string | null };

/** What the address asks of the list. A form that was refused shows all of it. */
export function askedFor(request: FastifyRequest): Asked {
  const { q, filter, after } = request.query as Record<string, unknown>;
  return {
    words: fieldOf({ q }, 'q').trim().slice(0, longestSearch),
    filter: memberFilters.find((known) => known === filter) ?? null,
    // Of whatever is no id, the first page is shown.
    after: typeof after === 'string' && isId(after) ? after : null,
  };
}

function listAddress(base: string, { words, filter, after }: Asked): string {
  const query = new URLSearchParams();
  if (words) query.set('q', words);
  if (filter) query.set('filter', filter);
  if (after) query.set('after', after);
  return query.size > 0 ? `${base}?${query}` : base;
}
