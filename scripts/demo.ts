import { enableCompileCache } from 'node:module';

// Types are stripped once, not at every start.
enableCompileCache();

const { readOptions, usage } = await import('./demo/options.ts');
const options = readOptions(process.argv.slice(2), process.env);
if (options.kind === 'wrong') {
  console.error(`${options.problem}\n\n${usage}`);
  process.exit(2);
}
if (options.kind === 'help') {
  console.log(usage);
  process.exit(0);
}

const interrupted = new AbortController();
// SIGHUP: the terminal was closed. Further signals change nothing: what runs is being ended already.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());

const { runDemo } = await import('./demo/run.ts');
process.exit(await runDemo(options, process.env, interrupted.signal));
