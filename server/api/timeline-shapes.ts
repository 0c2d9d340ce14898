import { type Static, Type } from '@fastify/type-provider-typebox';
import { anchors, audiences, type MailKind, type TimelineRule } from '../mailings/timing.ts';
import { Body, Choice, nullable } from './shapes.ts';

/**
 * The kinds that a timeline can send. The others are caused by something that happens (an answer, a move, a sign-in)
 * and leave by themselves.
 */
export const timelineKinds = [
  'invitation',
  'chase',
  'reminder',
  'thanks',
  'thanks_attended',
  'thanks_missed',
  'thanks_declined',
  'feedback',
] as const satisfies readonly MailKind[];

const Kind = Choice(
  timelineKinds,
  'What is sent. Confirmations, offers, updates, cancellations and digests leave by themselves when there is cause.',
);

const Rule = Body({
  kind: Kind,
  anchor: Choice(anchors),
  offset: Type.String({
    format: 'timeline-offset',
    maxLength: 60,
    description:
      'An ISO 8601 duration from the anchor. Days keep to the wall clock of the event (at `localTime`, else at the hour of the anchor); `PT…` is exact elapsed time.',
    examples: ['-P1D', 'PT2H'],
  }),
  localTime: Type.Optional(
    nullable(
      Type.String({
        format: 'local-time',
        description: 'A time of day in the zone of the event.',
        examples: ['10:00'],
      }),
    ),
  ),
  audience: Choice(audiences),
  template: Type.Optional(
    nullable(Choice(timelineKinds, 'Whose text it is written with; that of its kind where null.')),
  ),
});

export const TimelineShape = Type.Array(Rule, { maxItems: 50 });

export function toRules(timeline: Static<typeof TimelineShape>): TimelineRule[] {
  return timeline.map((rule) => ({
    ...rule,
    localTime: rule.localTime ?? null,
    template: rule.template ?? null,
  }));
}

export function timelineView(rules: readonly TimelineRule[]): Static<typeof TimelineShape> {
  return rules.map((rule) => ({
    kind: rule.kind as (typeof timelineKinds)[number],
    anchor: rule.anchor,
    offset: rule.offset,
    localTime: rule.localTime ?? null,
    audience: rule.audience,
    template: (rule.template ?? null) as (typeof timelineKinds)[number] | null,
  }));
}
