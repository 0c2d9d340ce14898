import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { isNamedTo } from './queries.ts';
import type { Outcome } from './rules.ts';

/** So long a coordinator sees what came of her introductions. */
const shownMs = 90 * 86_400_000;

export type IntroductionByHand = {
  id: string;
  /** `over`: not both said yes, and nobody is told whose it was. */
  standing: 'waiting' | 'made' | 'over';
  createdAt: Date;
  mailedAt: Date | null;
  words: string;
  first: { id: string; firstName: string; lastName: string };
  second: { id: string; firstName: string; lastName: string };
};

/** The introductions that coordinators of a chapter asked for: what waits, then the latest. */
export async function listByHand(db: Db, chapterId: string, now: Date): Promise<IntroductionByHand[]> {
  const { rows } = await sql<IntroductionByHand>`
    select n.id, n.created_at, n.mailed_at, coalesce(n.words, '') as words,
      case when n.state = 'made' and n.mailed_at is not null then 'made'
        when n.state in ('asked', 'made') then 'waiting' else 'over' end as standing,
      json_build_object('id', a.id, 'firstName', a.first_name, 'lastName', a.last_name) as first,
      json_build_object('id', b.id, 'firstName', b.first_name, 'lastName', b.last_name) as second
    from introductions n
    join people a on a.id = n.first_id and a.erased_at is null
    join people b on b.id = n.second_id and b.erased_at is null
    where n.chapter_id = ${chapterId} and n.kind = 'by_hand' and n.created_at > ${new Date(now.getTime() - shownMs)}
    order by n.created_at desc, n.id`.execute(db);
  return rows;
}

export type IntroductionSums = {
  /** Introductions told to both, by kind. */
  wish: number;
  byHand: number;
  /** How many introductions at least one of the two said that they met again. */
  metAgain: number;
  outcomes: Record<Outcome, number>;
};

/** What came of a chapter's introductions, in sums alone. */
export async function countIntroductions(db: Db, chapterId: string): Promise<IntroductionSums> {
  const { rows } = await sql<{ wish: number; byHand: number; metAgain: number } & Record<Outcome, number>>`
    select count(*) filter (where n.kind = 'wish')::int as wish,
      count(*) filter (where n.kind = 'by_hand')::int as by_hand,
      count(*) filter (where s.met)::int as met_again,
      coalesce(sum(s.client), 0)::int as client, coalesce(sum(s.referral), 0)::int as referral,
      coalesce(sum(s.friendship), 0)::int as friendship, coalesce(sum(s.nothing_yet), 0)::int as nothing_yet
    from introductions n cross join lateral (
      select coalesce(bool_or(met_again = 'yes'), false) as met,
        count(*) filter (where outcome = 'client') as client, count(*) filter (where outcome = 'referral') as referral,
        count(*) filter (where outcome = 'friendship') as friendship,
        count(*) filter (where outcome = 'nothing_yet') as nothing_yet
      from introduction_sides where introduction_id = n.id) s
    where n.chapter_id = ${chapterId} and n.state = 'made' and n.mailed_at is not null`.execute(db);
  const row = rows[0] as (typeof rows)[number];
  const { wish, byHand, metAgain, client, referral, friendship } = row;
  // The names of columns go through the camel-case plugin.
  return { wish, byHand, metAgain, outcomes: { client, referral, friendship, nothing_yet: nothingYet(row) } };
}

const nothingYet = (row: object) => (row as { nothingYet?: number }).nothingYet ?? 0;

/** Whether the one may be named to the other before both said yes. */
export async function mayBeNamed(db: Db, named: string, reader: string): Promise<boolean> {
  const { rows } = await sql<{
    may: boolean;
  }>`select ${isNamedTo(sql`${named}::uuid`, sql`${reader}::uuid`)} as may`.execute(db);
  return rows[0]?.may ?? false;
}
