import { enableCompileCache } from 'node:module';

// Types are stripped once, not at every start.
enableCompileCache();

const { runCli } = await import('./cli/program.ts');
const { terminal } = await import('./cli/terminal.ts');
process.exitCode = await runCli(process.argv.slice(2), terminal(process));
