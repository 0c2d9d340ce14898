import { spawn, spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { daysOf, formatRule } from '../server/series/recurrence.ts';
import { addDays, placeOnDay } from '../server/series/rules.ts';
import { anyRule } from '../test/series/any-rule.ts';

const usage = `Usage: npm run check:recurrence [-- RULES [SEED]]

Compares the dates of random recurrence rules, 1000 of them unless said otherwise, with those that python-dateutil finds
(Debian: apt-get install python3-dateutil): every day of ten years, and the instant at which an event then begins, in
several time zones, in the hours of the clock changes too. Nothing is written. Exit code 1 on any deviation.`;

const line = (text: string) => void process.stdout.write(`${text}\n`);
const years = 10;
const zones = [
  'Europe/Rome',
  'Europe/London',
  'America/Santiago',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
];
/** Those of the clock changes among them: in Rome 02:30 does not exist on one day a year, and comes twice on another. */
const times = ['13:00', '18:30', '00:00', '01:30', '02:30', '03:00', '23:59'];

type Case = { rule: string; start: string; until: string; zone: string; time: string };
type Found = [day: string, seconds: number][];

function casesOf(count: number, seed: number): Case[] {
  const drawn = fc.sample(fc.tuple(anyRule(), fc.constantFrom(...zones), fc.constantFrom(...times)), {
    numRuns: count,
    seed,
  });
  return drawn.map(([{ rule, start }, zone, time]) => ({
    ...{ rule: formatRule(rule), start, until: addDays(start, years * 366), zone, time },
  }));
}

function oursOf({ rule, start, until, zone, time }: Case): Found {
  const plan = { startsAtTime: time, minutes: 60, closesMinutesBefore: null, timeZone: zone };
  // A rule gives no more than a date a day.
  const open = /COUNT|UNTIL/.test(rule) ? rule : `${rule};UNTIL=${until.replaceAll('-', '')}`;
  return daysOf(open, start, null, years * 367)
    .filter((day) => day <= until)
    .map((day) => [day, placeOnDay(plan, day).startsAt.getTime() / 1000]);
}

/** Asks dateutil about all of them at once. */
async function theirsOf(cases: readonly Case[]): Promise<Found[]> {
  const script = new URL('check-recurrence/expand.py', import.meta.url).pathname;
  const python = spawn('python3', [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  python.stdin.end(cases.map((one) => JSON.stringify(one)).join('\n'));
  const chunks: Buffer[] = [];
  for await (const chunk of python.stdout) chunks.push(chunk as Buffer);
  const lines = Buffer.concat(chunks).toString().trim().split('\n');
  if (lines.length !== cases.length)
    throw new Error(`dateutil answered ${lines.length} of ${cases.length} rules`);
  return lines.map((text) => JSON.parse(text) as Found);
}

async function main(): Promise<number> {
  const [countText = '1000', seedText] = process.argv.slice(2);
  const count = Number(countText);
  const seed = seedText === undefined ? Date.now() % 2 ** 31 : Number(seedText);
  if (!Number.isInteger(count) || count < 1 || !Number.isInteger(seed)) {
    line(usage);
    return process.argv.includes('--help') ? 0 : 2;
  }
  const version = spawnSync('python3', ['-c', 'import dateutil; print(dateutil.__version__)'], {
    encoding: 'utf8',
  });
  if (version.status !== 0) {
    line('There is no dateutil here: apt-get install python3-dateutil (Debian).');
    return 1;
  }
  const cases = casesOf(count, seed);
  const theirs = await theirsOf(cases);
  let dates = 0;
  let different = 0;
  for (const [index, one] of cases.entries()) {
    const ours = oursOf(one);
    const other = theirs[index] as Found;
    dates += ours.length;
    if (JSON.stringify(ours) === JSON.stringify(other)) continue;
    different += 1;
    const at = ours.findIndex((date, place) => String(date) !== String(other[place]));
    const place = at < 0 ? ours.length : at;
    line(
      `✗ ${one.rule} from ${one.start} at ${one.time} ${one.zone}: ${ours[place]}, and ${other[place]} in dateutil`,
    );
  }
  const parts = [
    'DAILY',
    'WEEKLY',
    'MONTHLY',
    'YEARLY',
    'BYSETPOS',
    'BYMONTH=',
    'BYMONTHDAY',
    'COUNT',
    'UNTIL',
  ];
  const counts = parts.map(
    (part) => `${part.replace('=', '')} ${cases.filter(({ rule }) => rule.includes(part)).length}`,
  );
  line(`${cases.length} rules (seed ${seed}: ${counts.join(', ')}), ${dates} dates over ${years} years`);
  line(
    `${different === 0 ? '✓' : '✗'} ${different} of them differ from python-dateutil ${version.stdout.trim()}`,
  );
  return different === 0 ? 0 : 1;
}

process.exitCode = await main();
