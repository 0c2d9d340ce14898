import { once } from 'node:events';
import { resolve } from 'node:path';
import { systemClock } from '../../server/clock.ts';
import { type Config, ConfigError, readConfig } from '../../server/config.ts';
import { createDb, type Log, openPool } from '../../server/db/database.ts';
import { openEmbedded } from '../../server/db/embedded.ts';
import { migrate } from '../../server/db/upgrade.ts';
import { noFigures } from '../../server/deliveries/figures.ts';
import type { Deps } from '../../server/deps.ts';
import { bossAlarm } from '../../server/jobs/boss.ts';
import { createSignInLink } from '../../server/organizers/sign-in.ts';
import { loadSecretKeys } from '../../server/secrets.ts';
import { startService } from '../../server/service.ts';
import { createLinks } from '../../server/web/links.ts';
import { answerAperitivo, publishAperitivo } from './aperitivo.ts';
import { banner } from './banner.ts';
import { type Cast, findCast, idOf } from './context.ts';
import { tellThePast } from './history.ts';
import { runMinutes } from './minutes.ts';
import type { DemoOptions } from './options.ts';
import { coordinator } from './people.ts';
import { alreadyRunning, DemoError, openPlace, remember } from './place.ts';
import { choosePort } from './ports.ts';

const print = (line: string) => console.log(line);
const lines: Log = { info: write, warn: write, error: write };

/**
 * Starts the demo and keeps it running until it is interrupted; then everything that it started is ended.
 * @returns the exit code
 */
export async function runDemo(
  options: DemoOptions,
  env: NodeJS.ProcessEnv,
  interrupted: AbortSignal,
): Promise<number> {
  const undo: (() => Promise<unknown>)[] = [];
  let code = 0;
  try {
    await start(options, env, interrupted, undo);
    if (!interrupted.aborted) await once(interrupted, 'abort');
  } catch (error) {
    if (!interrupted.aborted) {
      code = 1;
      console.error(error instanceof DemoError || error instanceof ConfigError ? error.message : error);
    }
  }
  if (interrupted.aborted) print('\nStopping…');
  for (const step of undo.reverse()) {
    await step().catch((error: unknown) => {
      code = 1;
      console.error(error);
    });
  }
  return code;
}

async function start(
  options: DemoOptions,
  env: NodeJS.ProcessEnv,
  interrupted: AbortSignal,
  undo: (() => Promise<unknown>)[],
): Promise<void> {
  // A folder of its own below the data folder: what lies beside it is never touched, --fresh included.
  const dir = resolve(env.DATA_DIR || '.data', 'demo');
  const memory = await openPlace(dir, options);
  const port = await choosePort(env.HOST || '127.0.0.1', options.port, memory.port);
  interrupted.throwIfAborted();
  // A crash may cost the demo its last half second; in return it loads in half the time.
  const settings = { synchronous_commit: 'off' };
  const embedded = await openEmbedded({ dataDir: dir, log: lines, settings });
  undo.push(() => embedded.stop());
  if (!embedded.owner) throw alreadyRunning(dir, memory);

  const config = configOf(env, dir, port, embedded.url);
  interrupted.throwIfAborted();
  await migrate(embedded.url);
  const deps = await openDeps(config, embedded.url, undo);
  if (!memory.ready) print('Loading a small network: Bologna, 30 members…');
  const cast = memory.ready ? await findCast(deps) : await tellThePast(deps, deps.clock());
  interrupted.throwIfAborted();

  const service = await startService(config);
  undo.push(() => service.stop());
  await remember(dir, { ...memory, port, address: service.publicUrl });
  if (!memory.ready) {
    const eventId = await publishAperitivo(deps, cast);
    const { invitations, answers } = await answerAperitivo(deps, cast, eventId, interrupted);
    print(`Sent ${invitations} invitations to the inbox; ${answers} members have answered by their links.`);
    await remember(dir, { ready: true, port, address: service.publicUrl });
  }
  if (memory.port !== null && memory.port !== port) {
    print(`Port ${memory.port} is in use: links in the mails sent so far lead there, new ones to ${port}.`);
  }

  print(
    await banner(deps, cast, {
      site: service.publicUrl,
      inbox: service.inboxUrl ?? '',
      signIn: await signInAddress(deps, cast),
    }),
  );
  if (options.minutes) await runMinutes(deps, cast, interrupted, print);
}

/** Of the environment the demo takes where to listen and how much to say. It never meets a real database or relay. */
function configOf(env: NodeJS.ProcessEnv, dir: string, port: number, databaseUrl: string): Config {
  return readConfig({
    DATA_DIR: dir,
    DATABASE_URL: databaseUrl,
    PORT: String(port),
    LOG_LEVEL: env.LOG_LEVEL || 'error',
    ...(env.HOST && { HOST: env.HOST }),
  });
}

/** What the use cases need, beside the service that runs in this process. */
async function openDeps(config: Config, url: string, undo: (() => Promise<unknown>)[]): Promise<Deps> {
  const pool = openPool(url, { max: 4, log: lines });
  undo.push(() => pool.end());
  const alarm = bossAlarm(pool, (error) => write(error.message));
  undo.push(() => alarm.close());
  return {
    db: createDb(pool),
    clock: systemClock,
    links: createLinks(config.publicUrl, await loadSecretKeys(config)),
    alarm,
    config,
    figures: noFigures,
  };
}

async function signInAddress(deps: Deps, cast: Cast): Promise<string> {
  const personId = idOf(cast, coordinator);
  const link = await createSignInLink(deps.db, deps.links, { personId, now: deps.clock(), minutes: 24 * 60 });
  return link.url;
}

function write(first: unknown, second?: unknown): void {
  console.error(String(typeof first === 'string' ? first : second));
}
