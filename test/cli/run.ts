import { runCli } from '../../scripts/cli/program.ts';

/** Runs one command in this process, on an environment of its own. */
export async function runCommand(args: string[], env: NodeJS.ProcessEnv) {
  const said = { out: '', err: '' };
  const code = await runCli(args, {
    env,
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    ask: async () => '',
  });
  return { code, ...said };
}
