import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AttendanceRefusal, refuseAttendance, refuseCompletion } from '../../attendance/rules.ts';
import type { Deps } from '../../deps.ts';
import { roleAtEvent } from '../../organizers/guard.ts';
import { type Format, modesOf } from '../../rsvps/rules.ts';
import { assetUrl } from '../../web/assets.ts';
import { deskPage } from '../page.ts';
import type { DeskEvent } from '../queries.ts';
import { findExpected, findOthers, findWelcomer } from './door-queries.ts';
import { type DoorRow, doorHead, doorModes, doorRow, doorWords } from './door-view.ts';

export type Typed = { name: string; email: string };
export type Problem = { field: 'name' | 'email' | 'page'; reason: string };

/** As many of those who might come all the same as a page shows; her search finds the rest. */
const othersShown = 60;
/** And as many as a phone takes along. */
const othersTaken = 1000;
/** A phone forgets an evening this long after its end, or once attendance is complete. */
const dayMs = 86_400_000;
const keptForMs = 7 * dayMs;
const keptCompleteForMs = dayMs;

/** The door as a page: it works as it stands, and its script makes it live. */
export async function showDoor(
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  request: FastifyRequest,
  reply: FastifyReply,
  { typed, problem }: { typed: Typed; problem: Problem | null },
): Promise<FastifyReply> {
  const { desk, deskEvent: event } = request;
  const now = clock();
  const search = searchOf(request);
  const [expected, others, welcomer] = await Promise.all([
    findExpected(db, event),
    findOthers(db, event, { now, search, limit: othersShown }),
    findWelcomer(db, event.id, now),
  ]);
  const row = (person: (typeof expected)[number]) => doorRow(event, person, desk, welcomer);
  const rows = expected.map(row);
  const found = search === '' ? rows : rows.filter(({ name, guests }) => matches(search, name, guests));
  const shown = new Set(found.map(({ id }) => id));
  return page(request, reply, now, {
    search,
    modes: doorModes(event, rows, desk, now).map((group) => ({
      ...group,
      rows: group.rows.filter(({ id }) => shown.has(id)),
    })),
    others: others.map(row),
    moreOthers: others.length === othersShown,
    typed,
    problem: problem && { field: problem.field, text: desk.t(`desk.door.refused.${problem.reason}`) },
  });
}

/** The page without anybody on it: what a phone keeps, to be filled from its own list where there is no network. */
export function showShell({ clock }: Pick<Deps, 'clock'>, request: FastifyRequest, reply: FastifyReply) {
  const empty = { search: '', others: [], moreOthers: false, typed: { name: '', email: '' }, problem: null };
  return page(request, reply, clock(), { ...empty, modes: [], isShell: true });
}

function page(request: FastifyRequest, reply: FastifyReply, now: Date, data: object): FastifyReply {
  const { desk, deskEvent: event, deskChapter: chapter } = request;
  // Here, and on no other page, the camera may be asked for: it reads the codes.
  reply.header('permissions-policy', 'camera=(self), microphone=(), geolocation=()');
  return deskPage(
    request,
    reply,
    'door',
    { title: desk.t('desk.door.title'), chapter, sheets: ['door.css'], scripts: ['door.js'] },
    {
      event: doorHead(event, desk, now),
      closed: refuseAttendance(event, null, now),
      mayClose: roleAtEvent(desk, event) !== 'host',
      mayComplete: modesOf(event.format as Format).every(
        (mode) => refuseCompletion(event, mode, now) === null,
      ),
      words: JSON.stringify(doorWords(desk)),
      worker: assetUrl('door-worker.js'),
      isShell: false,
      ...data,
    },
  );
}

type Whose = {
  /** Whose list it is: nobody else sees it on this phone. */
  who: string;
  csrf: string;
  /** Changes with what the list says. */
  version: string;
};

export type DoorList = Whose & {
  title: string;
  when: string;
  place: string;
  closed: { reason: AttendanceRefusal; text: string } | null;
  /** Until when a phone may keep it, in milliseconds. */
  keepUntil: number;
  people: (DoorRow & { codes: string[] })[];
};

/** All that a phone takes along; where it has this very list already, only that it has: a weak signal carries little. */
export async function doorList(
  { db, clock, links }: Pick<Deps, 'db' | 'clock' | 'links'>,
  request: FastifyRequest,
  have: unknown,
): Promise<DoorList | (Whose & { same: true })> {
  const { desk, deskEvent: event } = request;
  const now = clock();
  const [expected, others, welcomer] = await Promise.all([
    findExpected(db, event),
    findOthers(db, event, { now, search: '', limit: othersTaken }),
    findWelcomer(db, event.id, now),
  ]);
  const head = doorHead(event, desk, now);
  const reason = refuseAttendance(event, null, now);
  const list = {
    title: head.title,
    when: head.when,
    place: head.place,
    closed: reason && { reason, text: desk.t(`desk.door.refused.${reason}`) },
    keepUntil: keepUntil(event),
    people: [...expected, ...others].map((person) => ({
      ...doorRow(event, person, desk, welcomer),
      codes: links.doorCodes({ eventId: event.id, personId: person.id, linkEpoch: person.linkEpoch }),
    })),
  };
  const version = createHash('sha256').update(JSON.stringify(list)).digest('base64url').slice(0, 16);
  const whose = { who: desk.person.id, csrf: desk.csrf, version };
  return have === version ? { ...whose, same: true } : { ...whose, ...list };
}

function keepUntil(event: DeskEvent): number {
  const complete = modesOf(event.format as Format).map((mode) =>
    mode === 'room' ? event.roomCompleteAt : event.onlineCompleteAt,
  );
  const last = complete.some((at) => at === null)
    ? null
    : Math.max(...complete.map((at) => at?.getTime() ?? 0));
  const whatever = event.endsAt.getTime() + keptForMs;
  return last === null ? whatever : Math.min(last + keptCompleteForMs, whatever);
}

function searchOf(request: FastifyRequest): string {
  const { q } = request.query as { q?: unknown };
  return typeof q === 'string' ? q.replaceAll('\0', '').trim().slice(0, 100) : '';
}

function matches(search: string, name: string, guests: DoorRow['guests']): boolean {
  const wanted = search.toLowerCase();
  return [name, ...guests.map((guest) => guest.name)].some((text) => text.toLowerCase().includes(wanted));
}
