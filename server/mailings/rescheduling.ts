import { toLocalFields } from '../events/local-time.ts';
import type { QuietHours } from './quiet-hours.ts';
import {
  type Anchor,
  type Audience,
  anchorOf,
  dueAt,
  isExact,
  isTooLate,
  type MailKind,
  type TimedEvent,
  type TimelineRule,
} from './timing.ts';

/** The key of a rule: its own words, so that the same words in an edited timeline are the same step. */
export function keyOf(rule: TimelineRule): string {
  return [rule.kind, rule.anchor, rule.offset, rule.localTime ?? '', rule.audience, rule.template ?? ''].join(
    '|',
  );
}

/** The rule that a key was made of. */
export function ruleOf(key: string): TimelineRule {
  const [kind, anchor, offset, localTime, audience, template] = key.split('|') as [
    MailKind,
    Anchor,
    string,
    string,
    Audience,
    string,
  ];
  return { kind, anchor, offset, audience, localTime: localTime || null, template: template || null };
}

/**
 * The same step at another moment, hung on the same anchor: where the event moves, it keeps its distance. A day and a
 * wall clock as far as they say that very moment; else elapsed time, which leaves at any hour.
 */
export function ruleAt(
  rule: TimelineRule,
  at: Date,
  event: TimedEvent,
  quiet: QuietHours,
  toTheMoment = false,
): TimelineRule {
  const anchor = anchorOf(rule.anchor, event);
  const exact = { ...rule, offset: elapsed(at.getTime() - anchor.getTime()), localTime: null };
  if (toTheMoment) return exact;
  if (isExact(rule) && Math.abs(at.getTime() - anchor.getTime()) < 24 * 3_600_000) return exact;
  const days = daysBetween(anchor, at, event.timeZone);
  const byDay = {
    ...rule,
    offset: days < 0 ? `-P${-days}D` : `P${days}D`,
    localTime: toLocalFields(at, event.timeZone).time,
  };
  return dueAt(byDay, event, quiet).getTime() === at.getTime() ? byDay : exact;
}

function daysBetween(from: Date, to: Date, zone: string): number {
  const day = (at: Date) => Date.parse(toLocalFields(at, zone).date);
  return Math.round((day(to) - day(from)) / 86_400_000);
}

function elapsed(milliseconds: number): string {
  return `${milliseconds < 0 ? '-' : ''}PT${Math.abs(milliseconds) / 1000}S`;
}

export type MoveRefusal = 'in_the_past' | 'after_start' | 'after_end' | 'before_end';

/** Why a mail of a kind would say nothing true at a moment, or null. */
export function refuseMoment(
  rule: { kind: string; anchor?: Anchor },
  at: Date,
  now: Date,
  event: TimedEvent,
): MoveRefusal | null {
  if (at < now) return 'in_the_past';
  const kind = rule.kind as MailKind;
  if (isTooLate(kind, at, now, event)) {
    return ['update', 'cancellation', 'confirmation'].includes(kind) ? 'after_end' : 'after_start';
  }
  // Thanks are for what was.
  if ((kind.startsWith('thanks') || kind === 'feedback') && at < event.endsAt) return 'before_end';
  return null;
}
