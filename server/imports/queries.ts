import { sql } from 'kysely';
import type { Actor } from '../audit.ts';
import type { Db, Trx } from '../db/database.ts';
import type { Change, Known } from './rules.ts';

/** What an import asks and writes, for some hundreds of people in one statement each. */

/**
 * Who is known by some addresses, each by one that is or was hers, and what she is to a chapter. Whoever has an address
 * now comes before whoever had it. Three plain statements: joined, they are read in whole tables while a new chapter's
 * figures are not known to the planner yet.
 */
export async function findByAddresses(
  db: Db,
  chapterId: string,
  emails: readonly string[],
  now: Date,
  options: { lock: boolean },
): Promise<Map<string, Known>> {
  const present = await findPresent(db, emails, options);
  const missing = emails.filter((email) => !present.has(email));
  const found = new Map([...present, ...(await findFormer(db, missing, options))]);
  const ties = await findTies(
    db,
    chapterId,
    [...found.values()].map(({ id }) => id),
    now,
  );
  return new Map(
    [...found].map(([email, person]) => [
      email,
      { ...person, isMember: ties.get(person.id) ?? false, wasMember: ties.has(person.id) },
    ]),
  );
}

type FoundPerson = Omit<Known, 'isMember' | 'wasMember'>;

async function findPresent(
  db: Db,
  emails: readonly string[],
  { lock }: { lock: boolean },
): Promise<Map<string, FoundPerson>> {
  const { rows } = await sql<FoundPerson & { email: string }>`
    select p.id, lower(p.email::text) as email, p.first_name, p.last_name, p.phone, p.locale
    from people p where p.email = any(${[...emails]}::citext[]) order by p.id
    ${lock ? sql`for no key update` : sql``}
  `.execute(db);
  return new Map(rows.map(({ email, ...person }) => [email, person]));
}

async function findFormer(
  db: Db,
  emails: readonly string[],
  { lock }: { lock: boolean },
): Promise<Map<string, FoundPerson>> {
  if (emails.length === 0) return new Map();
  const { rows } = await sql<FoundPerson & { email: string }>`
    select p.id, lower(f.email::text) as email, p.first_name, p.last_name, p.phone, p.locale
    from former_addresses f join people p on p.id = f.person_id
    where f.email = any(${[...emails]}::citext[]) and p.erased_at is null order by p.id
    ${lock ? sql`for no key update of p` : sql``}
  `.execute(db);
  return new Map(rows.map(({ email, ...person }) => [email, person]));
}

/** Who of some people belongs or belonged to a chapter: true for those who do now. */
async function findTies(
  db: Db,
  chapterId: string,
  personIds: readonly string[],
  now: Date,
): Promise<Map<string, boolean>> {
  if (personIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('memberships')
    .select(['personId', sql<boolean>`bool_or(ends_at is null or ends_at > ${now})`.as('isMember')])
    .where('personId', '=', sql<string>`any(${[...personIds]}::uuid[])`)
    .where('chapterId', '=', chapterId)
    .groupBy('personId')
    .execute();
  return new Map(rows.map(({ personId, isMember }) => [personId, isMember]));
}

/** Which of some keyed hashes belong to people who had themselves erased, as hexadecimal text. */
export async function findErasedHashes(db: Db, hashes: readonly Buffer[]): Promise<Set<string>> {
  if (hashes.length === 0) return new Set();
  const rows = await db
    .selectFrom('suppressions')
    .select('addressHash')
    .where('addressHash', '=', sql<Buffer>`any(${hashes}::bytea[])`)
    .where('reason', '=', 'erased')
    .execute();
  return new Set(rows.map(({ addressHash }) => addressHash.toString('hex')));
}

export type PersonToMake = {
  email: string;
  firstName: string;
  lastName: string;
  phone: string | null;
  locale: string | null;
};

/** Makes people, in the order of their addresses, so that two imports never wait for each other in a ring. */
export async function insertPeople(
  trx: Trx,
  people: readonly PersonToMake[],
  { source, now }: { source: string; now: Date },
): Promise<Map<string, string>> {
  if (people.length === 0) return new Map();
  const sorted = [...people].sort((a, b) => (a.email < b.email ? -1 : 1));
  const column = (of: keyof PersonToMake) => sorted.map((person) => person[of]);
  const { rows } = await sql<{ id: string; email: string }>`
    insert into people (email, first_name, last_name, phone, locale, source, created_at)
    select n.email, n.first_name, n.last_name, n.phone, n.locale, ${source}, ${now}
    from unnest(${column('email')}::citext[], ${column('firstName')}::text[], ${column('lastName')}::text[],
      ${column('phone')}::text[], ${column('locale')}::text[]) as n (email, first_name, last_name, phone, locale)
    on conflict (email) do nothing
    returning id, lower(email::text) as email
  `.execute(trx);
  return new Map(rows.map(({ id, email }) => [email, id]));
}

export async function updatePeople(
  trx: Trx,
  changed: readonly { id: string; values: Partial<Record<Change['field'], string>> }[],
): Promise<void> {
  if (changed.length === 0) return;
  const column = (of: Change['field']) => changed.map(({ values }) => values[of] ?? null);
  await sql`
    update people p set first_name = coalesce(n.first_name, p.first_name), last_name = coalesce(n.last_name, p.last_name),
      phone = coalesce(n.phone, p.phone), locale = coalesce(n.locale, p.locale)
    from unnest(${changed.map(({ id }) => id)}::uuid[], ${column('firstName')}::text[], ${column('lastName')}::text[],
      ${column('phone')}::text[], ${column('locale')}::text[]) as n (id, first_name, last_name, phone, locale)
    where p.id = n.id
  `.execute(trx);
}

export async function insertMemberships(
  trx: Trx,
  personIds: readonly string[],
  of: { chapterId: string; source: string; addedBy: string | null; now: Date },
): Promise<void> {
  if (personIds.length === 0) return;
  await sql`
    insert into memberships (chapter_id, person_id, role, source, added_by, starts_at, created_at)
    select ${of.chapterId}, n.id, 'member', ${of.source}, ${of.addedBy}::uuid, ${of.now}, ${of.now}
    from unnest(${[...personIds]}::uuid[]) as n (id)
    on conflict (chapter_id, person_id, role) where ends_at is null do nothing
  `.execute(trx);
}

/** The record of it, a row a person, as of each other way in. */
export async function auditAll(
  trx: Trx,
  entries: readonly { personId: string; action: string; detail: object }[],
  { actor, chapterId }: { actor: Actor; chapterId: string },
): Promise<void> {
  if (entries.length === 0) return;
  await sql`
    insert into audit_log (actor, actor_id, chapter_id, action, subject_type, subject_id, detail)
    select ${actor.kind}, ${'id' in actor ? actor.id : null}::uuid, ${chapterId}, n.action, 'person', n.person_id, n.detail
    from unnest(${entries.map(({ personId }) => personId)}::uuid[], ${entries.map(({ action }) => action)}::text[],
      ${entries.map(({ detail }) => JSON.stringify(detail))}::jsonb[]) as n (person_id, action, detail)
  `.execute(trx);
}
