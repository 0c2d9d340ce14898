import { type Kysely, sql } from 'kysely';

/**
 * What a mail said of figures that change (seats left, her place in the line): its repetition says the same. And how many
 * mails left in each hour, for a limit by the day.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table deliveries add column said jsonb`.execute(db);
  await sql`create table mail_hours (
    hour timestamptz primary key,
    drawn integer not null check (drawn >= 0)
  )`.execute(db);
}
