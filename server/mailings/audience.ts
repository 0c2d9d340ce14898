import { type RawBuilder, sql } from 'kysely';
import { holdsEntry } from '../calendar/held.ts';

/**
 * Who belongs to an audience, as SQL over the aliases `e` (events), `i` (invitations), `r` (rsvps, or null) and `a`
 * (attendance, or null). The same words expand a mailing when it falls due and are asked again, person by person, at
 * the moment of sending.
 */
export function audienceIs(
  audience: string,
  kind: string,
  moment: 'due' | 'sending' = 'due',
): RawBuilder<boolean> {
  // Whoever was seen there is thanked neutrally until absence is known for her mode. Neutral thanks stay true when it
  // becomes known while they leave: each gets one.
  if (kind === 'thanks' && audience === 'going') {
    const concerned = sql`(a.person_id is not null or r.state = 'going')`;
    if (moment === 'sending') return sql`${concerned}`;
    return sql`(${concerned} and ${completeAt(sql`coalesce(a.mode, r.mode)`)} is null)`;
  }
  const condition = conditions[audience];
  if (!condition) throw new Error(`no such audience: ${audience}`);
  return kind === 'feedback' ? sql`(${condition} and ${wasThanked} and ${hasSaidNothing})` : condition;
}

/** One of the thanks has reached her, with the link that she is reminded of. */
const wasThanked = sql`exists (
  select 1 from deliveries t where t.event_id = e.id and t.person_id = i.person_id and t.state in ('sent', 'unknown')
    and t.kind in ('thanks', 'thanks_attended', 'thanks_missed', 'thanks_declined'))`;

/**
 * She did not save her page after the event. What she would have said there is not asked: whether somebody is reminded must
 * tell nobody what she wishes.
 */
const hasSaidNothing = sql`i.told_at is null`;

const completeAt = (mode: RawBuilder<unknown>) =>
  sql`(case ${mode} when 'room' then e.room_complete_at else e.online_complete_at end)`;

const conditions: Record<string, RawBuilder<boolean>> = {
  members: sql`true`,
  invited: sql`true`,
  unanswered: sql`r.person_id is null`,
  going: sql`r.state = 'going'`,
  going_room: sql`(r.state = 'going' and r.mode = 'room')`,
  going_online: sql`(r.state = 'going' and r.mode = 'online')`,
  maybe: sql`r.state = 'maybe'`,
  waitlisted: sql`r.state = 'waitlisted'`,
  offered: sql`r.state = 'offered'`,
  withdrawn: sql`r.state = 'withdrawn'`,
  // Everybody who said no, before or after a yes, and was not seen there all the same.
  declined: sql`(r.state in ('declined', 'withdrawn') and a.person_id is null)`,
  attended: sql`(a.person_id is not null and ${completeAt(sql`a.mode`)} is not null)`,
  missed: sql`(r.state = 'going' and a.person_id is null and ${completeAt(sql`r.mode`)} is not null)`,
  // And whoever said nothing, but has the invitation in her calendar: it would go on showing the old time and place.
  affected: sql`(r.state in ('going', 'maybe', 'waitlisted', 'offered') or (r.person_id is null and ${holdsEntry}))`,
  // Another place is nobody's business who takes part online. Undecided, she may still come to it.
  affected_room: sql`(r.state = 'maybe' or (r.state in ('going', 'waitlisted', 'offered') and r.mode = 'room')
    or (r.person_id is null and ${holdsEntry}))`,
  // Whoever may still mean to come: she said nothing else, and has heard of the event.
  not_declined: sql`(r.state not in ('declined', 'withdrawn') or (r.person_id is null and exists (
    select 1 from mailings asked join deliveries heard on heard.mailing_id = asked.id
    where asked.event_id = e.id and asked.kind = 'invitation' and heard.person_id = i.person_id
      and heard.state in ('sent', 'sending', 'unknown'))))`,
};

/**
 * Whether an event is still in the state that a kind of mail speaks of.
 * @param now an invitation, chase or reminder is no longer true once the event has begun
 * @param template one of another name than its kind may speak of another time
 */
export function eventAllows(kind: string, now: Date, template: string = kind): RawBuilder<boolean> {
  if (template === 'feedback_link') return afterwards;
  // It says itself what became of the event.
  if (template === 'calendar_reply') return sql`true`;
  switch (kind) {
    case 'cancellation':
      return sql`e.state = 'cancelled'`;
    case 'invitation':
    case 'chase':
    case 'reminder':
    case 'offer':
      return sql`(e.state = 'published' and e.starts_at > ${now})`;
    case 'update':
    case 'confirmation':
      return sql`(e.state = 'published' and e.ends_at > ${now})`;
    default:
      return afterwards;
  }
}

const afterwards = sql<boolean>`e.state in ('published', 'ended')`;

/**
 * Whom a rule with a local time spares: no chase within 48 hours of her invitation, no reminder within 12 hours of
 * her yes.
 */
export function notSpared(kind: string, exact: boolean, now: Date): RawBuilder<boolean> {
  if (exact) return sql`true`;
  if (kind === 'chase') return sql`i.created_at <= ${new Date(now.getTime() - 48 * 3_600_000)}`;
  if (kind === 'reminder') {
    return sql`(r.answered_at is null or r.answered_at <= ${new Date(now.getTime() - 12 * 3_600_000)})`;
  }
  return sql`true`;
}
