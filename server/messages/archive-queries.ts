import { sql } from 'kysely';
import { isCurrent } from '../chapters/current.ts';
import type { Db } from '../db/database.ts';

/** Whose `/m/` link it may be, and of which chapter. */
export async function findArchiveReader(db: Db, of: { personId: string; chapterId: string }) {
  return db
    .selectFrom('people as p')
    .innerJoin('chapters as c', (join) => join.onTrue())
    .innerJoin('networks as n', (join) => join.onTrue())
    .select([
      'p.id as personId',
      'p.firstName',
      'p.linkEpoch',
      'p.locale as personLocale',
      'p.form as personForm',
    ])
    .select(['c.id as chapterId', 'c.slug', 'c.name as chapterName', 'c.locale as chapterLocale'])
    .select([
      'c.timeZone',
      'c.accentColour',
      'n.name as networkName',
      sql<string>`coalesce(c.form, n.form)`.as('networkForm'),
    ])
    .where('p.id', '=', of.personId)
    .where('p.erasedAt', 'is', null)
    .where('c.id', '=', of.chapterId)
    .executeTakeFirst();
}

export type ArchiveReader = NonNullable<Awaited<ReturnType<typeof findArchiveReader>>>;

export type ArchivedMessage = {
  id: string;
  subject: string;
  body: string;
  leftAt: Date;
  author: string | null;
  event: {
    title: string;
    startsAt: string;
    endsAt: string;
    timeZone: string;
    format: string;
    venueName: string | null;
    venueAddress: string | null;
  } | null;
};

/**
 * The messages of a chapter that a person may read, the latest first: those to the whole group that left while she
 * belonged to it, and whatever reached her.
 */
export async function listArchive(
  db: Db,
  of: { personId: string; chapterId: string },
  page: { before: Date | null; limit: number; messageId?: string },
): Promise<ArchivedMessage[]> {
  const result = await sql<ArchivedMessage>`
    select m.id, m.subject, m.body, g.started_at as left_at, author.first_name as author,
      case when e.id is not null then jsonb_build_object('title', e.title, 'startsAt', e.starts_at, 'endsAt', e.ends_at,
        'timeZone', e.time_zone, 'format', e.format, 'venueName', e.venue_name, 'venueAddress', e.venue_address)
      end as event
    from messages m
    join mailings g on g.id = m.mailing_id
    left join people author on author.id = m.created_by and author.erased_at is null
    left join events e on e.id = m.event_id
    where m.chapter_id = ${of.chapterId} and m.discarded_at is null and g.started_at is not null
      and (${page.messageId ?? null}::uuid is null or m.id = ${page.messageId ?? null}::uuid)
      and (${page.before}::timestamptz is null or g.started_at < ${page.before}::timestamptz)
      and ((m.audience = 'members' and g.state in ('sending', 'done') and exists (
          select 1 from memberships s where s.person_id = ${of.personId} and s.chapter_id = m.chapter_id
            and ${isCurrent('s', sql`g.started_at`)}))
        or exists (select 1 from deliveries d
          where d.mailing_id = g.id and d.person_id = ${of.personId} and d.state = 'sent'))
    order by g.started_at desc, m.id desc
    limit ${page.limit}
  `.execute(db);
  return result.rows;
}
