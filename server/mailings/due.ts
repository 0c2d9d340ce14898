import { sql } from 'kysely';
import { isCurrent } from '../chapters/current.ts';
import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { holdersOf } from '../events/holders.ts';
import type { DueJob } from '../jobs/alarm.ts';
import { expandDueMessage } from '../messages/due.ts';
import { audienceIs, eventAllows, notSpared } from './audience.ts';
import { queueHead } from './queue.ts';
import { isTooLate, type MailKind } from './timing.ts';

export type DueOutcome = 'sending' | 'done' | 'missed' | 'cancelled' | 'stale' | 'early';

/**
 * What happens when a mailing falls due: the event is looked at again, then one statement turns the audience into
 * deliveries. A job that carries an older revision does nothing, and doing it twice changes nothing.
 */
export async function runDueMailing(deps: Deps, job: DueJob): Promise<DueOutcome> {
  const now = deps.clock();
  const outcome = await deps.db.transaction().execute(async (trx): Promise<DueOutcome> => {
    const mailing = await trx
      .selectFrom('mailings')
      .selectAll()
      .where('id', '=', job.mailingId)
      .where('revision', '=', job.revision)
      .where('state', '=', 'planned')
      .forUpdate()
      .executeTakeFirst();
    if (!mailing?.audience) return 'stale';
    if (mailing.dueAt > now) {
      await deps.alarm.set(trx, mailing);
      return 'early';
    }
    if (mailing.messageId) {
      await expandDueMessage(trx, { ...mailing, messageId: mailing.messageId }, now);
      return begin(trx, mailing.id, now);
    }
    if (!mailing.eventId) return 'stale';
    const event = await trx
      .selectFrom('events')
      .selectAll()
      .where('id', '=', mailing.eventId)
      .executeTakeFirstOrThrow();

    const expected = mailing.kind === 'cancellation' ? 'cancelled' : 'published';
    if (event.state !== expected && event.state !== 'ended') {
      await close(trx, mailing.id, 'cancelled', 'event_state', now);
      return 'cancelled';
    }
    if (isTooLate(mailing.kind as MailKind, mailing.dueAt, now, event)) {
      await close(trx, mailing.id, 'missed', 'too_late', now);
      return 'missed';
    }
    if (mailing.kind === 'invitation') await inviteMembers(trx, deps, event, now);
    await expand(trx, { ...mailing, audience: mailing.audience }, now);
    return begin(trx, mailing.id, now);
  });
  if (outcome === 'sending') void deps.figures.began(job.mailingId);
  return outcome;
}

/** What was expanded leaves; what concerns nobody is done. */
async function begin(trx: Trx, id: string, now: Date): Promise<'sending' | 'done'> {
  if (!(await hasDeliveries(trx, id))) {
    await close(trx, id, 'done', 'nobody', now);
    return 'done';
  }
  await trx.updateTable('mailings').set({ state: 'sending', startedAt: now }).where('id', '=', id).execute();
  return 'sending';
}

async function close(
  trx: Trx,
  id: string,
  state: 'done' | 'missed' | 'cancelled',
  reason: string,
  now: Date,
): Promise<void> {
  await trx.updateTable('mailings').set({ state, reason, doneAt: now }).where('id', '=', id).execute();
}

/**
 * Several mailings under way leave side by side: each begins its row where the queue stands at this moment, and its mails
 * follow a microsecond apart, in the past, so that all of them are due.
 */
async function expand(
  trx: Trx,
  mailing: { id: string; kind: string; audience: string; exact: boolean; eventId: string | null },
  now: Date,
): Promise<void> {
  await sql`
    insert into deliveries (mailing_id, person_id, chapter_id, event_id, kind, priority, next_attempt_at, first_queued_at)
    select ${mailing.id}, i.person_id, i.chapter_id, i.event_id, ${mailing.kind}, 1,
      ${queueHead(now, mailing.eventId)} + row_number() over () * interval '1 microsecond', ${now}
    from invitations i
    join events e on e.id = i.event_id
    join people p on p.id = i.person_id and p.email is not null and p.erased_at is null
    left join rsvps r on r.event_id = i.event_id and r.person_id = i.person_id
    left join attendance a on a.event_id = i.event_id and a.person_id = i.person_id
    where i.event_id = ${mailing.eventId}
      and ${eventAllows(mailing.kind, now)}
      and ${audienceIs(mailing.audience, mailing.kind)}
      and ${notSpared(mailing.kind, mailing.exact, now)}
      and ${mailing.kind === 'invitation' ? notInvitedYet : sql`true`}
    on conflict do nothing
  `.execute(trx);
}

/**
 * Nobody is invited twice, whatever becomes of the rule that invites. A coordinator's test to herself is none. Whom her
 * standing yes has put on the list is told that instead, also where she has given the seat up since.
 */
const notInvitedYet = sql`not exists (
  select 1 from deliveries d join mailings m on m.id = d.mailing_id
  where d.event_id = i.event_id and d.person_id = i.person_id and d.kind = 'invitation' and m.audience is not null)
  and not exists (
  select 1 from rsvp_history h
  where h.event_id = i.event_id and h.person_id = i.person_id and h.source = 'standing')`;

async function hasDeliveries(trx: Trx, mailingId: string): Promise<boolean> {
  const found = await trx
    .selectFrom('deliveries')
    .select('id')
    .where('mailingId', '=', mailingId)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

/**
 * Makes the invitations of all members who have none yet for this event: of its chapter, and of those that hold it too.
 * Whoever belongs to two of them gets one.
 */
export async function inviteMembers(
  trx: Trx,
  deps: Pick<Deps, 'links'>,
  event: { id: string; chapterId: string },
  now: Date,
): Promise<number> {
  let invited = 0;
  // A part at a time: a network of a hundred thousand must not stand in memory.
  for (let after: string | null = null; ; ) {
    const people: { personId: string }[] = await trx
      .selectFrom('memberships')
      .innerJoin('people', 'people.id', 'memberships.personId')
      .select('memberships.personId')
      .distinct()
      .where('memberships.chapterId', '=', holdersOf(event))
      .where(isCurrent('memberships', now))
      .where('people.erasedAt', 'is', null)
      .$if(after !== null, (query) => query.where('memberships.personId', '>', after))
      .where((where) =>
        where.not(
          where.exists(
            where
              .selectFrom('invitations')
              .select('invitations.id')
              .whereRef('invitations.personId', '=', 'memberships.personId')
              .where('invitations.eventId', '=', event.id),
          ),
        ),
      )
      .orderBy('memberships.personId')
      .limit(invitedAtATime)
      .execute();
    const ids = people.map(({ personId }) => personId);
    const uids = ids.map((personId) => deps.links.calendarUid(event.id, personId));
    await sql`
      insert into invitations (event_id, person_id, chapter_id, source, calendar_uid, created_at)
      select ${event.id}, person_id, ${event.chapterId}, 'member', calendar_uid, ${now}
      from unnest(${ids}::uuid[], ${uids}::text[]) as invited (person_id, calendar_uid)
      on conflict (event_id, person_id) do nothing`.execute(trx);
    invited += ids.length;
    after = ids.at(-1) ?? null;
    if (ids.length < invitedAtATime) return invited;
  }
}

const invitedAtATime = 5000;

/** Due mailings whose alarm was lost. Each minute finds what the queue forgot. */
export async function runOverdueMailings(deps: Deps): Promise<number> {
  const overdue = await deps.db
    .selectFrom('mailings')
    .select(['id', 'revision'])
    .where('state', '=', 'planned')
    .where('dueAt', '<=', deps.clock())
    .orderBy('dueAt')
    .limit(100)
    .execute();
  const failures: unknown[] = [];
  for (const { id, revision } of overdue) {
    // One that cannot be expanded holds up no other.
    await runDueMailing(deps, { mailingId: id, revision }).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} mailings could not begin`);
  return overdue.length;
}

/** Closes the mailings all of whose deliveries have come to an end. */
export async function closeFinishedMailings(
  deps: Pick<Deps, 'db' | 'clock' | 'figures'>,
  ids?: string[],
): Promise<void> {
  const closed = await deps.db
    .updateTable('mailings')
    .set({ state: 'done', doneAt: deps.clock() })
    .where('state', '=', 'sending')
    .$if(ids !== undefined, (query) => query.where('id', 'in', ids as string[]))
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('deliveries')
            .select('deliveries.id')
            .whereRef('deliveries.mailingId', '=', 'mailings.id')
            // In words that the index of a mailing's deliveries by state answers.
            .where('deliveries.state', 'in', ['queued', 'sending', 'unknown'])
            .where((open) =>
              open.or([
                open('deliveries.state', '<>', 'unknown'),
                open('deliveries.nextAttemptAt', 'is not', null),
              ]),
            ),
        ),
      ),
    )
    .returning('id')
    .execute();
  if (closed.length > 0) await deps.figures.ended(closed.map(({ id }) => id));
}

/** Marks the events that are over, and what was held back until it could no longer be true. */
export async function endEvents(deps: Pick<Deps, 'db' | 'clock'>): Promise<void> {
  const now = deps.clock();
  await deps.db
    .updateTable('events')
    .set({ state: 'ended' })
    // Several events are locked in the order of their ids, here as everywhere; an array, because of a set PostgreSQL would
    // read all events there ever were to find a few.
    .where(
      'id',
      '=',
      (events) =>
        sql<string>`any(array(${events
          .selectFrom('events')
          .select('id')
          .where('state', '=', 'published')
          .where('endsAt', '<=', now)
          .orderBy('id')
          .forNoKeyUpdate()}))`,
    )
    .execute();
  await sql`
    update mailings m set state = 'missed', reason = 'too_late', done_at = ${now}
    from events e
    where m.state = 'held' and e.id = m.event_id and e.starts_at <= ${now}
      and (m.kind in ('invitation', 'chase', 'reminder')
        or m.kind in ('thanks', 'thanks_attended', 'thanks_missed', 'thanks_declined', 'feedback')
          and greatest(m.due_at, e.ends_at) < ${new Date(now.getTime() - 7 * 86_400_000)})
  `.execute(deps.db);
}
