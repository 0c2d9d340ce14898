import { isZone, resolveWallClock, shiftDays, wallClockAt } from './local-time.ts';

/** A field of an event that does not hold, and why. */
export type EventProblem = {
  field: string;
  reason:
    | 'ends_before_start'
    | 'longer_than_a_month'
    | 'unknown_zone'
    | 'closes_after_end'
    | 'in_the_past'
    | 'title_missing'
    | 'not_https'
    | 'negative';
};

type Checked = {
  title: string;
  startsAt: Date;
  endsAt: Date;
  timeZone: string;
  answersCloseAt?: Date | null;
  joinUrl?: string | null;
  seatsRoom?: number | null;
  seatsOnline?: number | null;
};

/** All that is wrong with an event at once, not the first thing only. */
export function checkEvent(event: Checked): EventProblem[] {
  const problems: EventProblem[] = [];
  const add = (field: string, reason: EventProblem['reason']) => problems.push({ field, reason });
  if (event.title.trim() === '') add('title', 'title_missing');
  if (!isZone(event.timeZone)) add('timeZone', 'unknown_zone');
  if (event.endsAt <= event.startsAt) add('endsAt', 'ends_before_start');
  else if (event.endsAt.getTime() - event.startsAt.getTime() > 31 * 86_400_000)
    add('endsAt', 'longer_than_a_month');
  if (event.answersCloseAt && event.answersCloseAt > event.endsAt) add('answersCloseAt', 'closes_after_end');
  if (event.joinUrl && !/^https?:\/\//i.test(event.joinUrl)) add('joinUrl', 'not_https');
  if ((event.seatsRoom ?? 0) < 0) add('seats.room', 'negative');
  if ((event.seatsOnline ?? 0) < 0) add('seats.online', 'negative');
  return problems;
}

type Movable = {
  startsAt: Date;
  endsAt: Date;
  timeZone: string;
  format: string;
  venueName: string | null;
  venueAddress: string | null;
};

export type Moved = 'time' | 'place' | 'format';

/** What about an event moved, as far as people who want to come must hear of it. */
export function whatMoved(before: Movable, after: Movable): Moved[] {
  const moved: Moved[] = [];
  if (
    before.startsAt.getTime() !== after.startsAt.getTime() ||
    before.endsAt.getTime() !== after.endsAt.getTime() ||
    before.timeZone !== after.timeZone
  ) {
    moved.push('time');
  }
  if (before.venueName !== after.venueName || before.venueAddress !== after.venueAddress) moved.push('place');
  if (before.format !== after.format) moved.push('format');
  return moved;
}

/** Of whom a change has to be told: all who have an answer, those for whom the place counts, those confirmed online. */
export type ToldAudience = 'affected' | 'affected_room' | 'going_online';

export type Tellable = Movable & { joinUrl: string | null };

/**
 * Whom a change of a published event concerns. Another place of a hybrid event is nobody's business who takes part online;
 * another join link is nobody's but theirs who have it, and a mail of a move brings it along.
 */
export function concernedBy(before: Tellable, after: Tellable): ToldAudience[] {
  const told = audienceOfMove(whatMoved(before, after), after.format);
  const isOtherLink = after.format !== 'in_person' && before.joinUrl !== after.joinUrl;
  return [
    ...(told ? [told] : []),
    ...(isOtherLink && told !== 'affected' ? (['going_online'] as const) : []),
  ];
}

/** Whom a move concerns; null where nothing moved. */
export function audienceOfMove(
  moved: readonly Moved[],
  format: string,
): Exclude<ToldAudience, 'going_online'> | null {
  if (moved.length === 0) return null;
  return format === 'hybrid' && moved.every((what) => what === 'place') ? 'affected_room' : 'affected';
}

/** What an event was before it moved, as it is kept: times in ISO 8601. */
type KeptMove = Omit<Movable, 'startsAt' | 'endsAt'> & { startsAt: string; endsAt: string };

/** Whether a move concerns somebody with an answer: the same as the audience that is told of it. */
export function isConcernedByMove(
  event: Movable,
  from: KeptMove,
  answer: { state: string; mode: string },
): boolean {
  const before = { ...from, startsAt: new Date(from.startsAt), endsAt: new Date(from.endsAt) };
  const told = audienceOfMove(whatMoved(before, event), event.format);
  return told === 'affected' || answer.mode === 'room' || answer.state === 'maybe';
}

/**
 * How many days lie between a moment and the same weekday of the next month that is still to come: from the first
 * Thursday to the next first Thursday. Where a month has no fifth one, its fourth is taken.
 */
export function sameWeekdayNextMonth(at: Date, zone: string, now: Date): number {
  const { year, month, day } = wallClockAt(at, zone);
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
  const nth = Math.ceil(day / 7);
  for (let months = 1; ; months += 1) {
    const first = new Date(Date.UTC(year, month - 1 + months, 1));
    const firstSuch = 1 + ((weekday - first.getUTCDay() + 7) % 7);
    const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
    const wanted = firstSuch + (nth - 1) * 7;
    const then = Date.UTC(year, month - 1 + months, wanted > last ? wanted - 7 : wanted);
    const days = Math.round((then - Date.UTC(year, month - 1, day)) / 86_400_000);
    if (moveByDays(at, zone, days) > now) return days;
  }
}

/** The same time on the wall some days later. */
export function moveByDays(at: Date, zone: string, days: number): Date {
  return resolveWallClock(shiftDays(wallClockAt(at, zone), { days }), zone).at;
}
