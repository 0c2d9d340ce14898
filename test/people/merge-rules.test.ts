import { describe, expect, it } from 'vitest';
import { countingAnswer, countingMail, type MergedAnswer } from '../../server/people/merge-rules.ts';

const said = (state: string, minute: number, more: Partial<MergedAnswer> = {}): MergedAnswer => ({
  state,
  mode: 'room',
  guests: 0,
  queuedAt: null,
  answeredAt: new Date(Date.UTC(2026, 10, 1, 0, minute)),
  ...more,
});

describe('of two answers of one woman', () => {
  it('the only one counts', () => {
    expect(countingAnswer(null, null)).toBe(null);
    expect(countingAnswer(said('declined', 1), null)).toBe('kept');
    expect(countingAnswer(null, said('maybe', 1))).toBe('gone');
  });

  it('her last word counts, be it a yes, a no or a maybe', () => {
    expect(countingAnswer(said('going', 1), said('withdrawn', 2))).toBe('gone');
    expect(countingAnswer(said('going', 2), said('declined', 1))).toBe('kept');
    expect(countingAnswer(said('declined', 1), said('waitlisted', 2))).toBe('gone');
    expect(countingAnswer(said('maybe', 3), said('going', 2))).toBe('kept');
  });

  it('of two times yes the better place counts, whichever was later', () => {
    expect(countingAnswer(said('going', 1), said('waitlisted', 2))).toBe('kept');
    expect(countingAnswer(said('waitlisted', 2), said('offered', 1))).toBe('gone');
    expect(countingAnswer(said('going', 1), said('going', 2, { guests: 1 }))).toBe('gone');
    const first = { queuedAt: new Date('2026-11-01T00:00:00Z') };
    const second = { queuedAt: new Date('2026-11-01T00:05:00Z') };
    expect(countingAnswer(said('waitlisted', 9, first), said('waitlisted', 5, second))).toBe('kept');
    expect(countingAnswer(said('waitlisted', 5, second), said('waitlisted', 9, first))).toBe('gone');
  });
});

describe('of two deliveries of one mail', () => {
  it('the one that reached her counts, then the one that still may', () => {
    const at = (state: string, phase: string | null = null) => ({ state, phase });
    expect(countingMail(at('queued'), at('sent'))).toBe('gone');
    expect(countingMail(at('sent'), at('queued'))).toBe('kept');
    expect(countingMail(at('failed'), at('queued'))).toBe('gone');
    expect(countingMail(at('sending', 'pre'), at('sending', 'data'))).toBe('gone');
    expect(countingMail(at('suppressed'), at('failed'))).toBe('gone');
    expect(countingMail(at('sent'), at('sent'))).toBe('kept');
  });
});
