import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { presenceOf } from '../../server/feedback/presence-rules.ts';
import type { Mode, RsvpState } from '../../server/rsvps/rules.ts';

const startsAt = new Date('2026-11-18T17:30:00Z');
const endsAt = new Date('2026-11-18T19:30:00Z');
const at = new Date('2026-11-19T09:00:00Z');
const evening = { format: 'in_person', startsAt, endsAt, roomCompleteAt: null, onlineCompleteAt: null };
const hybrid = { ...evening, format: 'hybrid' };
const nothing = { seen: null, isMarked: false, saidNo: false };
const going = (mode: Mode) => ({ state: 'going' as const, mode });

describe('she may say that she was there', () => {
  test.each([
    ['who had said yes', evening, going('room'), ['room']],
    ['who had answered nothing', evening, null, ['room']],
    [
      'who had said no and came all the same',
      evening,
      { state: 'declined', mode: 'room' } as const,
      ['room'],
    ],
    ['at an online event', { ...evening, format: 'online' }, going('online'), ['online']],
    ['in either way of a hybrid one', hybrid, going('online'), ['room', 'online']],
    ['only as far as it is not known', { ...hybrid, roomCompleteAt: at }, going('online'), ['online']],
    ['never where her own way is known', { ...hybrid, roomCompleteAt: at }, going('room'), []],
    ['never once all is known', { ...evening, roomCompleteAt: at }, null, []],
  ])('%s', (_who, event, answer, may) => {
    expect(presenceOf(event, { answer, facts: nothing, now: at }).may).toEqual(may);
  });

  test.each([
    ['before the start', new Date(startsAt.getTime() - 1), false],
    ['from the start on', startsAt, true],
    ['until a week after the end', new Date('2026-11-25T19:30:00Z'), true],
    ['and not later', new Date('2026-11-25T19:30:00.001Z'), false],
  ])('%s', (_when, now, may) => {
    expect(presenceOf(evening, { answer: null, facts: nothing, now }).may.length > 0).toBe(may);
  });
});

test('where she stands, in a word', () => {
  const state = (answer: Parameters<typeof presenceOf>[1]['answer'], facts = nothing, event = evening) =>
    presenceOf(event, { answer, facts, now: at }).state;
  expect(state(going('room'))).toBe('unknown');
  expect(state({ state: 'withdrawn', mode: 'room' })).toBe('declined');
  expect(state(going('room'), { ...nothing, saidNo: true })).toBe('said_no');
  expect(state(going('room'), nothing, { ...evening, roomCompleteAt: at } as never)).toBe('unseen');
  expect(state(null, { ...nothing, isMarked: true })).toBe('unseen');
  // Nobody expected her, so that nobody says that she was missed.
  expect(state(null, nothing, { ...evening, roomCompleteAt: at } as never)).toBe('silent');
  expect(state(null, { ...nothing, seen: { mode: 'room', isOwnWord: false } } as never)).toBe('there');
});

test('whatever the door or the desk said, and whatever is known, is not hers to change', () => {
  const moments = fc.date({ min: startsAt, max: endsAt, noInvalidDate: true });
  fc.assert(
    fc.property(
      fc.record({
        format: fc.constantFrom('in_person', 'online', 'hybrid'),
        roomCompleteAt: fc.option(moments),
        onlineCompleteAt: fc.option(moments),
      }),
      fc.option(
        fc.record({
          state: fc.constantFrom<RsvpState>(
            'going',
            'maybe',
            'declined',
            'waitlisted',
            'offered',
            'withdrawn',
          ),
          mode: fc.constantFrom<Mode>('room', 'online'),
        }),
      ),
      fc.record({
        seen: fc.option(
          fc.record({ mode: fc.constantFrom<Mode>('room', 'online'), isOwnWord: fc.boolean() }),
        ),
        isMarked: fc.boolean(),
        saidNo: fc.boolean(),
      }),
      (event, answer, facts) => {
        const { may, mayDeny } = presenceOf({ ...evening, ...event }, { answer, facts, now: at });
        if (facts.isMarked || (facts.seen && !facts.seen.isOwnWord)) {
          expect({ may, mayDeny }).toEqual({ may: [], mayDeny: false });
        }
        if (event.roomCompleteAt) expect(may).not.toContain('room');
        if (event.onlineCompleteAt) expect(may).not.toContain('online');
        if (facts.seen && (facts.seen.mode === 'room' ? event.roomCompleteAt : event.onlineCompleteAt))
          expect(mayDeny).toBe(false);
      },
    ),
  );
});
