import { describe, expect, it } from 'vitest';
import { refuseAttendance, refuseCompletion } from '../../server/attendance/rules.ts';

const startsAt = new Date('2026-11-26T17:30:00Z');
const event = { format: 'hybrid', state: 'published', startsAt };
const fromStart = (ms: number) => new Date(startsAt.getTime() + ms);
const day = 24 * 3_600_000;

describe('presence', () => {
  it('can be noted from a day before the start on, for ever', () => {
    expect(refuseAttendance(event, 'room', fromStart(-day - 1))).toBe('too_early');
    expect(refuseAttendance(event, 'room', fromStart(-day))).toBeNull();
    expect(refuseAttendance({ ...event, state: 'ended' }, 'online', fromStart(100 * day))).toBeNull();
  });

  it('needs an event that takes place, and a mode that it offers', () => {
    expect(refuseAttendance({ ...event, state: 'draft' }, 'room', startsAt)).toBe('not_published');
    expect(refuseAttendance({ ...event, state: 'cancelled' }, 'room', startsAt)).toBe('event_cancelled');
    expect(refuseAttendance({ ...event, format: 'online' }, 'room', startsAt)).toBe('mode_not_offered');
    expect(refuseAttendance({ ...event, format: 'online' }, null, startsAt)).toBeNull();
  });
});

it('absence is known from the start on: who is late is not absent', () => {
  expect(refuseCompletion(event, 'room', fromStart(-1))).toBe('too_early');
  expect(refuseCompletion(event, 'room', startsAt)).toBeNull();
  expect(refuseCompletion({ ...event, format: 'in_person' }, 'online', startsAt)).toBe('mode_not_offered');
});
