import type { Deps } from '../../server/deps.ts';
import { chapter, type Name } from './people.ts';

/** The network as it stands in the database: what the story refers to by name. */
export type Cast = { chapterId: string; ids: ReadonlyMap<Name, string> };

/** The same use cases, at another moment. */
export function at(deps: Deps, moment: Date): Deps {
  return { ...deps, clock: () => moment };
}

export function idOf(cast: Cast, name: Name): string {
  const id = cast.ids.get(name);
  if (!id) throw new Error(`nobody in the demo is called ${name}`);
  return id;
}

/** The value of a use case that cannot be refused here. */
export function must<T extends { ok: boolean }>(outcome: T): Extract<T, { ok: true }> {
  if (!outcome.ok) throw new Error(`the demo was refused: ${JSON.stringify(outcome)}`);
  return outcome as Extract<T, { ok: true }>;
}

/** Reads the people of an earlier start. */
export async function findCast(deps: Deps): Promise<Cast> {
  const rows = await deps.db
    .selectFrom('memberships')
    .innerJoin('chapters', 'chapters.id', 'memberships.chapterId')
    .innerJoin('people', 'people.id', 'memberships.personId')
    .select(['chapters.id as chapterId', 'people.id', 'people.firstName'])
    .where('chapters.slug', '=', chapter.slug)
    // Whoever was added since may share a first name.
    .orderBy('people.createdAt', 'desc')
    .execute();
  const [member] = rows;
  if (!member) throw new Error('the demo has lost its chapter: npm run demo -- --fresh');
  return { chapterId: member.chapterId, ids: new Map(rows.map((row) => [row.firstName as Name, row.id])) };
}
