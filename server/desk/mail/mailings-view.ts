import type { DayHold } from '../../deliveries/allowance.ts';
import { parseLocalFields, toLocalFields } from '../../events/local-time.ts';
import { isMailTemplate } from '../../mail/variables.ts';
import { isQuiet, outOfQuietHours, type QuietHours } from '../../mailings/quiet-hours.ts';
import { refuseMoment, ruleOf } from '../../mailings/rescheduling.ts';
import { type Anchor, anchorOf } from '../../mailings/timing.ts';
import type { Desk } from '../../organizers/guard.ts';
import { isOfEvent } from '../../texts/kinds.ts';
import type { Translate } from '../../web/i18n.ts';
import { phoneLink } from '../answers/people-view.ts';
import type { DeskEvent, DeskMailing, TroubledDelivery } from '../queries.ts';
import { exactMoment, fullName, nearMoment } from '../views.ts';

/** What leaves together and is one to the coordinator: a mailing, or the thanks of which each person gets one. */
export type Group = { first: DeskMailing; all: DeskMailing[] };

export function groupSteps(mailings: readonly DeskMailing[]): Group[] {
  const groups: Group[] = [];
  for (const mailing of mailings) {
    const together =
      mailing.kind.startsWith('thanks') &&
      groups.find(
        ({ first }) =>
          first.kind.startsWith('thanks') &&
          first.dueAt.getTime() === mailing.dueAt.getTime() &&
          first.state === mailing.state &&
          first.reason === mailing.reason,
      );
    if (together) together.all.push(mailing);
    else groups.push({ first: mailing, all: [mailing] });
  }
  return groups;
}

export const isOpenStep = ({ state, messageId }: DeskMailing) =>
  messageId === null && (state === 'planned' || state === 'held');

/** The quick ways to another moment, so far as they lead to a good one. */
export function quickMoves(first: DeskMailing, event: DeskEvent, quiet: QuietHours, now: Date) {
  const hour = new Date(Math.max(first.dueAt.getTime(), now.getTime()) + 3_600_000);
  const { date } = toLocalFields(new Date(now.getTime() + 86_400_000), event.timeZone);
  return { hour: good(hour), morning: good(morningOf(date, event.timeZone, quiet)) };

  function good(at: Date | null): Date | null {
    if (!at || at.getTime() === first.dueAt.getTime()) return null;
    const sleeps = isQuiet(at, event.timeZone, quiet);
    return sleeps || refuseMoment(first, at, now, timedOf(event, now)) ? null : at;
  }
}

function morningOf(date: string, zone: string, quiet: QuietHours): Date | null {
  const midnight = parseLocalFields(date, '00:00', zone);
  if (!midnight.ok) return null;
  const woken = outOfQuietHours(midnight.at, zone, quiet);
  if (woken > midnight.at) return woken;
  const nine = parseLocalFields(date, '09:00', zone);
  return nine.ok ? nine.at : null;
}

export function timedOf(event: DeskEvent, now: Date) {
  return { ...event, publishedAt: event.publishedAt ?? now };
}

export type StepView = ReturnType<typeof stepView>;

/** A step of the line: its moment, in words and against the event, to whom, how many, and what can be done with it. */
export function stepView(
  { first, all }: Group,
  given: {
    reach: number | null;
    ownTexts: ReadonlySet<string>;
    quiet: QuietHours;
    dayHold: DayHold | null;
  },
  event: DeskEvent,
  desk: Desk,
  now: Date,
) {
  const { t } = desk;
  const open = isOpenStep(first);
  const quick = open ? quickMoves(first, event, given.quiet, now) : null;
  const fields = toLocalFields(first.dueAt, event.timeZone);
  const isSkipped = first.state === 'cancelled' && first.reason === 'skipped';
  return {
    type: 'step' as const,
    at: first.dueAt,
    id: first.id,
    state: first.state,
    kind: t(`desk.kind.${first.kind}`),
    when: exactMoment(first.dueAt, event.timeZone, desk, now),
    relative: relativeInWords(first, event, now, t),
    audience: first.messageId
      ? t('line.message')
      : all.length > 1
        ? t('desk.publish.thanks')
        : t(`desk.audience.${first.audience}`),
    reach: given.reach === null ? null : t('desk.mailings.reach', { count: given.reach }),
    stateWords:
      given.dayHold && first.state === 'sending' && summed(all).counts.queued > 0
        ? t('desk.mailState.dayLimit', { until: nearMoment(given.dayHold.until, event.timeZone, desk, now) })
        : stateInWords(first, t),
    outcome: ['sending', 'done'].includes(first.state) ? outcomeInWords(summed(all), t) : null,
    isOpen: open,
    isHeld: first.state === 'held',
    // What is let go after its moment leaves with the next sweep.
    leavesAtOnce: first.state === 'held' && first.dueAt <= now,
    ...fields,
    hour: quick?.hour ? nearMoment(quick.hour, event.timeZone, desk, now) : null,
    morning: quick?.morning ? nearMoment(quick.morning, event.timeZone, desk, now) : null,
    now:
      open && given.reach !== null && !refuseMoment(first, now, now, timedOf(event, now))
        ? { count: given.reach, words: t('line.nowTo', { count: given.reach }) }
        : null,
    mayRestore: isSkipped && !refuseMoment(first, first.dueAt, now, timedOf(event, now)),
    texts:
      open || isSkipped
        ? all
            .map(({ template }) => template)
            .filter((template) => isMailTemplate(template) && isOfEvent(template))
            .map((template) => ({
              href: `/desk/events/${event.id}/texts/${template}`,
              label: all.length > 1 ? t('line.textOf', { kind: t(`desk.kind.${template}`) }) : t('line.text'),
              isOwn: given.ownTexts.has(template),
            }))
        : [],
  };
}

/** "il giorno prima dell’inizio", "due ore dopo la fine": where it stands against what it hangs on. */
export function relativeInWords(
  { ruleKey, dueAt }: Pick<DeskMailing, 'ruleKey' | 'dueAt'>,
  event: DeskEvent,
  now: Date,
  t: Translate,
): string | null {
  if (ruleKey === null) return null;
  return distanceInWords(ruleOf(ruleKey).anchor, dueAt, event, now, t);
}

export function distanceInWords(anchor: Anchor, at: Date, event: DeskEvent, now: Date, t: Translate): string {
  const from = anchorOf(anchor, timedOf(event, now));
  const minutes = Math.round((at.getTime() - from.getTime()) / 60_000);
  const day = (instant: Date) => Date.parse(toLocalFields(instant, event.timeZone).date);
  const days = Math.abs(Math.round((day(at) - day(from)) / 86_400_000));
  if (minutes === 0) return t(`line.at.${anchor}`);
  const side = minutes < 0 ? 'before' : 'after';
  const size = Math.abs(minutes);
  if (days > 0 && size >= 12 * 60) return t(`line.days.${side}.${anchor}`, { count: days });
  if (size >= 60) return t(`line.hours.${side}.${anchor}`, { count: Math.round(size / 60) });
  return t(`line.minutes.${side}.${anchor}`, { count: size });
}

function summed(all: readonly DeskMailing[]): DeskMailing {
  const [first] = all as [DeskMailing];
  const counts = { ...first.counts };
  for (const { counts: other } of all.slice(1)) {
    for (const name of Object.keys(counts) as (keyof typeof counts)[]) counts[name] += other[name];
  }
  return { ...first, counts };
}

function stateInWords(mailing: DeskMailing, t: Translate): string {
  if (mailing.state === 'done' && mailing.reason === 'nobody') return t('desk.mailState.nobody');
  if (mailing.state === 'cancelled' || mailing.state === 'missed') {
    const known = [
      'skipped',
      'event_cancelled',
      'timeline_changed',
      'superseded',
      'moved',
      'too_late',
      'event_state',
    ];
    const reason = known.includes(mailing.reason ?? '') ? mailing.reason : 'other';
    return t(`desk.mailState.${mailing.state}`, { reason });
  }
  return t(`desk.mailState.${mailing.state}`);
}

/** "a 38 persone · una non arriva · 2 persone non la vogliono" */
export function outcomeInWords({ counts, audience }: DeskMailing, t: Translate): string {
  const open = counts.queued + counts.sending;
  const parts = [
    counts.sent > 0
      ? t(audience === null ? 'desk.outcome.sentSingly' : 'desk.outcome.sent', { count: counts.sent })
      : null,
    open > 0 ? t('desk.outcome.open', { count: open }) : null,
    counts.failed > 0 ? t('desk.outcome.failed', { count: counts.failed }) : null,
    counts.unknown > 0 ? t('desk.outcome.unknown', { count: counts.unknown }) : null,
    counts.suppressed > 0 ? t('desk.outcome.suppressed', { count: counts.suppressed }) : null,
    counts.skipped > 0 ? t('desk.outcome.skipped', { count: counts.skipped }) : null,
  ];
  return parts.filter(Boolean).join(' · ');
}

export function troubleView(delivery: TroubledDelivery, event: DeskEvent, desk: Desk, now: Date) {
  const { t } = desk;
  const next = delivery.nextAttemptAt;
  return {
    name: fullName(delivery),
    email: delivery.email,
    phone: phoneLink(delivery.phone),
    kind: t(`desk.kind.${delivery.kind}`),
    words: t(`desk.trouble.${troubleOf(delivery)}`, {
      when: next ? nearMoment(next, event.timeZone, desk, now) : '',
      attempts: delivery.attempts,
    }),
    response: delivery.response ?? delivery.unknownCauses.at(-1) ?? null,
  };
}

function troubleOf({ state, response, nextAttemptAt }: TroubledDelivery): string {
  if (state === 'failed') return 'failed';
  if (state === 'unknown') return nextAttemptAt ? 'unknownRetry' : 'unknown';
  return response?.startsWith('mail server away') ? 'away' : 'late';
}
