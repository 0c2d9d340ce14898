import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { MailSource } from '../mail/render.ts';
import type { Locale } from '../web/i18n.ts';

/** The words in use for a mail, by language: those of its event, else its chapter's, else the network's. */
export type TextIds = Partial<Record<Locale, string>>;

type TextsOf = { chapterId: string | null; eventId: string | null; template: string };

/** Which words a mail of this template is written with now; a language that is missing has the original's. */
export async function findTextIds(db: Db, of: TextsOf): Promise<TextIds> {
  const result = await sql<{ locale: Locale; id: string }>`
    select distinct on (locale) locale, id from texts
    where kind = ${of.template} and until is null and (
      (chapter_id is null and event_id is null)
      or (chapter_id = ${of.chapterId}::uuid and (event_id is null or event_id = ${of.eventId}::uuid)))
    order by locale, event_id is null, chapter_id is null
  `.execute(db);
  return Object.fromEntries(result.rows.map(({ locale, id }) => [locale, id]));
}

/** The same in the row of a mailing, so that nobody asks once more for each of its people. */
export const textIdsOfMailing = sql<TextIds | null>`(
  select jsonb_object_agg(locale, id) from (
    select distinct on (t.locale) t.locale, t.id from texts t
    where t.kind = mailings.template and t.until is null and (
      (t.chapter_id is null and t.event_id is null)
      or (t.chapter_id = mailings.chapter_id and (t.event_id is null or t.event_id = mailings.event_id)))
    order by t.locale, t.event_id is null, t.chapter_id is null) chosen)`;

// A row's words never change: once read, they stand for all mails of a mailing.
const sources = new Map<string, MailSource>();

/** The words of a row. */
export async function findSource(db: Db, id: string): Promise<MailSource> {
  let source = sources.get(id);
  if (!source) {
    source = await db
      .selectFrom('texts')
      .select(['subject', 'body'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    if (sources.size >= 200) sources.clear();
    sources.set(id, source);
  }
  return source;
}
