import { ConfigError, readConfig } from './config.ts';

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
