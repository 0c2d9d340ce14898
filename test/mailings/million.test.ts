import { beforeAll, expect, test } from 'vitest';
import { findOpen } from '../../server/api/mail-metrics.ts';
import {
  type FoundMailing,
  findMailing,
  listDeliveries,
  listMailings,
} from '../../server/mailings/queries.ts';
import { useDatabase } from '../support/database.ts';
import { makeChapter } from '../support/factories.ts';
import { plansOf } from '../support/plans.ts';

const database = useDatabase();
const limit = 101;
/** What grows with the years. */
const grown = ['deliveries', 'mailings', 'people'];

/** A chapter's old mailings, `people` rows each, and one large mailing and its confirmations at the very end. */
async function fill(people: number, from: number, oldMailings: number) {
  const client = await database.pool.connect();
  const run = (statement: string, ...values: unknown[]) => client.query(statement, values);
  // Rows of a test have no foreign keys to be asked about.
  await run('set session_replication_role = replica');
  await run(
    `insert into people (first_name, last_name, email, source)
     select 'P', 'N', 'p' || i || '@example.org', 'test' from generate_series($1::int + 1, $2::int) i`,
    from,
    people,
  );
  await run(
    `insert into mailings (event_id, kind, template, audience, cause, due_at, state)
     select new_id(), 'reminder', 'reminder', 'going', new_id()::text, now(), 'done' from generate_series(1, $1::int)`,
    oldMailings,
  );
  await run(
    `insert into deliveries (mailing_id, person_id, event_id, kind, state, priority, first_queued_at, sent_at, message_id)
     select m.id, p.id, m.event_id, m.kind, 'sent', 1, now(), now(), '<' || new_id() || '@example.org>'
     from mailings m, people p where m.kind = 'reminder'
       and not exists (select 1 from deliveries d where d.mailing_id = m.id and d.person_id = p.id)`,
  );
  await run(
    `insert into mailings (event_id, kind, template, person_id, cause, due_at, state)
     select new_id(), 'confirmation', 'confirmation', new_id(), new_id()::text, now(), 'done'
     from generate_series(1, $1::int * 5)`,
    people,
  );
  await run('set session_replication_role = origin');
  client.release();
}

async function addLast(
  people: number,
): Promise<{ event: string; large: FoundMailing; single: FoundMailing }> {
  const client = await database.pool.connect();
  await client.query('set session_replication_role = replica');
  await client.query(`update deliveries set state = 'sent', next_attempt_at = null where state = 'queued'`);
  const { rows } = await client.query<{ event: string }>('select new_id() as event');
  const [{ event }] = rows as [{ event: string }];
  const made = await client.query<{ id: string }>(
    `insert into mailings (event_id, kind, template, audience, cause, due_at, state)
     values ($1, 'invitation', 'invitation', 'members', new_id()::text, now(), 'sending') returning id`,
    [event],
  );
  await client.query(
    `insert into deliveries (mailing_id, person_id, event_id, kind, state, priority, first_queued_at, next_attempt_at)
     select $1, id, $2, 'invitation', (array['queued', 'sent', 'failed'])[1 + row_number() over () % 3], 1, now(), now()
     from people limit $3`,
    [made.rows[0]?.id, event, people],
  );
  await client.query(
    `insert into mailings (event_id, kind, template, person_id, cause, due_at, state)
     select $1, 'confirmation', 'confirmation', id, new_id()::text, now(), 'done' from people limit 1000`,
    [event],
  );
  await client.query(
    `insert into deliveries (mailing_id, person_id, event_id, kind, state, priority, first_queued_at)
     select id, person_id, event_id, kind, 'sent', 0, now() from mailings where event_id = $1 and person_id is not null`,
    [event],
  );
  await client.query('set session_replication_role = origin');
  client.release();
  await database.pool.query('vacuum analyze');
  const single = await database.pool.query<{ id: string }>(
    `select id from mailings where event_id = $1 and person_id is not null limit 1`,
    [event],
  );
  return {
    event,
    large: (await findMailing(database.db, made.rows[0]?.id ?? '')) as FoundMailing,
    single: (await findMailing(database.db, single.rows[0]?.id ?? '')) as FoundMailing,
  };
}

type Last = Awaited<ReturnType<typeof addLast>>;
const first = { after: null, limit };
const questions: Record<string, (last: Last) => (db: typeof database.db) => Promise<unknown>> = {
  'the first page of a large mailing': (last) => (db) => listDeliveries(db, last.large, first),
  'a page of mails to one person each': (last) => (db) => listDeliveries(db, last.single, first),
  'what is open, for the figures': () => async (db) => [await findOpen(db, new Date())],
  'what an event sends, with its counts': (last) => (db) => listMailings(db, last.event, first),
};
const figures: Record<string, { buffers: number; readWhole: string[]; rows: number }[]> = {};

beforeAll(async () => {
  await makeChapter(database.db);
  const look = async () => {
    const last = await addLast(2000);
    for (const [name, ask] of Object.entries(questions)) {
      const rows = ((await ask(last)(database.db)) as unknown[]).length;
      const plans = await plansOf(database.pool, ask(last));
      figures[name] ??= [];
      figures[name].push({
        rows,
        buffers: plans.reduce((sum, { buffers }) => sum + buffers, 0),
        readWhole: plans.flatMap(({ readWhole }) => readWhole).filter((table) => grown.includes(table)),
      });
    }
  };
  await fill(2500, 0, 4);
  await look();
  await fill(5000, 2500, 12);
  await look();
}, 120_000);

test.each(Object.keys(questions))(
  '%s reads no table from end to end, and no more in eight times the ledger',
  (name) => {
    const [small, large] = figures[name] as [
      (typeof figures)[string][number],
      (typeof figures)[string][number],
    ];
    expect(small.rows).toBeGreaterThan(0);
    expect(large.rows).toBe(small.rows);
    expect([...small.readWhole, ...large.readWhole]).toEqual([]);
    // An index may have grown by a level: one page more for each row that is looked up, in each of two indexes.
    expect(large.buffers).toBeLessThanOrEqual(small.buffers + 2 * limit + 50);
  },
);

test('a page of a large mailing goes on where the one before ended, whatever states its rows are in', async () => {
  const last = await addLast(700);
  const ids: string[] = [];
  for (let after: string | null = null; ; ) {
    const page: { id: string }[] = await listDeliveries(database.db, last.large, { after, limit: 100 });
    ids.push(...page.map(({ id }) => id));
    if (page.length < 100) break;
    after = page.at(-1)?.id ?? null;
  }
  expect(ids).toHaveLength(700);
  expect(ids).toEqual([...new Set(ids)].sort());
});
