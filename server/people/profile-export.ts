import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { exportEntries } from '../directory/person-queries.ts';
import { inPart, type Part } from './export-part.ts';

/**
 * What she tells of herself on her own page, her photo, and each yes and no. A coordinator's copy has none of it but what
 * was said about her chapters' events: the rest she tells to whom she chooses.
 */
export async function exportProfile(db: Db, part: Part) {
  return {
    profile: part.isPrivate ? await findProfile(db, part.personId) : null,
    photo: part.isPrivate ? await findPhoto(db, part.personId) : null,
    directory: await exportEntries(db, part),
    consents: await listConsents(db, part),
  };
}

async function findProfile(db: Db, personId: string) {
  const row = await db
    .selectFrom('profiles')
    .select(['askMe', 'work', 'seeks', 'offers', 'website', 'visible', 'welcomes', 'contacts', 'updatedAt'])
    .where('personId', '=', personId)
    .executeTakeFirst();
  return row ?? null;
}

/** As a browser shows it, pasted where an address would stand. */
async function findPhoto(db: Db, personId: string): Promise<string | null> {
  const row = await db
    .selectFrom('photos')
    .select('bytes')
    .where('personId', '=', personId)
    .executeTakeFirst();
  return row ? `data:image/jpeg;base64,${row.bytes.toString('base64')}` : null;
}

async function listConsents(db: Db, part: Part) {
  return (
    db
      .selectFrom('consents as k')
      .leftJoin('chapters as c', 'c.id', 'k.chapterId')
      .select(['k.what', 'k.given', 'k.fields', 'c.slug as chapter', 'k.eventId', 'k.source', 'k.at'])
      .where('k.personId', '=', part.personId)
      .where(inPart('k.chapterId', part))
      // To whom she gives which contact is between her and the other.
      .where(part.isPrivate ? sql<boolean>`true` : sql<boolean>`k.what <> 'contacts'`)
      .orderBy('k.id')
      .execute()
  );
}
