import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Expected, Sample } from './samples.ts';

const run = promisify(execFile);
const beside = (name: string) => fileURLToPath(new URL(name, import.meta.url));
// Debian's own, which has the packages; another Python may stand before it in the path.
const python = '/usr/bin/python3';

/** What a program made of a calendar; what it cannot say is left out. */
export type Understood = { complaints: string[]; events: Partial<Expected>[] };
export type Reader = { name: string; read(sample: Sample, path: string): Promise<Understood> };

/** What libical made of messages one after the other: which kind each was, and what the calendar held then. */
export type Taken = { what: string; entries: number; startsAt: string; location: string };

const lines = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t'));

function fieldsOf(rows: string[][]): Understood {
  return {
    complaints: rows.filter(([what]) => what === 'complaint').map(([, ...words]) => words.join(' ').trim()),
    events: rows
      .filter(([what]) => what === 'event')
      .map(([, uid, startsAt, local, endsAt, , title, location, status, attendee, partstat, organizer]) =>
        Object.fromEntries(
          Object.entries({
            uid,
            startsAt,
            local,
            endsAt,
            title,
            location,
            status,
            attendee,
            partstat,
            organizer,
          }).map(([name, value]) => [name, value ?? '']),
        ),
      ),
  };
}

export async function openPythonReader(): Promise<Reader> {
  const script = beside('read.py');
  const { stdout } = await run(python, [script, 'version']);
  return {
    name: `python3-icalendar ${stdout.trim()}`,
    async read(_sample, path) {
      const { stdout } = await run(python, [script, path], { env: { PYTHONIOENCODING: 'utf-8' } });
      const understood = fieldsOf(lines(stdout));
      // It leaves what RFC 6868 encodes in a parameter as it stands, as it does with those who wrote it.
      for (const event of understood.events)
        for (const name of ['attendee', 'organizer'] as const)
          event[name] = event[name]?.replaceAll("^'", '"') ?? '';
      return understood;
    },
  };
}

export type Libical = Reader & { take(user: string, paths: readonly string[]): Promise<Taken[]> };

/** Compiles the little program beside this file: libical comes as a library alone. */
export async function openLibical(home: string): Promise<Libical> {
  const program = join(home, 'libical');
  await run('gcc', ['-Wall', '-o', program, beside('libical.c'), '-lical', '-licalss']);
  const { stdout } = await run(program, ['version']);
  return {
    name: `libical ${stdout.trim()}`,
    async read(sample, path) {
      // RFC 5546 wants an organiser of whatever has a METHOD. A file names nobody: it is asked about as one without.
      if (sample.kind === 'file') await writeFile(path, sample.text.replace(/^METHOD:.*\r\n/m, ''));
      return fieldsOf(lines((await run(program, ['read', path])).stdout));
    },
    async take(user, paths) {
      const { stdout } = await run(program, ['take', user, ...paths]);
      return lines(stdout).map(([, what = '', entries, startsAt = '', , location = '']) => ({
        what,
        entries: Number(entries),
        startsAt,
        location,
      }));
    },
  };
}

export type Khal = Reader & {
  /** Imports files one after the other into one calendar. @returns what it lists after each */
  import(paths: readonly string[], zone: string): Promise<Partial<Expected>[][]>;
};

export async function openKhal(home: string): Promise<Khal> {
  const env = { PATH: process.env.PATH, HOME: home, LC_ALL: 'C.UTF-8' };
  const { stdout } = await run('/usr/bin/khal', ['--version'], { env });
  const importAll = async (paths: readonly string[], zone: string) => {
    const place = await mkdtemp(join(home, 'khal-'));
    await mkdir(join(place, 'cal'));
    const conf = join(place, 'conf');
    await writeFile(conf, configOf(place, zone));
    const seen: Partial<Expected>[][] = [];
    for (const path of paths) {
      await run('/usr/bin/khal', ['-c', conf, 'import', '-a', 'c', '--batch', path], { env });
      const { stdout } = await run('/usr/bin/khal', ['-c', conf, ...listing], { env });
      seen.push(
        lines(stdout).map(([uid = '', local = '', title = '', location = '', status = '']) => ({
          uid,
          local: `${local.replace(' ', 'T')}:00`,
          title,
          location,
          status: status.trim(),
        })),
      );
    }
    return seen;
  };
  return {
    name: stdout.trim().replace(', version', ''),
    async read(sample, path) {
      const [events = []] = await importAll([path], sample.zone);
      return { complaints: [], events };
    },
    import: importAll,
  };
}

const listing = [
  ...['list', '-a', 'c', '--day-format', '', '--format', '{uid}\t{start}\t{title}\t{location}\t{status}'],
  ...['2026-10-01', '2027-12-31'],
];

const configOf = (place: string, zone: string) => `[calendars]
[[c]]
path = ${place}/cal
type = calendar
[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
default_timezone = ${zone}
local_timezone = ${zone}
[default]
default_calendar = c
[sqlite]
path = ${place}/khal.db
`;
