import { readOptions, usage } from './demo/options.ts';

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
// A terminal that is gone takes no more lines, and what runs must be ended all the same.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

// Loaded with the handlers in place: it takes a moment.
const { runDemo } = await import('./demo/run.ts');
process.exit(await runDemo(options, process.env, interrupted.signal));
