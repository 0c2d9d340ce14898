import { sql } from 'kysely';
import type { Db } from '../../server/db/database.ts';

export type Tally = {
  mailings: number;
  deliveries: number;
  /** Of those, by the ledger's word. */
  states: Record<string, number>;
  /** Planned and without a delivery, or `sent` and in no mailbox. */
  lost: string[];
  /** `unknown` for good and in no mailbox: the ledger says so, and an operator sees it. */
  listedUnarrived: number;
  /** Deliveries with two copies, by what the ledger names as the cause. */
  doubles: Record<string, number>;
  /** Copies that nothing in the ledger explains, and copies that differ. */
  unexplained: string[];
};

/** Compares what the ledger says with what lies in the mailboxes. */
export async function countAll(db: Db, copies: ReadonlyMap<string, readonly string[]>): Promise<Tally> {
  const rows = await db.selectFrom('deliveries').select(['id', 'state', 'unknownCauses']).execute();
  const { mailings } = await db
    .selectFrom('mailings')
    .select((select) => select.fn.countAll<number>().as('mailings'))
    .where('startedAt', 'is not', null)
    .executeTakeFirstOrThrow();
  const missing = await sql<{ what: string }>`
    select 'invitation ' || i.id as what from invitations i
    join mailings m on m.event_id = i.event_id and m.kind = 'invitation' and m.audience is not null
    where m.state <> 'planned' and i.created_at <= m.started_at
      and not exists (select 1 from deliveries d where d.mailing_id = m.id and d.person_id = i.person_id)
    union all
    select 'answer ' || h.id from rsvp_history h
    where not exists (select 1 from mailings m where m.cause = 'answer:' || h.id)`.execute(db);

  const tally: Tally = {
    mailings,
    deliveries: rows.length,
    states: {},
    lost: missing.rows.map(({ what }) => what),
    listedUnarrived: 0,
    doubles: {},
    unexplained: [],
  };
  for (const { id, state, unknownCauses } of rows) {
    tally.states[state] = (tally.states[state] ?? 0) + 1;
    const arrived = copies.get(id) ?? [];
    if (arrived.length === 0 && state === 'sent') tally.lost.push(`delivery ${id}`);
    if (arrived.length === 0 && state === 'unknown') tally.listedUnarrived += 1;
    if (arrived.length < 2) continue;
    const [cause] = unknownCauses;
    if (cause === undefined || arrived.length > 2 || new Set(arrived).size > 1)
      tally.unexplained.push(`${id}: ${arrived.length} copies, ${unknownCauses.join(', ') || 'no cause'}`);
    else {
      const name = cause.split(':')[0] as string;
      tally.doubles[name] = (tally.doubles[name] ?? 0) + 1;
    }
  }
  const known = new Set(rows.map(({ id }) => id));
  for (const id of copies.keys()) {
    if (!known.has(id)) tally.unexplained.push(`${id}: in a mailbox and not in the ledger`);
  }
  return tally;
}
