import type { Config } from '../config.ts';
import type { Log } from './database.ts';

/** The database to speak to. `close` stops an embedded server that this process started, and nothing else. */
export type OpenDatabase = { url: string; close(): Promise<void> };

/**
 * The database that `DATABASE_URL` names, or the embedded one under `DATA_DIR`: started where it does not run, joined
 * where another process runs it.
 * @param log takes one line for the operator
 */
export async function openDatabase(
  config: Pick<Config, 'databaseUrl' | 'dataDir'>,
  log: (message: string) => void,
): Promise<OpenDatabase> {
  if (config.databaseUrl) return { url: config.databaseUrl, close: async () => {} };
  // Not loaded where it is not needed.
  const { openEmbedded } = await import('./embedded.ts');
  const embedded = await openEmbedded({ dataDir: config.dataDir, log: lineLog(log) });
  return { url: embedded.url, close: () => embedded.stop() };
}

function lineLog(write: (message: string) => void): Log {
  const line = (first: unknown, second?: unknown) =>
    write(String(typeof first === 'string' ? first : second));
  return { info: line, warn: line, error: line };
}
