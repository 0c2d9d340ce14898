import { type Actor, audit } from '../audit.ts';
import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { welcomeWithLink } from '../organizers/office-mail.ts';
import type { Person } from '../people/queries.ts';
import { ensurePerson, type NewPerson } from '../people/service.ts';
import { type Chapter, findFirstCoordinator, findRoles, insertMembership, type Role } from './queries.ts';

export type NewChapter = {
  slug: string;
  name: string;
  timeZone: string;
  locale: string;
  holidayCountry?: string | null;
  holidayRegion?: string | null;
};

export type ChapterOutcome =
  | { ok: true; chapter: Chapter; coordinator: string }
  | { ok: false; reason: 'not_set_up' | 'slug_taken' | 'address_erased' | 'no_coordinator' };

/** Makes a chapter with its coordinator. Without one, whoever has coordinated in the network for longest holds it. */
export async function createChapter(
  deps: Pick<Deps, 'db' | 'clock' | 'links'>,
  input: NewChapter,
  coordinator: NewPerson | null,
  actor: Actor,
): Promise<ChapterOutcome> {
  const now = deps.clock();
  return deps.db
    .transaction()
    .execute(async (trx): Promise<ChapterOutcome> => {
      const network = await trx.selectFrom('networks').select('id').executeTakeFirst();
      if (!network) return { ok: false, reason: 'not_set_up' };
      return insertChapter(trx, deps, input, coordinator, { actor, now });
    })
    .catch((error: unknown) => {
      if (error instanceof NoCoordinator) return { ok: false, reason: error.reason };
      throw error;
    });
}

/**
 * The same in a transaction that is open already.
 * @throws NoCoordinator, which must roll it back: the chapter stands in it by then
 */
export async function insertChapter(
  trx: Trx,
  deps: Pick<Deps, 'links'>,
  input: NewChapter,
  coordinator: NewPerson | null,
  { actor, now }: { actor: Actor; now: Date },
): Promise<ChapterOutcome> {
  const chapter = await insertChapterRow(trx, input, now);
  if (!chapter) return { ok: false, reason: 'slug_taken' };
  const personId = await findCoordinator(trx, deps, coordinator, now);
  await insertMembership(trx, {
    chapterId: chapter.id,
    personId,
    role: 'coordinator',
    source: actor.kind,
    now,
  });
  await audit(trx, {
    actor,
    chapterId: chapter.id,
    action: 'chapter.created',
    subjectType: 'chapter',
    subjectId: chapter.id,
    detail: { coordinator: personId },
  });
  // Whoever makes a chapter at the desk has somebody in mind who does not know yet.
  if (coordinator && actor.kind === 'person') {
    await welcomeWithLink(trx, deps, {
      variant: 'welcome',
      personId,
      chapterId: chapter.id,
      otherId: actor.id === personId ? null : actor.id,
      cause: chapter.id,
      now,
    });
  }
  return { ok: true, chapter, coordinator: personId };
}

/** Rolls the chapter back that nobody would coordinate. */
class NoCoordinator extends Error {
  reason: 'address_erased' | 'no_coordinator';
  constructor(reason: 'address_erased' | 'no_coordinator') {
    super(reason);
    this.reason = reason;
  }
}

async function insertChapterRow(trx: Trx, input: NewChapter, now: Date): Promise<Chapter | undefined> {
  return trx
    .insertInto('chapters')
    .values({ ...input, createdAt: now })
    .onConflict((conflict) => conflict.constraint('chapters_slug_key').doNothing())
    .returningAll()
    .executeTakeFirst();
}

async function findCoordinator(
  trx: Trx,
  deps: Pick<Deps, 'links'>,
  coordinator: NewPerson | null,
  now: Date,
): Promise<string> {
  if (!coordinator) {
    const first = await findFirstCoordinator(trx);
    if (!first) throw new NoCoordinator('no_coordinator');
    return first;
  }
  const made = await ensurePerson(trx, deps.links, coordinator, { source: 'coordinator', now });
  if (!made.ok) throw new NoCoordinator(made.reason);
  return made.person.id;
}

export type MemberOutcome =
  | { ok: true; person: Person; role: Role; joined: boolean }
  | { ok: false; reason: 'address_erased' };

/**
 * Makes somebody a member of a chapter. One who is already stays as she is; only `coordinator` adds to her role.
 * `joined` says whether she belonged to the chapter before.
 */
export async function addMember(
  deps: Pick<Deps, 'db' | 'clock' | 'links'>,
  chapterId: string,
  input: NewPerson & { role?: Role | undefined },
  options: { actor: Actor; source: string },
): Promise<MemberOutcome> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const made = await ensurePerson(trx, deps.links, input, { source: options.source, now });
    if (!made.ok) return made;
    const { person } = made;
    const roles = await findRoles(trx, chapterId, person.id, now);
    const wanted: Role = input.role ?? 'member';
    const has = roles.includes(wanted) || (wanted === 'member' && roles.length > 0);
    const added =
      !has &&
      (await insertMembership(trx, {
        chapterId,
        personId: person.id,
        role: wanted,
        source: options.source,
        addedBy: options.actor.kind === 'person' ? options.actor.id : null,
        now,
      }));
    if (added) {
      await audit(trx, {
        actor: options.actor,
        chapterId,
        action: 'member.added',
        subjectType: 'person',
        subjectId: person.id,
        detail: { role: wanted },
      });
    }
    const role = wanted === 'coordinator' || roles.includes('coordinator') ? 'coordinator' : 'member';
    return { ok: true, person, role, joined: added && roles.length === 0 };
  });
}
