import { type RawBuilder, sql } from 'kysely';
import { isCurrent } from '../chapters/current.ts';
import type { Db } from '../db/database.ts';
import { literal } from '../db/like.ts';
import type { DirectoryField } from './rules.ts';

/** Whose `/d/` link it may be: somebody who belongs to the chapter now. */
export async function findReader(db: Db, of: { personId: string; chapterId: string }, now: Date) {
  return db
    .selectFrom('people as p')
    .innerJoin('chapters as c', (join) => join.onTrue())
    .innerJoin('networks as n', (join) => join.onTrue())
    .select(['p.id as personId', 'p.locale as personLocale', 'p.form as personForm'])
    .select(['c.id as chapterId', 'c.slug', 'c.name as chapterName', 'c.locale as chapterLocale'])
    .select([
      'c.accentColour',
      'n.name as networkName',
      sql<string>`coalesce(c.form, n.form)`.as('networkForm'),
    ])
    .where('p.id', '=', of.personId)
    .where('p.erasedAt', 'is', null)
    .where('c.id', '=', of.chapterId)
    .where((where) =>
      where.exists(
        where
          .selectFrom('memberships as m')
          .select('m.id')
          .where('m.chapterId', '=', of.chapterId)
          .where('m.personId', '=', of.personId)
          .where(isCurrent('m', now)),
      ),
    )
    .executeTakeFirst();
}

export type Reader = NonNullable<Awaited<ReturnType<typeof findReader>>>;

/**
 * Whether the entry under `d` is one that the group may see: she belongs to it now, and has said yes since she came.
 * Whoever left and comes back is asked again.
 */
const holds = (now: Date) => sql<boolean>`d.updated_at >= (
  select min(m.starts_at) from memberships m
  where m.chapter_id = d.chapter_id and m.person_id = d.person_id and ${isCurrent('m', now)})`;

const chosen = (field: DirectoryField, value: RawBuilder<unknown>) =>
  sql<string | null>`case when ${sql.lit(field)} = any (d.fields) then nullif(${value}, '') end`;

export type Listed = {
  personId: string;
  firstName: string;
  lastName: string;
  hasPhoto: boolean;
} & Record<'work' | 'askMe' | 'seeks' | 'offers' | 'email' | 'phone' | 'website', string | null>;

/**
 * A page of a chapter's directory, by name. What somebody did not choose to show does not leave the database, and is not
 * found by searching for it either.
 */
export async function listDirectory(
  db: Db,
  of: { chapterId: string; words: string; now: Date; offset: number; limit: number },
): Promise<Listed[]> {
  const words = of.words
    .split(/\s+/)
    .filter(Boolean)
    .map(
      (
        word,
      ) => sql`fold_text(concat_ws(' ', s.first_name, s.last_name, s.work, s.ask_me, s.seeks, s.offers, s.email,
      s.phone, s.website)) like '%' || fold_text(${literal(word)}) || '%'`,
    );
  const { rows } = await sql<Listed>`
    with s as (
      select p.id as person_id, p.first_name, p.last_name,
        ('photo' = any (d.fields) and exists (select 1 from photos x where x.person_id = p.id)) as has_photo,
        ${chosen('work', sql`pr.work`)} as work, ${chosen('ask_me', sql`pr.ask_me`)} as ask_me,
        ${chosen('seeks', sql`pr.seeks`)} as seeks, ${chosen('offers', sql`pr.offers`)} as offers,
        ${chosen('email', sql`p.email::text`)} as email, ${chosen('phone', sql`p.phone`)} as phone,
        ${chosen('website', sql`pr.website`)} as website
      from directory_entries d join people p on p.id = d.person_id left join profiles pr on pr.person_id = p.id
      where d.chapter_id = ${of.chapterId} and p.erased_at is null and ${holds(of.now)})
    select * from s ${words.length > 0 ? sql`where ${sql.join(words, sql` and `)}` : sql``}
    order by first_name collate "it-x-icu", last_name collate "it-x-icu", person_id
    offset ${of.offset} limit ${of.limit}
  `.execute(db);
  return rows;
}

/** Her photo, where she shows it to this chapter. */
export async function findListedPhoto(
  db: Db,
  of: { chapterId: string; personId: string },
  now: Date,
): Promise<Buffer | null> {
  const { rows } = await sql<{ bytes: Buffer }>`
    select x.bytes from directory_entries d join people p on p.id = d.person_id join photos x on x.person_id = p.id
    where d.chapter_id = ${of.chapterId} and d.person_id = ${of.personId} and 'photo' = any (d.fields)
      and p.erased_at is null and ${holds(now)}
  `.execute(db);
  return rows[0]?.bytes ?? null;
}

/** What she shows to each of her groups; no row where she is not listed. */
export async function listEntries(db: Db, personId: string, now: Date) {
  const { rows } = await sql<{ chapterId: string; fields: DirectoryField[] }>`
    select d.chapter_id, d.fields from directory_entries d where d.person_id = ${personId} and ${holds(now)}
  `.execute(db);
  return rows;
}

/** What she could show, and whether she has a photo. */
export async function findOwnFields(db: Db, personId: string) {
  return db
    .selectFrom('people as p')
    .leftJoin('profiles as pr', 'pr.personId', 'p.id')
    .leftJoin('photos as x', 'x.personId', 'p.id')
    .select(['p.email', 'p.phone', 'pr.work', 'pr.askMe', 'pr.seeks', 'pr.offers', 'pr.website'])
    .select(sql<boolean>`x.person_id is not null`.as('hasPhoto'))
    .where('p.id', '=', personId)
    .executeTakeFirstOrThrow();
}
