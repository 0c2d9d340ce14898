import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';

/** Where a chapter met before, the latest place first: suggested while she types. */
export async function findKnownPlaces(
  db: Db,
  chapterId: string,
): Promise<{ name: string; address: string }[]> {
  const { rows } = await sql<{ name: string; address: string }>`
    select name, address from (
      select distinct on (lower(venue_name)) venue_name as name, coalesce(venue_address, '') as address, starts_at
      from (
        select venue_name, venue_address, starts_at from events
        where chapter_id = ${chapterId} and venue_name is not null and state <> 'cancelled'
        order by starts_at desc limit 60) recent
      order by lower(venue_name), starts_at desc) known
    order by starts_at desc limit 12
  `.execute(db);
  return rows;
}
