import { ConfigError, readConfig } from './config.ts';

/**
 * How long an end in order may take, beside the draining: less than supervisors wait before they kill. What a worker has
 * in hand then comes back when its lease runs out, as after any crash.
 */
const endsWithinMs = 45_000;

/** Starts what `ROLE` says, and stops it in order when asked to. */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  const { startService } = await import('./service.ts');
  const starting = startService(config);
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Ctrl-C under npm comes twice, from the terminal and from npm: the second one must not cut the first one short.
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      setTimeout(
        () => {
          console.error('The end took too long: what was in hand is left to the others.');
          process.exit(1);
        },
        endsWithinMs + config.drainSeconds * 1000,
      ).unref();
      void starting
        .then((service) => service.stop())
        .then(
          () => process.exit(0),
          () => process.exit(1),
        );
    });
  }
  await starting;
}

if (import.meta.main) {
  await main().catch((error: unknown) => {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exit(1);
  });
}
