import { timelineKinds } from '../../api/timeline-shapes.ts';
import type { Audience, TimelineRule } from '../../mailings/timing.ts';
import type { DeskEvent, DeskMailing } from '../queries.ts';

/** What can be added to an event's line, and to whom it makes sense. */
export type OfferedStep = { key: string; rule: Pick<TimelineRule, 'kind' | 'anchor' | 'audience'> };

/** Moments that are chosen by a word; their keys name the words. */
export const offeredMoments: Record<string, Pick<TimelineRule, 'offset' | 'localTime'> & { after: boolean }> =
  {
    threeDaysBefore: { offset: '-P3D', localTime: '10:00', after: false },
    dayBefore: { offset: '-P1D', localTime: '18:00', after: false },
    thatMorning: { offset: 'P0D', localTime: '08:30', after: false },
    hourBefore: { offset: '-PT1H', localTime: null, after: false },
    dayAfter: { offset: 'P1D', localTime: '10:00', after: true },
    threeDaysAfter: { offset: 'P3D', localTime: '10:00', after: true },
  };

export function offeredSteps(event: DeskEvent, planned: readonly DeskMailing[], now: Date): OfferedStep[] {
  const before = (kind: 'chase' | 'reminder', audience: Audience): OfferedStep => ({
    key: `${kind}_${audience}`,
    rule: { kind, anchor: 'start', audience },
  });
  const reminders: Audience[] = [
    'going',
    ...(event.format === 'hybrid' ? (['going_room', 'going_online'] as const) : []),
    ...(event.maybeAllowed ? (['maybe'] as const) : []),
    ...(event.seatsRoom !== null || event.seatsOnline !== null ? (['waitlisted'] as const) : []),
  ];
  const steps =
    event.startsAt > now
      ? [...reminders.map((to) => before('reminder', to)), before('chase', 'unanswered')]
      : [];
  // Each person is thanked once, and asked once how it was.
  const after = (['thanks', 'feedback'] as const)
    .filter((kind) => (timelineKinds as readonly string[]).includes(kind))
    .filter((kind) => !planned.some((mailing) => mailing.kind === kind && mailing.state !== 'cancelled'))
    .map((kind): OfferedStep => {
      const audience = kind === 'feedback' ? 'attended' : 'going';
      return { key: kind, rule: { kind, anchor: 'end', audience } };
    });
  return [...steps, ...after];
}
