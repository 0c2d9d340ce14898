import { type RawBuilder, sql } from 'kysely';
import type { Trx } from '../db/database.ts';
import { sumUpAnswers } from './answers.ts';
import type { Retention } from './settings.ts';

/** How many rows one transaction changes: short enough that nobody who answers meanwhile notices. */
export const batchSize = 500;

/** What has had its time, kind by kind. Each takes one batch and says how many rows it was; done again it finds none. */
export type Step = (trx: Trx, limits: Limits) => Promise<number>;

/** The moments before which each kind has had its time. */
export type Limits = { now: Date; notes: Date; delivery: Date; answers: Date; logs: Date; runs: Date };

/** Months are the calendar's: a year after 29 February is 28 February. */
export async function limitsOf(trx: Trx, keep: Retention, now: Date): Promise<Limits> {
  const { rows } = await sql<Omit<Limits, 'now'>>`
    with at as (select ${now}::timestamptz at time zone 'UTC' as utc)
    select (utc - make_interval(days => ${keep.keepNotesDays})) at time zone 'UTC' as notes,
      (utc - make_interval(months => ${keep.keepDeliveryMonths})) at time zone 'UTC' as delivery,
      (utc - make_interval(months => ${keep.keepAnswersMonths})) at time zone 'UTC' as answers,
      (utc - make_interval(days => ${keep.keepLogsDays})) at time zone 'UTC' as logs,
      (utc - interval '1 year') at time zone 'UTC' as runs
    from at`.execute(trx);
  return { now, ...(rows[0] as Omit<Limits, 'now'>) };
}

const day = 86_400_000;

const changed = async (trx: Trx, statement: RawBuilder<unknown>): Promise<number> =>
  Number((await statement.execute(trx)).numAffectedRows ?? 0);

/** What she wrote to whoever organises, after its days. */
const notes: Step = (trx, { notes }) =>
  changed(
    trx,
    sql`update rsvps set note = null where (event_id, person_id) in (
      select r.event_id, r.person_id from rsvps r join events e on e.id = r.event_id
      where r.note is not null and e.ends_at <= ${notes} limit ${batchSize} for update of r skip locked)`,
  );

/** What she wrote to a question of a coordinator's own is a note, too; what she chose among a few words is an answer. */
const writtenAnswers: Step = (trx, { notes }) =>
  changed(
    trx,
    sql`delete from question_answers where (question_id, person_id) in (
      select a.question_id, a.person_id from question_answers a
      join event_questions q on q.id = a.question_id join events e on e.id = a.event_id
      where q.kind = 'text' and e.ends_at <= ${notes} limit ${batchSize} for update of a skip locked)`,
  );

/**
 * What mail servers said, and by which name they knew a mail. That the mail left stays for as long as the event's
 * answers do: it keeps a second one from leaving.
 */
const deliveries: Step = (trx, { delivery }) =>
  changed(
    trx,
    sql`update deliveries set response = null, message_id = null, unknown_causes = '{}' where id in (
      select id from deliveries
      where first_queued_at <= ${delivery} and next_attempt_at is null and state <> 'sending'
        and (response is not null or message_id is not null or unknown_causes <> '{}')
      order by first_queued_at limit ${batchSize} for update skip locked)`,
  );

/** What a mail to one person was about. That it was a test stays: tests are counted nowhere. */
const personalMails: Step = (trx, { delivery }) =>
  changed(
    trx,
    sql`update mailings set data = case when data ? 'test' then jsonb_build_object('test', data -> 'test') else '{}' end where id in (
      select id from mailings
      where person_id is not null and due_at <= ${delivery} and state in ('done', 'cancelled', 'missed')
        and data <> '{}' and data <> jsonb_build_object('test', data -> 'test')
      order by due_at limit ${batchSize} for update skip locked)`,
  );

const sessions: Step = (trx, { logs }) =>
  changed(
    trx,
    sql`delete from sessions where id in (
      select id from sessions where expires_at <= ${logs} or ended_at <= ${logs}
      limit ${batchSize} for update skip locked)`,
  );

const signInLinks: Step = (trx, { logs }) =>
  changed(
    trx,
    sql`delete from sign_in_links where id in (
      select id from sign_in_links where expires_at <= ${logs} limit ${batchSize} for update skip locked)`,
  );

const idempotencyKeys: Step = (trx, { logs }) =>
  changed(
    trx,
    sql`delete from idempotency_keys where (api_token_id, key) in (
      select api_token_id, key from idempotency_keys where created_at <= ${logs}
      limit ${batchSize} for update skip locked)`,
  );

/** Files of people: their own sweep removes them sooner, unless something held it up. */
const imports: Step = (trx, { logs }) =>
  changed(
    trx,
    sql`delete from member_imports where id in (
      select id from member_imports where created_at <= ${logs} and state <> 'running'
      limit 20 for update skip locked)`,
  );

/** Those that nobody confirmed in a week, and those answered a month ago. */
const joinRequests: Step = (trx, { now }) =>
  changed(
    trx,
    sql`delete from join_requests where (state = 'asked' and asked_at <= ${new Date(now.getTime() - 7 * day)})
      or answered_at <= ${new Date(now.getTime() - 30 * day)}`,
  );

/** What came by calendar in somebody's name, after its thirty days. */
const calendarReplies: Step = (trx, { now }) =>
  changed(
    trx,
    sql`delete from calendar_replies where id in (
      select id from calendar_replies where at <= ${new Date(now.getTime() - 30 * day)}
      limit ${batchSize} for update skip locked)`,
  );

const runs: Step = (trx, { runs }) =>
  changed(trx, sql`delete from retention_runs where ran_at <= ${runs} and finished_at is not null`);

/** In the order in which the night does them; the name is what the run says of it. */
export const steps: Readonly<Record<string, Step>> = {
  notes,
  writtenAnswers,
  deliveries,
  personalMails,
  sessions,
  signInLinks,
  idempotencyKeys,
  imports,
  joinRequests,
  calendarReplies,
  events: sumUpAnswers,
  runs,
};
