import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

/** How many mails may leave: by the second and by the day, over all workers. */

/** How much of a second's worth may be saved up: a moment of silence is not followed by a flood. */
const burstSeconds = 0.1;
/** The share of a day's limit that is kept for what somebody waits for. */
const urgentShare = 0.1;
const hourMs = 3_600_000;

/**
 * Draws up to `want` sends from the bucket that all workers share.
 * @param rate messages a second
 * @param ahead what somebody waits for may be drawn before its time, up to a second's worth: the rest then waits longer
 * @returns how many may leave now
 */
export async function drawTokens(db: Db, rate: number, want: number, ahead = false): Promise<number> {
  const burst = Math.max(1, rate * burstSeconds);
  const debt = ahead ? Math.max(1, rate) : 0;
  const filled = sql`least(${burst}::float8,
    tokens + extract(epoch from clock_timestamp() - refilled_at)::float8 * ${rate}::float8)`;
  const given = sql`greatest(0, least(${want}::float8, floor(${filled} + ${debt}::float8)))`;
  const result = await sql<{ granted: number }>`
    update mail_rate set refilled_at = clock_timestamp(), granted = ${given}, tokens = ${filled} - ${given}
    returning granted
  `.execute(db);
  return result.rows[0]?.granted ?? 0;
}

/** Gives back what was drawn and not used. */
export async function returnTokens(db: Db, count: number): Promise<void> {
  if (count > 0) await sql`update mail_rate set tokens = tokens + ${count}`.execute(db);
}

/**
 * Draws up to `want` of what may leave within any 24 hours, counted by the hour. The last tenth is kept for what somebody
 * waits for.
 * @returns how many may leave now
 */
export async function drawFromDay(
  db: Db,
  of: { limit: number; want: number; urgent: boolean; now: Date },
): Promise<number> {
  const { limit, want, urgent, now } = of;
  return db.transaction().execute(async (trx) => {
    // One after the other: two that count at the same moment would both take the last ones.
    await sql`select 1 from mail_rate for update`.execute(trx);
    const drawn = await countLastDay(trx, now);
    const most = urgent ? limit : Math.floor(limit * (1 - urgentShare));
    const given = Math.max(0, Math.min(want, most - drawn));
    if (given > 0) await addToHour(trx, now, given);
    await sql`delete from mail_hours where hour <= ${new Date(now.getTime() - 48 * hourMs)}`.execute(trx);
    return given;
  });
}

/** Gives back what was drawn from the day and not used. */
export async function returnToDay(db: Db, now: Date, count: number): Promise<void> {
  if (count > 0)
    await sql`update mail_hours set drawn = greatest(0, drawn - ${count}) where hour = ${hourOf(now)}`.execute(
      db,
    );
}

/** Where the day's limit holds mails back: how many have left in 24 hours, and when the next ones may. */
export type DayHold = { limit: number; drawn: number; until: Date };

/** What the day's limit holds back now, or null where there is still room for what is not urgent. */
export async function findDayHold(db: Db, limit: number | null, now: Date): Promise<DayHold | null> {
  if (limit === null) return null;
  const drawn = await countLastDay(db, now);
  if (drawn < Math.floor(limit * (1 - urgentShare))) return null;
  const { rows } = await sql<{ hour: Date }>`
    select hour from mail_hours where hour >= ${dayBefore(now)} and drawn > 0 order by hour limit 1`.execute(
    db,
  );
  return { limit, drawn, until: new Date((rows[0]?.hour ?? hourOf(now)).getTime() + 25 * hourMs) };
}

async function countLastDay(db: Db, now: Date): Promise<number> {
  const { rows } = await sql<{ drawn: number }>`
    select coalesce(sum(drawn), 0)::int as drawn from mail_hours where hour >= ${dayBefore(now)}`.execute(db);
  return rows[0]?.drawn ?? 0;
}

async function addToHour(db: Db, now: Date, count: number): Promise<void> {
  await sql`insert into mail_hours (hour, drawn) values (${hourOf(now)}, ${count})
    on conflict (hour) do update set drawn = mail_hours.drawn + excluded.drawn`.execute(db);
}

const hourOf = (at: Date) => new Date(Math.floor(at.getTime() / hourMs) * hourMs);
/** An hour counts until the last of its mails is 24 hours old. */
const dayBefore = (now: Date) => new Date(hourOf(now).getTime() - 24 * hourMs);
