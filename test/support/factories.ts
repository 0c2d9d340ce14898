import { randomUUID } from 'node:crypto';
import type { Db } from '../../server/db/database.ts';
import type { Deps } from '../../server/deps.ts';
import { createEvent, type NewEvent, publishEvent } from '../../server/events/service.ts';
import type { LockedEvent } from '../../server/rsvps/queries.ts';

const actor = { kind: 'system' } as const;

/** The network, a chapter and its coordinator. */
export async function makeChapter(
  db: Db,
  options: { slug?: string; timeZone?: string; locale?: string; holidayCountry?: string | null } = {},
) {
  return db.transaction().execute(async (trx) => {
    const found = await trx.selectFrom('networks').select('id').executeTakeFirst();
    if (!found) await trx.insertInto('networks').values({ name: 'Rete di prova' }).execute();
    const slug = options.slug ?? `g-${randomUUID().slice(0, 8)}`;
    const chapter = await trx
      .insertInto('chapters')
      .values({
        slug,
        name: 'Bologna',
        timeZone: options.timeZone ?? 'Europe/Rome',
        locale: options.locale ?? 'it',
        ...(options.holidayCountry !== undefined && { holidayCountry: options.holidayCountry }),
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    const coordinator = await insertPerson(trx, { firstName: 'Anna', lastName: 'Ricci' });
    await trx
      .insertInto('memberships')
      .values({
        chapterId: chapter.id,
        personId: coordinator.id,
        role: 'coordinator',
        source: 'test',
        startsAt: longAgo,
      })
      .execute();
    return { ...chapter, coordinator };
  });
}

const longAgo = new Date('2020-01-01T00:00:00Z');

async function insertPerson(
  db: Db,
  person: { firstName: string; lastName?: string; email?: string | null; locale?: string; form?: string },
) {
  const email =
    person.email === undefined ? `${person.firstName}.${randomUUID().slice(0, 8)}@example.org` : person.email;
  return db
    .insertInto('people')
    .values({ lastName: 'Prova', source: 'test', ...person, email: email?.toLowerCase() ?? null })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** A person who belongs to a chapter. */
export async function makeMember(
  db: Db,
  chapterId: string,
  person: Parameters<typeof insertPerson>[1] = { firstName: 'Giulia' },
) {
  const row = await insertPerson(db, person);
  await db
    .insertInto('memberships')
    .values({ chapterId, personId: row.id, role: 'member', source: 'test', startsAt: longAgo })
    .execute();
  return row;
}

export async function makeMembers(db: Db, chapterId: string, count: number) {
  const people = [];
  for (let i = 1; i <= count; i += 1)
    people.push(await makeMember(db, chapterId, { firstName: `Socia${i}` }));
  return people;
}

/** An event ten days ahead of the clock, at 18:30 in Bologna, published unless said otherwise. */
export async function makeEvent(
  deps: Deps,
  chapterId: string,
  details: Partial<NewEvent> & { draft?: boolean } = {},
): Promise<LockedEvent> {
  const { draft, ...given } = details;
  const startsAt = given.startsAt ?? new Date(deps.clock().getTime() + 10 * 86_400_000);
  const made = await createEvent(
    deps,
    chapterId,
    {
      title: 'Aperitivo di rete',
      format: 'in_person',
      timeZone: 'Europe/Rome',
      venueName: 'Enoteca Storica',
      venueAddress: 'Via Marsala 2, Bologna',
      endsAt: new Date(startsAt.getTime() + 2 * 3_600_000),
      ...given,
      startsAt,
    },
    actor,
  );
  if (!made.ok) throw new Error(JSON.stringify(made));
  if (draft) return made.event;
  const published = await publishEvent(deps, made.event.id, { actor });
  if (!published.ok) throw new Error(JSON.stringify(published));
  return published.event;
}
