import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely';
import type pg from 'pg';
import type { Db } from '../../server/db/database.ts';
import type { DB } from '../../server/db/types.ts';

type Node = {
  'Node Type': string;
  'Relation Name'?: string;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: Node[];
};

export type Asked = {
  sql: string;
  /** Pages that it looked at, in memory or not. */
  buffers: number;
  /** Tables that it read from end to end. */
  readWhole: string[];
};

/**
 * How the server answered each statement of `work`: each is asked for its plan with the same values, and carried out once
 * more in a transaction that is rolled back.
 */
export async function plansOf(pool: pg.Pool, work: (db: Db) => Promise<unknown>): Promise<Asked[]> {
  const asked: { sql: string; parameters: readonly unknown[] }[] = [];
  const db = new Kysely<DB>({
    dialect: new PostgresDialect({
      pool: { connect: () => pool.connect(), end: async () => {}, options: pool.options },
    }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
    log: ({ query }) => void asked.push(query),
  });
  await work(db);
  const client = await pool.connect();
  try {
    const plans: Asked[] = [];
    for (const { sql, parameters } of asked) {
      await client.query('begin');
      const { rows } = await client.query(`explain (analyze, buffers, format json) ${sql}`, [...parameters]);
      await client.query('rollback');
      const { Plan: plan } = rows[0]['QUERY PLAN'][0] as { Plan: Node };
      plans.push({
        sql,
        buffers: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
        readWhole: [...nodesOf(plan)]
          .filter((node) => node['Node Type'] === 'Seq Scan')
          .map((node) => node['Relation Name'] ?? ''),
      });
    }
    return plans;
  } finally {
    client.release();
  }
}

function* nodesOf(node: Node): Generator<Node> {
  yield node;
  for (const inner of node.Plans ?? []) yield* nodesOf(inner);
}
