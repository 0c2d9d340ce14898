import { type RawBuilder, sql } from 'kysely';

/** Whether the membership under an alias holds at a moment: she has come, and has not left by then. */
export function isCurrent(alias: string, at: Date | RawBuilder<unknown>): RawBuilder<boolean> {
  const ends = sql.ref(`${alias}.endsAt`);
  return sql<boolean>`(${sql.ref(`${alias}.startsAt`)} <= ${at} and (${ends} is null or ${ends} > ${at}))`;
}
