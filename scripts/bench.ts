import { parseArgs } from 'node:util';
import { benches, isBench } from './bench/all.ts';
import { tableOf } from './bench/report.ts';

const usage = `Usage: npm run bench -- NAME [--json] [--case NAME] [--requests N] [--seconds N] [--rows N]

  NAME          ${[...Object.keys(benches), 'all'].join(', ')}
  --json        print one JSON object on stdout, and nothing else there
  --case NAME   only the cases of mail and scheduler whose name begins so
  --requests N  how often each page is asked for (100)
  --seconds N   how long each side of a pair lasts, in rsvp, page and feed (1.5)
  --rows N      how many old deliveries lie in the ledger of scheduler (10000000)`;

const line = (text: string) => void process.stderr.write(`${text}\n`);

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      case: { type: 'string', default: '' },
      requests: { type: 'string', default: '100' },
      seconds: { type: 'string', default: '1.5' },
      rows: { type: 'string', default: '10000000' },
    },
  });
  if (values.help) {
    line(usage);
    return 0;
  }
  const [name = ''] = positionals;
  const requests = Number(values.requests);
  const seconds = Number(values.seconds);
  const rows = Number(values.rows);
  const names =
    name === 'all' ? (Object.keys(benches) as (keyof typeof benches)[]) : isBench(name) ? [name] : [];
  const isUsable =
    Number.isInteger(requests) && requests >= 20 && seconds > 0 && seconds <= 60 && rows >= 10_000;
  if (names.length === 0 || positionals.length !== 1 || !isUsable) {
    line(usage);
    return 2;
  }
  let failed = false;
  for (const each of names) {
    const report = await benches[each]({ requests, seconds, rows, only: values.case, say: line });
    failed ||= report.problems.length > 0;
    process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : `${tableOf(report)}\n`);
    for (const problem of report.problems) line(problem);
  }
  return failed ? 1 : 0;
}

process.exitCode = await main().catch((error: NodeJS.ErrnoException) => {
  line(error.code?.startsWith('ERR_PARSE_ARGS') ? `${error.message}\n\n${usage}` : `${error.stack}`);
  return error.code?.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
});
