import { resolveWallClock, shiftDays, wallClockAt } from '../../server/events/local-time.ts';
import { chapter } from './people.ts';

/** The instant of a wall-clock time (`18:30`) in Bologna, so many days from now. */
export function bolognaTime(now: Date, days: number, time: string): Date {
  const [hour, minute] = time.split(':').map(Number) as [number, number];
  const day = shiftDays(wallClockAt(now, chapter.timeZone), { days });
  return resolveWallClock({ ...day, hour, minute, second: 0, millisecond: 0 }, chapter.timeZone).at;
}

/** In how many days the aperitivo is: about ten, on a Tuesday, Wednesday or Thursday. */
export function daysToAperitivo(now: Date): number {
  const { year, month, day } = wallClockAt(now, chapter.timeZone);
  const weekday = (days: number) => new Date(Date.UTC(year, month - 1, day + days)).getUTCDay();
  return [10, 11, 9, 12, 13].find((days) => [2, 3, 4].includes(weekday(days))) ?? 10;
}

/** `HH:MM` as Bologna's clocks show an instant. */
export function bolognaClock(at: Date): string {
  const { hour, minute } = wallClockAt(at, chapter.timeZone);
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}
