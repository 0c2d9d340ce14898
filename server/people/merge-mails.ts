import { sql } from 'kysely';
import type { Trx } from '../db/database.ts';
import type { Pair } from './merge-queries.ts';
import { countingMail } from './merge-rules.ts';

/** The four thanks of an event: nobody gets two of them, nor two reminders of the page to which they lead. */
const thanks = sql`('thanks', 'thanks_attended', 'thanks_missed', 'thanks_declined')`;

/**
 * Hands over the mails of the row given up. Of one mail that was to reach both, the delivery that says more counts; the
 * other stays where it is as a record, and does not leave any more. Nothing of a mail is lost, and none comes twice.
 */
export async function moveMails(trx: Trx, pair: Pair): Promise<void> {
  const { keptId, goneId } = pair;
  // A sender that is at one of these waits, and finds its claim gone or the address another one.
  await sql`select id from deliveries where person_id in (${keptId}, ${goneId}) order by id for update`.execute(
    trx,
  );
  const doubled = await findDoubled(trx, pair);
  for (const { kept, gone } of doubled) {
    const counts = countingMail(kept, gone);
    if (counts === 'gone') await changePlaces(trx, pair, kept.id, gone.id);
    await sql`
      update deliveries set state = 'suppressed', reason = 'merged', fence = fence + 1, phase = null, lease_until = null,
        next_attempt_at = null
      where id = ${counts === 'gone' ? kept.id : gone.id}
        and (state = 'sending' and phase = 'pre' or state in ('queued', 'unknown') and next_attempt_at is not null)`.execute(
      trx,
    );
  }
  const stay = doubled.flatMap(({ kept, gone }) => [kept.id, gone.id]);
  await sql`
    update deliveries set person_id = ${keptId}
    where person_id = ${goneId} and not (id = any (${stay}::uuid[]))`.execute(trx);
  await inviteOnce(trx, keptId);
}

type Doubled = { id: string; state: string; phase: string | null };

/** The mails that both were to get, by pairs. */
async function findDoubled(trx: Trx, { keptId, goneId }: Pair): Promise<{ kept: Doubled; gone: Doubled }[]> {
  const { rows } = await sql<{ kept: Doubled; gone: Doubled }>`
    select jsonb_build_object('id', k.id, 'state', k.state, 'phase', k.phase) as kept,
      jsonb_build_object('id', g.id, 'state', g.state, 'phase', g.phase) as gone
    from deliveries g join deliveries k on k.person_id = ${keptId}
      and (k.mailing_id = g.mailing_id or (k.event_id = g.event_id and (k.kind in ${thanks} and g.kind in ${thanks}
        or k.kind = 'feedback' and g.kind = 'feedback')))
    where g.person_id = ${goneId}`.execute(trx);
  return rows;
}

/** Two deliveries of one mail change owners. They cannot at once, since each has one delivery of a mailing. */
async function changePlaces(trx: Trx, { keptId, goneId }: Pair, kept: string, gone: string): Promise<void> {
  const row = await trx
    .deleteFrom('deliveries')
    .where('id', '=', kept)
    .returningAll()
    .executeTakeFirstOrThrow();
  await trx.updateTable('deliveries').set({ personId: keptId }).where('id', '=', gone).execute();
  await trx
    .insertInto('deliveries')
    .values({ ...row, personId: goneId })
    .execute();
}

/** Two mailings may have invited her to one event, each under one row: what has not left stays. */
async function inviteOnce(trx: Trx, keptId: string): Promise<void> {
  await sql`
    update deliveries d set state = 'suppressed', reason = 'merged', next_attempt_at = null
    from mailings m
    where m.id = d.mailing_id and m.audience is not null and d.person_id = ${keptId} and d.kind = 'invitation'
      and d.state in ('queued', 'unknown') and d.next_attempt_at is not null
      and exists (
        select 1 from deliveries o join mailings om on om.id = o.mailing_id and om.audience is not null
        where o.person_id = d.person_id and o.event_id = d.event_id and o.kind = 'invitation' and o.id <> d.id
          and (o.state in ('sent', 'sending', 'unknown') or (o.state = 'queued' and o.id < d.id)))`.execute(
    trx,
  );
}
