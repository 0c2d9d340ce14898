import type { Config } from '../../../server/config.ts';

/** One line of the doctor: `well`, `look` (it runs, and could be better), or `wrong` with what to do. */
export type Finding = { subject: string; state: 'well' | 'look' | 'wrong'; says: string };

export type Check = (config: Config, options: { mail?: string | undefined }) => AsyncIterable<Finding>;

/** What an error says, in one line. */
export function lineOf(error: unknown): string {
  const { message, code, errors } = error as Error & { code?: string; errors?: Error[] };
  return (message || errors?.[0]?.message || code || 'unknown error').split('\n')[0] as string;
}
