import { sql } from 'kysely';
import type { Deps } from '../deps.ts';
import { wallClockAt } from '../events/local-time.ts';
import { isoDay } from '../web/dates.ts';
import { findRetention } from './settings.ts';
import { limitsOf, steps } from './steps.ts';

/** From then on, by the wall clock of the network's first chapter; a night that nobody ran is caught up by day. */
const hour = 3;
/** A run that says nothing for so long was left behind, and is taken up by whoever finds it. */
const leaseMs = 10 * 60_000;

export type Did = Record<string, number>;

/**
 * Once a night, what has had its time goes: in short transactions, one kind after the other. Two workers at once do it
 * once, since the night has one row; a crash in the middle leaves it to the next.
 * @returns what it did; null where there is nothing to do now
 */
export async function runRetention(deps: Pick<Deps, 'db' | 'clock'>): Promise<Did | null> {
  const { db } = deps;
  const now = deps.clock();
  const first = await db
    .selectFrom('chapters')
    .select('timeZone')
    .orderBy('createdAt')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  if (!first) return null;
  const local = wallClockAt(now, first.timeZone);
  if (local.hour < hour) return null;
  const night = isoDay(now, first.timeZone);
  const claimed = await sql`
    insert into retention_runs as run (night, ran_at, claimed_at) values (${night}, ${now}, ${now})
    on conflict (night) do update set claimed_at = excluded.claimed_at
      where run.finished_at is null and run.claimed_at <= ${new Date(now.getTime() - leaseMs)}
    returning night`.execute(db);
  if (claimed.rows.length === 0) return null;

  const keep = await findRetention(db);
  for (const [name, step] of Object.entries(steps)) {
    for (let count = 1; count > 0; ) {
      count = await db.transaction().execute(async (trx) => {
        const done = await step(trx, await limitsOf(trx, keep, now));
        // In the same transaction: what is counted was done, however it ends. It also says that the run goes on.
        if (done > 0)
          await sql`update retention_runs set claimed_at = ${deps.clock()},
              did = did || jsonb_build_object(${name}::text, coalesce((did ->> ${name}::text)::int, 0) + ${done}::int)
            where night = ${night}`.execute(trx);
        return done;
      });
    }
  }
  const { rows } = await sql<{ did: Did }>`
    update retention_runs set finished_at = ${deps.clock()} where night = ${night} returning did`.execute(db);
  return rows[0]?.did ?? {};
}

/** The last nights, the latest first. */
export async function listRuns(db: Deps['db']) {
  return db
    .selectFrom('retentionRuns')
    .select(['ranAt', 'finishedAt', 'did'])
    .orderBy('night', 'desc')
    .limit(14)
    .execute();
}
