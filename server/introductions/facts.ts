import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { findNextMeeting, otherAsJson } from './queries.ts';

/** What a mail about an introduction is written from, beside its reader. */
export type IntroductionFacts = {
  introductionId: string;
  createdAt: Date;
  words: string | null;
  by: string | null;
  metAt: string | null;
  /** The other one as `otherAsJson` tells her: compared again when the mail leaves. */
  otherJson: string;
  next: { id: string; title: string; startsAt: Date; timeZone: string } | null;
};

export async function loadIntroduction(
  db: Db,
  of: { introductionId: string; personId: string; now: Date },
): Promise<IntroductionFacts | null> {
  const { rows } = await sql<
    Omit<IntroductionFacts, 'next'> & { chapterId: string; firstId: string; secondId: string }
  >`
    select n.id as introduction_id, n.created_at, n.words, by_whom.first_name as by, e.title as met_at,
      n.chapter_id, n.first_id, n.second_id, ${otherAsJson(sql`n.id`, sql`${of.personId}::uuid`)} as other_json
    from introductions n left join events e on e.id = n.event_id
    left join people by_whom on by_whom.id = n.introduced_by and by_whom.erased_at is null
    where n.id = ${of.introductionId}`.execute(db);
  const [row] = rows;
  if (!row) return null;
  const { chapterId, firstId, secondId, ...facts } = row;
  const next = await findNextMeeting(db, { chapterId, one: firstId, other: secondId, now: of.now });
  return { ...facts, next };
}
