import { sql } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import { createDb, type Db, openPool } from '../../server/db/database.ts';
import { ask, askLast, askTogether, prepared } from '../../server/db/prepared.ts';
import { useDatabase } from '../support/database.ts';

const addressAdded = prepared<{ hash: Buffer; reason: string; at: Date }>()((db, { hash, reason, at }) =>
  db
    .insertInto('suppressions')
    .values({ addressHash: hash, reason, createdAt: at })
    .returning(['addressHash', 'createdAt']),
);
const addressesCounted = prepared<object>()((db) =>
  db.selectFrom('suppressions').select(sql<number>`count(*)`.as('howMany')),
);
const valueSaid = prepared<{ value: unknown }>()(
  (_db, { value }) => sql<{ theValue: unknown }>`select ${value}::jsonb as the_value`,
);
const addressesNamed = prepared<{ hashes: Buffer[] }>()(
  (_db, { hashes }) =>
    sql<{ reason: string }>`select reason from suppressions where address_hash = any (${hashes}) order by 1`,
);

const at = new Date('2026-03-29T01:00:00.123Z');
const row = (name: string) => ({ hash: Buffer.from(name), reason: 'operator', at });
const count = async (db: Db) => (await ask(db, addressesCounted.with({})))[0]?.howMany;

describe('statements that are prepared', () => {
  // One connection: what one test leaves on it, the next one would find.
  const database = useDatabase({ max: 1 });
  beforeEach(async () => {
    await database.pool.query('DELETE FROM suppressions');
  });

  it('give the same values under the same names as those that are not', async () => {
    const [added] = await ask(database.db, addressAdded.with(row('a')));
    const found = await database.db.selectFrom('suppressions').select(['addressHash', 'createdAt']).execute();
    expect([added]).toEqual(found);
    expect(added).toEqual({ addressHash: Buffer.from('a'), createdAt: at });
    expect(
      await ask(database.db, valueSaid.with({ value: JSON.stringify({ some_key: [1, null] }) })),
    ).toEqual([{ theValue: { some_key: [1, null] } }]);
    expect(
      await ask(database.db, addressesNamed.with({ hashes: [Buffer.from('a'), Buffer.from('b')] })),
    ).toEqual([{ reason: 'operator' }]);
  });

  it('are parsed once on a connection, however often they are asked', async () => {
    for (const name of ['a', 'b', 'c']) await ask(database.db, addressAdded.with(row(name)));
    const { rows } = await database.pool.query(
      `SELECT count(*) AS times FROM pg_prepared_statements WHERE statement LIKE 'insert into "suppressions"%'`,
    );
    expect(rows).toEqual([{ times: 1 }]);
  });

  it('see what those before them have done where they are sent together', async () => {
    const sets = await database.db
      .transaction()
      .execute((trx) =>
        askTogether(trx, [
          addressAdded.with(row('a')),
          addressesCounted.with({}),
          addressAdded.with(row('b')),
        ]),
      );
    expect(sets[1]).toEqual([{ howMany: 1 }]);
    expect(sets[2]).toEqual([{ addressHash: Buffer.from('b'), createdAt: at }]);
    expect(await count(database.db)).toBe(2);
  });

  it('leave nothing behind where one of them fails, and a connection that goes on', async () => {
    const failing = database.db
      .transaction()
      .execute((trx) =>
        askTogether(trx, [addressAdded.with(row('a')), addressAdded.with({ ...row('b'), reason: 'none' })]),
      );
    await expect(failing).rejects.toMatchObject({ constraint: 'suppressions_reason_check' });
    expect(await count(database.db)).toBe(0);
    // The failed one was prepared all the same.
    expect(await ask(database.db, addressAdded.with(row('c')))).toHaveLength(1);
  });

  it('leave nothing behind where the callback throws after them', async () => {
    const throwing = database.db.transaction().execute(async (trx) => {
      await ask(trx, addressAdded.with(row('a')));
      throw new Error('changed its mind');
    });
    await expect(throwing).rejects.toThrow('changed its mind');
    expect(await count(database.db)).toBe(0);
  });

  it('are in one transaction with those that Kysely sends by itself, whichever comes first', async () => {
    for (const order of ['prepared first', 'prepared last']) {
      const plain = (db: Db) =>
        db
          .insertInto('suppressions')
          .values({ addressHash: Buffer.from(order), reason: 'bounce' })
          .execute();
      const throwing = database.db.transaction().execute(async (trx) => {
        if (order === 'prepared last') await plain(trx);
        await ask(trx, addressAdded.with(row('a')));
        if (order === 'prepared first') await plain(trx);
        throw new Error('changed its mind');
      });
      await expect(throwing).rejects.toThrow('changed its mind');
      expect(await count(database.db)).toBe(0);
    }
  });

  it('commit where they are the last, and let nothing follow', async () => {
    const other = openPool(database.url, { max: 1 });
    try {
      let seenElsewhere: unknown;
      const going = database.db.transaction().execute(async (trx) => {
        await askLast(trx, addressAdded.with(row('a')));
        seenElsewhere = await count(createDb(other));
        await ask(trx, addressesCounted.with({}));
      });
      await expect(going).rejects.toThrow('the transaction is committed already');
      expect(seenElsewhere).toBe(1);
      expect(await count(database.db)).toBe(1);
    } finally {
      await other.end();
    }
  });

  it('commit nothing where the last one fails', async () => {
    const failing = database.db.transaction().execute(async (trx) => {
      await ask(trx, addressAdded.with(row('a')));
      await askLast(trx, addressAdded.with({ ...row('b'), reason: 'none' }));
    });
    await expect(failing).rejects.toMatchObject({ constraint: 'suppressions_reason_check' });
    expect(await count(database.db)).toBe(0);
  });

  it('open no transaction that asks nothing', async () => {
    expect(await database.db.transaction().execute(async () => 'nothing')).toBe('nothing');
    await expect(
      database.db.transaction().execute(async () => {
        throw new Error('at once');
      }),
    ).rejects.toThrow('at once');
    // Within a transaction now() would be its beginning.
    const { rows } = await database.pool.query(`SELECT now() = statement_timestamp() AS alone`);
    expect(rows).toEqual([{ alone: true }]);
  });

  it('refuse a value that cannot be written, and leave a connection that goes on', async () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    await expect(ask(database.db, valueSaid.with({ value: circular }))).rejects.toThrow('circular');
    expect(await count(database.db)).toBe(0);
  });

  it('are prepared anew where the connection has lost them, within a transaction too', async () => {
    expect(await count(database.db)).toBe(0);
    await database.pool.query('DEALLOCATE ALL');
    expect(await count(database.db)).toBe(0);
    await database.pool.query('DEALLOCATE ALL');
    const added = await database.db
      .transaction()
      .execute((trx) => askTogether(trx, [addressAdded.with(row('a')), addressesCounted.with({})]));
    expect(added[1]).toEqual([{ howMany: 1 }]);
  });

  it('are prepared anew where a newer version has changed a column', async () => {
    await ask(database.db, addressAdded.with(row('a')));
    await database.pool.query('ALTER TABLE suppressions ALTER COLUMN created_at TYPE date');
    try {
      const [added] = await ask(database.db, addressAdded.with(row('b')));
      expect(added?.createdAt).toBe('2026-03-29');
    } finally {
      await database.pool.query('ALTER TABLE suppressions ALTER COLUMN created_at TYPE timestamptz');
    }
  });
});
