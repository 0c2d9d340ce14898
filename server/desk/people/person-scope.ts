import type { FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import type { Reach } from '../../people/ties.ts';
import { isId } from '../page.ts';
import { type ChapterPerson, findChapterPerson } from './person-queries.ts';

/** The person whom the address names, where she is of the chapter that it names. */
export async function requestedPerson(
  deps: Pick<Deps, 'db' | 'clock'>,
  request: FastifyRequest,
): Promise<ChapterPerson | undefined> {
  const { personId } = request.params as { personId: string };
  if (!isId(personId)) return undefined;
  return findChapterPerson(deps.db, request.deskChapter.id, personId, deps.clock());
}

/** How far whoever asks may reach: her own chapters, and the one that she looks at. */
export function reachOf(request: FastifyRequest): Reach {
  const { desk, deskChapter } = request;
  return {
    chapterIds: [...new Set([...desk.chapterIds, deskChapter.id])],
    isAdministrator: desk.isAdministrator,
  };
}

/** Where a person's page is. */
export function personAddress(chapter: { slug: string }, personId: string): string {
  return `/desk/chapters/${chapter.slug}/people/${personId}`;
}
