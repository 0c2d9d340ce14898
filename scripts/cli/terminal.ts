import { createInterface } from 'node:readline/promises';

/** Where a command reads and writes. What it is for goes to `out`; all that is said beside it to `err`. */
export type Terminal = {
  env: NodeJS.ProcessEnv;
  out(text: string): void;
  err(text: string): void;
  /** Where a command writes what is no text. */
  bytes?: NodeJS.WritableStream | undefined;
  /** The line that was typed; an empty one where nobody is there to type. */
  ask(question: string): Promise<string>;
  /** Where a progress bar may be drawn; nothing where nobody looks on. */
  screen?: NodeJS.WritableStream | undefined;
};

export function terminal({ env, stdin, stdout, stderr }: NodeJS.Process): Terminal {
  return {
    env,
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    bytes: stdout,
    screen: stderr.isTTY ? stderr : undefined,
    async ask(question) {
      const lines = createInterface({ input: stdin, output: stderr });
      try {
        const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
        return await Promise.race([lines.question(question), closed]);
      } finally {
        lines.close();
      }
    },
  };
}
