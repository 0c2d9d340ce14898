import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { hostNameOf, type Welcomed, welcomeAsJson } from './newcomers.ts';
import { type Company, companyAsJson } from './queries.ts';

/** What a mail tells its reader of other people. */
export type Told = {
  company?: Company;
  /** The first name of who welcomes her, where somebody was chosen. */
  welcomer?: string | null;
  /** In a mail about a choice: the other one. */
  welcome?: Welcomed | null;
};

/**
 * What a mail of a template tells of others, as one JSON text: read when the mail is written, and compared when the
 * first byte of its body leaves, so that a consent withdrawn in between is honoured. Null for a mail that tells nothing.
 */
export function toldAsJson(
  template: string,
  of: { eventId: RawBuilder<unknown>; personId: RawBuilder<unknown>; data: unknown },
): RawBuilder<string> | null {
  switch (template) {
    case 'reminder':
      return sql<string>`jsonb_build_object('company', ${companyAsJson(of.eventId, of.personId)},
        'welcomer', ${hostNameOf(of.eventId, of.personId)})::text`;
    case 'thanks':
    case 'thanks_attended':
      return sql<string>`jsonb_build_object('welcomer', ${hostNameOf(of.eventId, of.personId)})::text`;
    case 'welcome':
      return sql<string>`jsonb_build_object('welcome', ${welcomeAsJson(sql`${welcomeIdOf(of.data)}::uuid`, of.personId)})::text`;
    default:
      return null;
  }
}

const welcomeIdOf = (data: unknown) => (data as { welcomeId?: string }).welcomeId ?? null;

/** Whether a mail about a choice has nothing to say any more: it was taken back, or does not stand. */
export function welcomeIsOver(data: unknown, readerId: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`${welcomeAsJson(sql`${welcomeIdOf(data)}::uuid`, readerId)} is null`;
}

/** The same text for some readers of one mailing, by person; empty for a mail that tells nothing. */
export async function findToldJsons(
  db: Db,
  template: string,
  of: { eventId: string; personIds: readonly string[]; data: unknown },
): Promise<Map<string, string>> {
  const told = toldAsJson(template, {
    eventId: sql`${of.eventId}::uuid`,
    personId: sql.ref('reader.id'),
    data: of.data,
  });
  if (!told) return new Map();
  const { rows } = await sql<{ id: string; told: string }>`
    select reader.id, ${told} as told from unnest(${of.personIds}::uuid[]) as reader (id)`.execute(db);
  return new Map(rows.map(({ id, told }) => [id, told]));
}

export function readTold(json: string | null): Told {
  return json === null ? {} : (JSON.parse(json) as Told);
}
