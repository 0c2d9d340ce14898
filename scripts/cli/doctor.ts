import type { Command } from 'commander';
import { ConfigError, readConfig } from '../../server/config.ts';
import * as takes from './arguments.ts';
import { checkDatabase } from './doctor/database.ts';
import { checkDns } from './doctor/dns.ts';
import type { Check, Finding } from './doctor/finding.ts';
import { checkInbound } from './doctor/inbound.ts';
import { checkMachine } from './doctor/machine.ts';
import { checkSmtp } from './doctor/smtp.ts';
import { CliError } from './failure.ts';
import type { Terminal } from './terminal.ts';

const marks = { well: '✓', look: '!', wrong: '✗' } as const;

export function addDoctor(program: Command, terminal: Terminal): void {
  program
    .command('doctor')
    .description('look at everything that Ritrovo stands on: one line each, well or what to do')
    .option('--mail <ADDRESS>', 'send one mail to this address, over SMTP_URL', takes.address)
    .action(async ({ mail }: { mail?: string }) => {
      let wrong = 0;
      const tell = ({ subject, state, says }: Finding) => {
        if (state === 'wrong') wrong += 1;
        terminal.out(`${marks[state]} ${subject.padEnd(14)} ${says}\n`);
      };
      const config = readConfiguration(terminal, tell);
      if (config) {
        const checks: Check[] = [checkMachine, checkDatabase, checkSmtp, checkDns, checkInbound];
        for (const check of checks) for await (const finding of check(config, { mail })) tell(finding);
      }
      if (wrong > 0) throw new CliError(wrong === 1 ? 'One thing is wrong.' : `${wrong} things are wrong.`);
    });
}

function readConfiguration(terminal: Terminal, tell: (finding: Finding) => void) {
  try {
    const config = readConfig(terminal.env);
    tell({
      subject: 'configuration',
      state: 'well',
      says: `every variable is in order; the site is ${config.publicUrl}`,
    });
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    tell({ subject: 'configuration', state: 'wrong', says: error.message });
    return null;
  }
}
