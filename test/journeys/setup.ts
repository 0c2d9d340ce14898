import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestService } from '../support/app.ts';
import { secretKeys } from '../support/deps.ts';

/**
 * Runs `cli setup` in a process of its own, as an operator does.
 * @returns the sign-in link that it prints, and nothing else on stdout
 */
export async function setUp(service: TestService, options: Record<string, string>): Promise<string> {
  const cli = fileURLToPath(new URL('../../scripts/cli.ts', import.meta.url));
  const given = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const { stdout } = await promisify(execFile)(process.execPath, [cli, 'setup', ...given], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: service.databaseUrl,
      PUBLIC_URL: service.url,
      SECRET_KEYS: secretKeys.join(','),
    },
  });
  return stdout.trim();
}
