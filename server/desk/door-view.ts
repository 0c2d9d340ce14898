import type { Desk } from '../organizers/guard.ts';
import { type Format, type Mode, modesOf } from '../rsvps/rules.ts';
import { guestsInWords } from './people-view.ts';
import type { DeskEvent, EventPerson } from './queries.ts';
import { eventHead, exactMoment, fullName } from './views.ts';

export type DoorRow = {
  id: string;
  name: string;
  detail: string | null;
  isHere: boolean;
  /** Where a tap writes her down. */
  mode: Mode;
};

export type DoorMode = {
  mode: Mode;
  /** Named only where an event has both. */
  label: string | null;
  rows: DoorRow[];
  here: number;
  expected: number;
  /** Said yes and not seen yet. */
  missing: { id: string; name: string }[];
  completeAt: string | null;
};

/** Everybody at the door, by mode: those who said yes and those seen there; then all the others, to be found. */
export function doorView(event: DeskEvent, people: readonly EventPerson[], desk: Desk, now: Date) {
  const modes = modesOf(event.format as Format);
  const first = modes[0] as Mode;
  const at = (person: EventPerson): Mode => {
    const mode = (person.presentMode ?? person.mode ?? first) as Mode;
    return modes.includes(mode) ? mode : first;
  };
  const expected = people.filter((person) => person.state === 'going' || person.presentMode !== null);
  const row = (person: EventPerson): DoorRow => ({
    id: person.id,
    name: fullName(person),
    detail: detailOf(person, desk),
    isHere: person.presentMode !== null,
    mode: at(person),
  });
  return {
    event: eventHead(event, desk, now),
    modes: modes.map((mode): DoorMode => {
      const mine = expected.filter((person) => at(person) === mode);
      const completeAt = mode === 'room' ? event.roomCompleteAt : event.onlineCompleteAt;
      return {
        mode,
        label: modes.length > 1 ? desk.t(`desk.mode.${mode}`) : null,
        rows: mine.map(row),
        here: mine.filter((person) => person.presentMode !== null).length,
        expected: mine.filter((person) => person.state === 'going').length,
        missing: mine
          .filter((person) => person.state === 'going' && person.presentMode === null)
          .map((person) => ({ id: person.id, name: fullName(person) })),
        completeAt: completeAt && exactMoment(completeAt, event.timeZone, desk, now),
      };
    }),
    others: people.filter((person) => !expected.includes(person)).map(row),
  };
}

function detailOf(person: EventPerson, desk: Desk): string | null {
  const { t } = desk;
  const guests = person.state === 'going' ? guestsInWords(person, t) : null;
  if (person.walkIn) return t('desk.door.walkIn');
  if (person.state === 'going')
    return (
      [person.source === 'member' ? null : t('desk.tag.guest'), guests].filter(Boolean).join(' · ') || null
    );
  return t(`desk.door.state.${person.state ?? 'none'}`);
}
