import { isConcernedByMove } from '../../events/rules.ts';
import { placeInWords } from '../../events/views.ts';
import type { MovedFrom } from '../../mailings/moves.ts';
import type { Desk } from '../../organizers/guard.ts';
import { modes } from '../../rsvps/rules.ts';
import { periodInWords } from '../../web/dates.ts';
import type { Translate } from '../../web/i18n.ts';
import type { DeskEvent, EventPerson } from '../queries.ts';
import { fullName, nearMoment } from '../views.ts';

/** One person as the event's page names her. */
export type PersonRow = {
  id: string;
  /** Where a form comes back to; the first of her rows on the page has it. */
  anchor: string | null;
  name: string;
  /** "con Carla e un’ospite" */
  guests: string | null;
  note: string | null;
  /** "online", "ospite di Elena": small facts beside the name. */
  tags: string[];
  /** `tel:` and how it reads. */
  phone: { href: string; label: string } | null;
  href: string;
  /** What one tap beside her name does: to the head of the list, or to a seat. */
  taps: ('first' | 'seat')[];
};

export type PeopleGroup = {
  key: string;
  title: string;
  hint: string | null;
  isOpen: boolean;
  people: PersonRow[];
  /** Whether its people can be ticked, to do something with several at once. */
  isTickable: boolean;
};

/** Groups that are named differently once the event is over. */
const pastKeys = new Set(['going', 'goingRoom', 'goingOnline', 'unanswered', 'no']);
const pastOf = (key: string) => `${key}Then`;
const tickable = new Set([
  'going',
  'goingRoom',
  'goingOnline',
  'offered',
  'waiting',
  'waitingRoom',
  'waitingOnline',
  'maybe',
]);

/** Everybody an event concerns, by how she stands: those who need a look first. Empty groups are left out. */
export function peopleGroups(
  event: DeskEvent,
  people: readonly EventPerson[],
  desk: Desk,
  now: Date,
): PeopleGroup[] {
  const { t } = desk;
  const isOver = event.endsAt <= now;
  const isOn = event.state === 'published' && !isOver;
  const named = new Set<string>();
  const row = (person: EventPerson): PersonRow => {
    const anchor = named.has(person.id) ? null : `p-${person.id}`;
    named.add(person.id);
    return { anchor, ...personRow(event, person, desk, now) };
  };
  const of = (...states: string[]) =>
    people.filter((person) => person.state && states.includes(person.state));
  const late = people.filter((person) => person.late && person.state === 'withdrawn');
  const group = (
    key: string,
    members: readonly EventPerson[],
    isOpen: boolean,
    hint: string | null = null,
  ): PeopleGroup => ({
    key,
    title: t(`desk.group.${isOver && pastKeys.has(key) ? pastOf(key) : key}`, { count: members.length }),
    hint,
    isOpen,
    people: members.map(row),
    isTickable: isOn && tickable.has(key),
  });
  // In the room and online there are two lists, and two lines of those who wait.
  const byMode = (key: 'going' | 'waiting', members: readonly EventPerson[]) =>
    event.format === 'hybrid'
      ? modes
          .map((mode) =>
            group(
              `${key}${mode === 'room' ? 'Room' : 'Online'}`,
              members.filter((person) => person.mode === mode),
              true,
            ),
          )
          .map((one) => ({ ...one, people: one.people.map(withoutMode) }))
      : [group(key, members, true)];
  // What the heading says need not stand beside each name.
  const withoutMode = (person: PersonRow) => ({
    ...person,
    tags: person.tags.filter((tag) => !modes.some((mode) => tag === t(`desk.mode.${mode}`))),
  });
  const owing = group(
    'toReconfirm',
    people.filter((person) => owesReconfirmation(event, person)),
    true,
    t('desk.group.toReconfirmHint'),
  );
  // They stand below in full: here a name and a telephone are enough.
  const toReconfirm = {
    ...owing,
    people: owing.people.map((person) => ({ ...person, guests: null, note: null, tags: [], taps: [] })),
  };
  return [
    toReconfirm,
    group('late', late, true, t('desk.group.lateHint')),
    ...byMode('going', of('going')),
    group('offered', of('offered'), true),
    ...byMode('waiting', of('waitlisted').sort(byQueue)),
    group('maybe', of('maybe'), false),
    group(
      'unanswered',
      people.filter((person) => !person.state && person.source !== 'walk_in'),
      false,
      isOn ? t('desk.group.unansweredHint') : null,
    ),
    group(
      'no',
      of('declined', 'withdrawn').filter((person) => !late.includes(person)),
      false,
    ),
    group(
      'walkIn',
      people.filter((person) => person.walkIn),
      false,
    ),
  ].filter(({ people: rows }) => rows.length > 0);
}

/** Whether she has not yet said that she is still coming since the event moved. */
export function owesReconfirmation(event: DeskEvent, person: EventPerson): boolean {
  if (!event.movedAt || !person.state || !['going', 'waitlisted', 'offered', 'maybe'].includes(person.state))
    return false;
  const from = event.movedFrom as MovedFrom | null;
  const { state, mode } = person;
  if (from && !isConcernedByMove(event, from, { state, mode: mode ?? 'room' })) return false;
  const said = person.reconfirmedAt ?? person.answeredAt;
  return said !== null && said < event.movedAt;
}

function byQueue(a: EventPerson, b: EventPerson): number {
  return (a.queuedAt?.getTime() ?? 0) - (b.queuedAt?.getTime() ?? 0) || (a.id < b.id ? -1 : 1);
}

function personRow(event: DeskEvent, person: EventPerson, desk: Desk, now: Date): Omit<PersonRow, 'anchor'> {
  const taps: PersonRow['taps'] = [];
  if (event.state === 'published' && event.endsAt > now) {
    if (person.state === 'waitlisted') taps.push('first');
    if (person.state === 'waitlisted' || person.state === 'offered') taps.push('seat');
  }
  return {
    id: person.id,
    taps,
    name: fullName(person),
    guests: guestsInWords(person, desk.t),
    note: person.note,
    tags: tagsOf(event, person, desk, now),
    phone: phoneLink(person.phone),
    href: `/desk/events/${event.id}/answers/${person.id}`,
  };
}

function tagsOf(event: DeskEvent, person: EventPerson, desk: Desk, now: Date): string[] {
  const { t } = desk;
  const tags: string[] = [];
  if (event.format === 'hybrid' && person.mode && person.state !== 'declined')
    tags.push(t(`desk.mode.${person.mode}`));
  if (person.source !== 'member' && !person.walkIn) {
    const inviter = person.inviterFirstName
      ? fullName({ firstName: person.inviterFirstName, lastName: person.inviterLastName ?? '' })
      : person.invitedBy;
    tags.push(inviter ? t('desk.tag.invitedBy', { name: inviter }) : t('desk.tag.guest'));
  }
  if (person.state === 'offered' && person.offerExpiresAt) {
    tags.push(t('desk.tag.until', { when: nearMoment(person.offerExpiresAt, event.timeZone, desk, now) }));
  }
  if (person.state === 'waitlisted' && person.offerLapsedAt) tags.push(t('desk.tag.lapsed'));
  if (person.presentMode && !person.walkIn) tags.push(t('desk.tag.present'));
  if (!person.hasMail) tags.push(t('desk.tag.noMail'));
  if (person.mailFails) tags.push(t('folk.fails.short'));
  return tags;
}

/** "con Carla e altre 2 persone": those with a name by name, the rest by number. */
export function guestsInWords(
  person: { guests: number | null; guestNames: string[] },
  t: Translate,
): string | null {
  if (!person.guests) return null;
  const named = person.guestNames.filter((name) => name.trim() !== '').slice(0, person.guests);
  const others = person.guests - named.length;
  const list = named.join(', ');
  if (named.length === 0) return t('desk.guests.unnamed', { count: person.guests });
  return others > 0
    ? t('desk.guests.some', { names: list, others })
    : t('desk.guests.named', { names: list });
}

export function phoneLink(phone: string | null): PersonRow['phone'] {
  if (!phone) return null;
  const number = phone.replace(/[^\d+]/g, '');
  return number.length > 4 ? { href: `tel:${number}`, label: phone } : null;
}

/** What she pastes into the group's chat: what, when, where, and the page that is for everybody. */
export function groupMessage(event: DeskEvent, desk: Desk, url: string, now: Date): string {
  const { t, locale } = desk;
  return [
    event.title,
    periodInWords(event.startsAt, event.endsAt, event.timeZone, locale, now),
    placeInWords(event, t),
    ...(event.cost ? [t('desk.message.cost', { cost: event.cost })] : []),
    '',
    t('desk.message.how'),
    url,
  ].join('\n');
}
