import type { Desk } from '../../organizers/guard.ts';
import { type Format, type Mode, modesOf } from '../../rsvps/rules.ts';
import type { DeskEvent } from '../queries.ts';
import { eventHead, exactMoment, fullName } from '../views.ts';
import type { DoorPerson } from './door-queries.ts';

export type DoorRow = {
  id: string;
  name: string;
  detail: string | null;
  /** "Prima volta · invitata da Elena · la accoglie Anna" */
  welcome: string | null;
  /** Said yes. */
  going: boolean;
  /** The way she said she comes; where she said nothing, the event's first. */
  mode: Mode;
  /** Where she was seen. */
  present: Mode | null;
  guests: { position: number; name: string; present: boolean }[];
  /** When she was last tapped, in milliseconds: a phone whose clock is behind still comes after it. */
  at: number;
  walkIn: boolean;
};

export type DoorMode = {
  mode: Mode;
  /** Named only where an event has both. */
  label: string | null;
  rows: DoorRow[];
  /** By head, guests included. */
  here: number;
  expected: number;
  unexpected: number;
  /** Said yes and not seen yet. */
  missing: { id: string; name: string }[];
  completeAt: string | null;
};

/** What an event says of itself at its door. */
export function doorHead(event: DeskEvent, desk: Desk, now: Date) {
  const modes = modesOf(event.format as Format);
  return {
    ...eventHead(event, desk, now),
    modes: modes.map((mode) => ({ mode, label: modes.length > 1 ? desk.t(`desk.mode.${mode}`) : null })),
  };
}

/** A person as the list shows her. */
export function doorRow(event: DeskEvent, person: DoorPerson, desk: Desk, welcomer: string | null): DoorRow {
  const modes = modesOf(event.format as Format);
  const mode = person.mode && modes.includes(person.mode) ? person.mode : (modes[0] as Mode);
  const going = person.state === 'going';
  return {
    id: person.id,
    name: fullName(person),
    detail: detailOf(person, desk),
    welcome: person.isNew ? welcomeLine(person, desk, person.host ?? welcomer) : null,
    going,
    mode,
    present: person.presentMode,
    guests: Array.from({ length: going ? person.guests : 0 }, (_, position) => ({
      position,
      name: person.guestNames[position]?.trim() || desk.t('gate.guest', { number: position + 1 }),
      present: person.guestsHere.includes(position),
    })),
    at: person.tappedAt?.getTime() ?? 0,
    walkIn: person.walkIn ?? false,
  };
}

/** Those who are expected or here, by mode, with the figures beside them. */
export function doorModes(event: DeskEvent, rows: readonly DoorRow[], desk: Desk, now: Date): DoorMode[] {
  return doorHead(event, desk, now).modes.map(({ mode, label }) => {
    const mine = rows.filter((row) => (row.present ?? row.mode) === mode);
    const going = mine.filter((row) => row.going);
    const completeAt = mode === 'room' ? event.roomCompleteAt : event.onlineCompleteAt;
    return {
      mode,
      label,
      rows: mine,
      here: going.reduce(
        (sum, row) => sum + Number(row.present !== null) + row.guests.filter((guest) => guest.present).length,
        0,
      ),
      expected: going.reduce((sum, row) => sum + 1 + row.guests.length, 0),
      unexpected: mine.filter((row) => row.present && !row.going).length,
      missing: going.filter((row) => row.present === null).map(({ id, name }) => ({ id, name })),
      completeAt: completeAt && exactMoment(completeAt, event.timeZone, desk, now),
    };
  });
}

/** The words that the page's script says by itself, in her language. `{n}` and the like are filled in there. */
export function doorWords({ t }: Desk): Record<string, string> {
  return {
    saved: t('gate.saved'),
    offline: t('gate.offline'),
    offlineOne: t('gate.offlineOne'),
    offlineMany: t('gate.offlineMany', { n: '{n}' }),
    sendingOne: t('gate.sendingOne'),
    sendingMany: t('gate.sendingMany', { n: '{n}' }),
    signIn: t('gate.signIn'),
    trouble: t('gate.trouble'),
    count: t('gate.count', { here: '{here}', expected: '{expected}' }),
    unexpectedOne: t('gate.unexpectedOne'),
    unexpectedMany: t('gate.unexpectedMany', { n: '{n}' }),
    added: t('gate.added'),
    twins: t('gate.twins'),
    addNamed: t('gate.addNamed', { name: '{name}' }),
    known: t('gate.known', { name: '{name}' }),
    nobody: t('gate.nobody'),
    noneFound: t('gate.noneFound'),
    lost: t('gate.lost', { names: '{names}' }),
    withoutAddress: t('gate.withoutAddress', { names: '{names}' }),
    changed: t('gate.changed', { was: '{was}', now: '{now}' }),
    strandedOne: t('gate.strandedOne'),
    strandedMany: t('gate.strandedMany', { n: '{n}' }),
    discard: t('gate.discardSure'),
    leaveOne: t('gate.leaveOne'),
    leaveMany: t('gate.leaveMany', { n: '{n}' }),
    othersOne: t('gate.othersMarksOne'),
    othersMany: t('gate.othersMarksMany', { n: '{n}' }),
    absent: t('gate.absent', { names: '{names}' }),
    guestOf: t('gate.guestOf', { name: '{name}' }),
    here: t('gate.scan.here', { name: '{name}' }),
    already: t('gate.scan.already', { name: '{name}' }),
    unknown: t('gate.scan.unknown'),
    noCamera: t('gate.scan.noCamera'),
    looking: t('gate.scan.looking'),
  };
}

function welcomeLine(person: DoorPerson, { t }: Desk, welcomer: string | null): string {
  const inviter = person.inviterFirstName
    ? fullName({ firstName: person.inviterFirstName, lastName: person.inviterLastName ?? '' })
    : person.invitedBy;
  return [
    t('gate.firstTime'),
    // What she typed herself may be an address, which is nobody's business at the door.
    inviter && !inviter.includes('@') ? t('gate.invitedBy', { name: inviter }) : null,
    welcomer ? t('gate.welcomedBy', { name: welcomer }) : null,
  ]
    .filter(Boolean)
    .join(' · ');
}

function detailOf(person: DoorPerson, { t }: Desk): string | null {
  if (person.walkIn) return t('desk.door.walkIn');
  if (person.state === 'going')
    return person.source === 'member' || person.isNew ? null : t('desk.tag.guest');
  return t(`desk.door.state.${person.state ?? 'none'}`);
}
