import type { Selectable } from 'kysely';
import { isCurrent } from '../chapters/current.ts';
import type { Db } from '../db/database.ts';
import type { People } from '../db/types.ts';
import type { Deps } from '../deps.ts';
import { type Form, type Locale, pickLocale, type Translate, translator } from '../web/i18n.ts';
import { nobody, publicIdOf, split } from '../web/links.ts';

/** Whose page it is, the chapters that she belongs to now, and how pages speak to her. */
export type Owner = {
  person: Selectable<People>;
  chapters: {
    id: string;
    slug: string;
    name: string;
    timeZone: string;
    accentColour: string;
    role: string;
  }[];
  network: { name: string };
  locale: Locale;
  form: Form;
  t: Translate;
};

/**
 * Reads a `/me/` link. A link sent under a row that was merged into another opens hers who stayed.
 * @returns null for a link that opens nothing: which part of it was wrong is not said, nor can it be timed
 */
export async function openOwnPage(deps: Pick<Deps, 'db' | 'clock' | 'links'>, token: string) {
  const personId = publicIdOf(token) ?? nobody;
  const stated = await findStated(deps.db, personId);
  const genuine = deps.links.isOwnPageMac(split(token).mac, {
    personId: stated ? personId : nobody,
    linkEpoch: stated?.linkEpoch ?? 0,
  });
  if (!stated || !genuine) return null;
  return findOwner(deps.db, stated.keptId, deps.clock());
}

/** What a link's public part names: a person, or a row that was merged into one. */
export async function findStated(db: Db, personId: string) {
  const person = await db
    .selectFrom('people')
    .select(['id as keptId', 'linkEpoch'])
    .where('id', '=', personId)
    .where('erasedAt', 'is', null)
    .executeTakeFirst();
  if (person) return person;
  return db
    .selectFrom('mergedPeople')
    .select(['keptId', 'linkEpoch'])
    .where('id', '=', personId)
    .executeTakeFirst();
}

export async function findOwner(db: Db, personId: string, now: Date): Promise<Owner | null> {
  const person = await db
    .selectFrom('people')
    .selectAll()
    .where('id', '=', personId)
    .where('erasedAt', 'is', null)
    .executeTakeFirst();
  if (!person) return null;
  const network = await db
    .selectFrom('networks')
    .select(['name', 'form', 'locale'])
    .executeTakeFirstOrThrow();
  const chapters = await db
    .selectFrom('memberships as m')
    .innerJoin('chapters as c', 'c.id', 'm.chapterId')
    .select(['c.id', 'c.slug', 'c.name', 'c.timeZone', 'c.accentColour', 'c.locale', 'c.form', 'm.role'])
    .distinctOn('c.id')
    .where('m.personId', '=', personId)
    .where(isCurrent('m', now))
    .orderBy('c.id')
    .orderBy('m.role')
    .execute();
  const [first] = chapters;
  const locale = pickLocale(person.locale ?? first?.locale ?? network.locale, undefined, 'it');
  // Nobody knows how a guest would like to be addressed.
  const usual = first ? (first.form ?? network.form) : 'neutral';
  const form = (person.form ?? usual) as Form;
  return { person, chapters, network, locale, form, t: translator(locale, form) };
}
