import { enableCompileCache } from 'node:module';
import { ConfigError, readConfig } from './config.ts';

// Types are stripped once, not at every start.
enableCompileCache();

try {
  const config = readConfig(process.env);
  const { startService } = await import('./service.ts');
  const service = await startService(config);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void service.stop().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exit(1);
}
