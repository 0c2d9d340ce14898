import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Khal,
  type Libical,
  openKhal,
  openLibical,
  openPythonReader,
  type Reader,
} from './check-calendar/readers.ts';
import { type Expected, her, type Sample, samples, story } from './check-calendar/samples.ts';

const usage = `Usage: npm run check:calendar

Lets programs that are not ours read every kind of calendar that leaves here, with names that hold ; " , \\ and an emoji,
in several time zones and around clock changes (Debian: apt-get install python3-icalendar khal libical-dev gcc):

  - python3-icalendar and libical: read without complaint, the right instants and the right local time, all words;
    libical also by the rules of RFC 5546 for each method;
  - khal: imported, and listed at the right local time;
  - an invitation, its move and its cancellation one after the other: one entry, moved, then none.`;

const line = (text: string) => void process.stdout.write(`${text}\n`);

async function main(): Promise<number> {
  if (process.argv.length > 2) {
    line(usage);
    return process.argv.includes('--help') ? 0 : 2;
  }
  const home = await mkdtemp(join(tmpdir(), 'ritrovo-calendar-'));
  try {
    const readers = await openReaders(home);
    if (!readers) return 1;
    const [python, libical, khal] = readers;
    const wrong = [
      ...(await readAll(home, [python, libical, khal])),
      ...(await takeInOrder(home, libical)),
      ...(await importInOrder(home, khal)),
    ];
    for (const problem of wrong) line(`✗ ${problem}`);
    line(wrong.length === 0 ? 'All as it should be.' : `${wrong.length} wrong.`);
    return wrong.length === 0 ? 0 : 1;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function openReaders(home: string): Promise<[Reader, Libical, Khal] | null> {
  try {
    return [await openPythonReader(), await openLibical(home), await openKhal(home)];
  } catch (error) {
    line(`Something is missing here: apt-get install python3-icalendar khal libical-dev gcc (Debian).`);
    line((error as Error).message.trim());
    return null;
  }
}

/** One line for each sample, one column for each reader. */
async function readAll(home: string, readers: readonly Reader[]): Promise<string[]> {
  const wrong: string[] = [];
  const all = samples();
  const width = Math.max(...all.map(({ name }) => name.length));
  line([''.padEnd(width), ...readers.map(({ name }) => name)].join('  '));
  for (const sample of all) {
    const cells: string[] = [];
    for (const reader of readers) {
      const path = join(home, 'sample.ics');
      await writeFile(path, sample.text);
      const problems = await problemsOf(sample, reader, path);
      wrong.push(...problems.map((problem) => `${sample.name}, ${reader.name}: ${problem}`));
      cells.push((problems.length === 0 ? '✓' : '✗').padEnd(reader.name.length));
    }
    const [first] = sample.events;
    line(
      [sample.name.padEnd(width), ...cells, `${first?.local} ${sample.events.length === 1 ? '' : '…'}`].join(
        '  ',
      ),
    );
  }
  return wrong;
}

async function problemsOf(sample: Sample, reader: Reader, path: string): Promise<string[]> {
  try {
    const { complaints, events } = await reader.read(sample, path);
    // An event of the feed is listed in the reader's own zone by whoever has but one.
    const byStart = (a: Partial<Expected>, b: Partial<Expected>) => ((a.uid ?? '') < (b.uid ?? '') ? -1 : 1);
    const found = events.toSorted(byStart);
    const wanted = sample.events.toSorted(byStart);
    const problems = [...complaints];
    if (found.length !== wanted.length) problems.push(`${found.length} events instead of ${wanted.length}`);
    for (const [index, event] of found.entries()) {
      for (const [name, value] of Object.entries(event)) {
        const right = rightValue(name as keyof Expected, wanted[index] as Expected, sample, reader);
        if (value !== right) problems.push(`${name} is ${value}, not ${right}`);
      }
    }
    return problems;
  } catch (error) {
    return [(error as Error).message.trim()];
  }
}

/** khal lists all in its own zone. */
function rightValue(name: keyof Expected, wanted: Expected, sample: Sample, reader: Reader): string {
  if (name !== 'local' || !reader.name.startsWith('khal')) return wanted[name];
  const there = new Date(wanted.startsAt).toLocaleString('sv', { timeZone: sample.zone });
  return there.replace(' ', 'T');
}

async function written(home: string, order: readonly (keyof typeof story)[]): Promise<string[]> {
  const paths: string[] = [];
  for (const [index, name] of order.entries()) {
    const path = join(home, `story-${index}.ics`);
    await writeFile(path, story[name].text);
    paths.push(path);
  }
  return paths;
}

/** By RFC 5546, as libical has it: what came late or twice counts for nothing. */
async function takeInOrder(home: string, libical: Libical): Promise<string[]> {
  const order = ['request', 'request', 'move', 'request', 'cancel', 'again'] as const;
  const right: [what: string, entries: number, moved: boolean][] = [
    ['REQUEST-NEW', 1, false],
    ['OBSOLETE', 1, false],
    ['REQUEST-RESCHEDULE', 1, true],
    ['OBSOLETE', 1, true],
    ['CANCEL-EVENT', 0, false],
    ['REQUEST-NEW', 1, true],
  ];
  line(`\n${libical.name}, one message after the other:`);
  const taken = await libical.take(`mailto:${her}`, await written(home, order));
  return taken.flatMap(({ what, entries, startsAt, location }, index) => {
    const [kind, count, moved] = right[index] as (typeof right)[number];
    const [event] = (moved ? story.move : story.request).events as [Expected];
    const isRight =
      what === kind &&
      entries === count &&
      (count === 0 || (startsAt === event.startsAt && location === event.location));
    line(
      `${isRight ? '✓' : '✗'} ${order[index]}: ${what}, ${entries} in the calendar ${startsAt} ${location}`,
    );
    return isRight ? [] : [`${order[index]}: ${what}, ${entries} entries, ${startsAt}`];
  });
}

/** khal looks at no METHOD: what was cancelled stays, and says so. */
async function importInOrder(home: string, khal: Khal): Promise<string[]> {
  const order = ['request', 'move', 'cancel'] as const;
  line(
    `\n${khal.name}, imported one after the other (it looks at no METHOD: a cancelled entry stays, marked as such):`,
  );
  const listed = await khal.import(await written(home, order), 'Europe/Rome');
  return listed.flatMap((entries, index) => {
    const [wanted] = story[order[index] as keyof typeof story].events as [Expected];
    const [only] = entries;
    const isRight = entries.length === 1 && only?.local === wanted.local && only.status === wanted.status;
    line(
      `${isRight ? '✓' : '✗'} ${order[index]}: ${entries.map(({ local, status }) => `${local} ${status}`).join(', ')}`,
    );
    return isRight ? [] : [`${order[index]}: ${JSON.stringify(entries)}`];
  });
}

if (import.meta.main) process.exitCode = await main();
