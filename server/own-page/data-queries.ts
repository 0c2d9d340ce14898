import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

/** What her own page says of what we hold: where it came from, and how much of each. */
export async function describeData(db: Db, personId: string) {
  const [memberships, invited, counts, former] = await Promise.all([
    db
      .selectFrom('memberships as m')
      .innerJoin('chapters as c', 'c.id', 'm.chapterId')
      .select(['c.name as chapter', 'm.source', 'm.startsAt', 'm.endsAt'])
      .where('m.personId', '=', personId)
      .orderBy('m.startsAt')
      .orderBy('m.id')
      .execute(),
    // Those that came by belonging to a group need no line of their own.
    db
      .selectFrom('invitations as i')
      .innerJoin('chapters as c', 'c.id', 'i.chapterId')
      .select(['c.name as chapter', 'i.source'])
      .select(sql<number>`count(*)::int`.as('count'))
      .where('i.personId', '=', personId)
      .where('i.source', '<>', 'member')
      .groupBy(['c.id', 'c.name', 'i.source'])
      .orderBy('c.name')
      .orderBy('i.source')
      .execute(),
    sql<{ events: number; answers: number; present: number; mails: number }>`select
      (select count(*)::int from invitations where person_id = ${personId}) as events,
      (select count(*)::int from rsvps where person_id = ${personId}) as answers,
      (select count(*)::int from attendance where person_id = ${personId}) as present,
      (select count(*)::int from deliveries where person_id = ${personId}) as mails`.execute(db),
    db
      .selectFrom('formerAddresses')
      .select('email')
      .where('personId', '=', personId)
      .orderBy('createdAt')
      .execute(),
  ]);
  const none = { events: 0, answers: 0, present: 0, mails: 0 };
  return {
    memberships,
    invited,
    ...(counts.rows[0] ?? none),
    formerAddresses: former.map(({ email }) => email),
  };
}

/** What chapters are called, in the order given. */
export async function namesOfChapters(db: Db, slugs: readonly string[]): Promise<string[]> {
  if (slugs.length === 0) return [];
  const rows = await db.selectFrom('chapters').select(['slug', 'name']).where('slug', 'in', slugs).execute();
  return slugs.map((slug) => rows.find((row) => row.slug === slug)?.name ?? slug);
}
