import { parseArgs } from 'node:util';

export type DemoOptions = { kind: 'run'; fresh: boolean; minutes: boolean; port: number | null };
export type ReadOptions = DemoOptions | { kind: 'help' } | { kind: 'wrong'; problem: string };

export const usage = `npm run demo -- [--fresh] [--minutes] [--port PORT]

  --fresh      start over: the demo's network is made anew
  --minutes    run one event's whole timeline in about three minutes, and tell it as it happens
  --port PORT  where the site listens (else PORT, else 3000 or the next free one)

Everything lies under DATA_DIR/demo (.data/demo). DATABASE_URL and SMTP_URL are not looked at.`;

/** Reads what was typed. npm keeps options for itself that stand before \`--\`, and passes them on in the environment. */
export function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): ReadOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        fresh: { type: 'boolean', default: env.npm_config_fresh === 'true' },
        minutes: { type: 'boolean', default: env.npm_config_minutes === 'true' },
        port: { type: 'string', ...(env.PORT && { default: env.PORT }) },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return { kind: 'help' };
    const port = values.port === undefined ? null : Number(values.port);
    if (port !== null && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
      return { kind: 'wrong', problem: `A port is a whole number from 0 to 65535, not "${values.port}".` };
    }
    return { kind: 'run', fresh: values.fresh, minutes: values.minutes, port };
  } catch (error) {
    return { kind: 'wrong', problem: (error as Error).message };
  }
}
