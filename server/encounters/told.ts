import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { type Company, companyAsJson } from './queries.ts';

/** What a mail tells its reader of other people. */
export type Told = { company?: Company };

/**
 * What a mail of a template tells of others, as one JSON text: read when the mail is written, and compared when the
 * first byte of its body leaves, so that a consent withdrawn in between is honoured. Null for a mail that tells nothing.
 */
export function toldAsJson(
  template: string,
  of: { eventId: RawBuilder<unknown>; personId: RawBuilder<unknown> },
): RawBuilder<string> | null {
  switch (template) {
    case 'reminder':
      return sql<string>`jsonb_build_object('company', ${companyAsJson(of.eventId, of.personId)})::text`;
    default:
      return null;
  }
}

export async function findToldJson(
  db: Db,
  template: string,
  of: { eventId: string; personId: string },
): Promise<string | null> {
  const told = toldAsJson(template, {
    eventId: sql`${of.eventId}::uuid`,
    personId: sql`${of.personId}::uuid`,
  });
  if (!told) return null;
  const { rows } = await sql<{ told: string }>`select ${told} as told`.execute(db);
  return rows[0]?.told ?? null;
}

export function readTold(json: string | null): Told {
  return json === null ? {} : (JSON.parse(json) as Told);
}
