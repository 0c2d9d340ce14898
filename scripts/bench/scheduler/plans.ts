import type { Pool } from 'pg';
import pg from 'pg';

/** What one statement did: which tables it read from end to end, and how many pages it touched. */
export type Plan = { text: string; scanned: string[]; pages: number; ms: number };

type Node = {
  'Node Type': string;
  'Relation Name'?: string;
  'Shared Hit Blocks'?: number;
  'Shared Read Blocks'?: number;
  Plans?: Node[];
};

/**
 * A pool whose statements tell how PostgreSQL carried them out (auto_explain): the plans that are really in use, those of
 * prepared statements among them.
 * @param fewRows a table of a page or two is read whole, which says nothing about a large one: the indexes are used all
 * the same, so that both can be compared
 */
export function explainingPool(url: string, fewRows: boolean): { pool: Pool; plans: Plan[] } {
  const plans: Plan[] = [];
  const pool = new pg.Pool({
    connectionString: url,
    max: 2,
    onConnect: async (client) => {
      client.on('notice', ({ message }) => {
        const [, ms, json] = /^duration: ([\d.]+) ms\s+plan:\s*(\{.*)$/s.exec(message ?? '') ?? [];
        if (json) plans.push(planOf(JSON.parse(json), Number(ms)));
      });
      await client.query(`SET random_page_cost = 1.1; SET enable_seqscan = ${fewRows ? 'off' : 'on'}; LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0;
        SET auto_explain.log_analyze = on; SET auto_explain.log_buffers = on; SET auto_explain.log_timing = off;
        SET auto_explain.log_format = json; SET client_min_messages = log`);
    },
  });
  return { pool, plans };
}

function planOf(told: { 'Query Text': string; Plan: Node }, ms: number): Plan {
  const scanned: string[] = [];
  const walk = (node: Node) => {
    if (node['Node Type'] === 'Seq Scan' && node['Relation Name']) scanned.push(node['Relation Name']);
    for (const child of node.Plans ?? []) walk(child);
  };
  walk(told.Plan);
  const { Plan: top } = told;
  return {
    text: told['Query Text'].replace(/\s+/g, ' ').trim(),
    scanned,
    ms,
    pages: (top['Shared Hit Blocks'] ?? 0) + (top['Shared Read Blocks'] ?? 0),
  };
}
