import { confirmationCalendar } from '../calendar/ics.ts';
import { alarmMinutes, type EntryState, entryOfMail, laterStamp } from '../calendar/rules.ts';
import type { Deps } from '../deps.ts';
import { placeOf } from '../events/views.ts';
import type { OutgoingMessage } from '../mail/message.ts';
import type { MailFacts } from '../mailings/emails.ts';
import type { Locale, Translate } from '../web/i18n.ts';
import type { MailContext } from './context.ts';

/** What a mail tells her calendar, as the ledger keeps it. `stamp`: its DTSTAMP, ISO 8601. */
export type ToldEntry = { uid: string; holds: boolean; sequence: number; stamp: string };

export type CalendarPart = { part: NonNullable<OutgoingMessage['calendar']>; entry: ToldEntry };

/**
 * The calendar part of a mail, or null where it changes nothing in her calendar. Where mail can come back it is a
 * REQUEST or CANCEL with her as the only attendee (RFC 5546 section 3.2), else a PUBLISH without any.
 * @param options.repeated what its first try told her calendar, where that may have arrived: it is told the same
 */
export function calendarOf(
  deps: Pick<Deps, 'links' | 'config'>,
  context: MailContext,
  facts: MailFacts,
  options: { at: Date; locale: Locale; fromName: string; t: Translate; repeated: ToldEntry | null },
): CalendarPart | null {
  const { event: about, person } = context;
  const { config, links } = deps;
  const standing = about && stateOf(context, facts, config.inbound);
  if (!about?.invitation || !standing || !person.email) return null;
  const { event, invitation, rsvp } = about;
  const cancelled = standing === 'cancelled';
  const method = config.inbound ? (cancelled ? 'CANCEL' : 'REQUEST') : 'PUBLISH';
  const url = links.rsvpUrl({ ...invitation, linkEpoch: person.linkEpoch });
  const online = rsvp?.mode === 'online' || (!rsvp && event.format === 'online');
  const joinUrl = online && standing === 'accepted' ? event.joinUrl : null;
  const stamp = options.repeated ? new Date(options.repeated.stamp) : laterStamp(options.at, facts.held);
  const content = confirmationCalendar({
    method,
    uid: invitation.calendarUid,
    sequence: invitation.sequence,
    dtstamp: stamp,
    event: {
      title: event.title,
      description: waitingWords(rsvp?.state, options.t) ?? joinUrl,
      location: online ? joinUrl : placeOf(event),
      conference: joinUrl,
      startsAt: event.startsAt,
      endsAt: event.endsAt,
      timeZone: event.timeZone,
    },
    organizer: { name: options.fromName, email: config.mailFrom },
    attendee: config.inbound
      ? {
          name: `${person.firstName} ${person.lastName}`.trim(),
          email: person.email,
          partstat: partstats[standing],
        }
      : null,
    url,
    cancelled,
    // With an attendee her PARTSTAT says so.
    tentative: !config.inbound && standing === 'tentative',
    alarm:
      standing === 'accepted' || standing === 'tentative' ? alarmMinutes[online ? 'online' : 'room'] : null,
    locale: options.locale,
  });
  const { calendarUid: uid, sequence } = invitation;
  return {
    part: { method, content },
    entry: { uid, holds: !cancelled, sequence, stamp: stamp.toISOString() },
  };
}

const partstats = {
  accepted: 'ACCEPTED',
  tentative: 'TENTATIVE',
  invited: 'NEEDS-ACTION',
  cancelled: 'DECLINED',
} as const satisfies Record<EntryState, string>;

/** Without mail coming back no button of a calendar would lead anywhere: an invitation then has none. */
function stateOf(context: MailContext, facts: MailFacts, inbound: boolean): EntryState | null {
  const { event: about, chapter, mailing } = context;
  if (!about) return null;
  return entryOfMail(mailing.template, {
    answer: about.rsvp,
    held: facts.held,
    sequence: about.invitation?.sequence ?? 0,
    changedAt: about.event.changedAt,
    invites: inbound && chapter?.invitationInCalendar === true,
  });
}

/** What a TENTATIVE does not say: that she waits, or that a seat is held for her. */
function waitingWords(state: string | undefined, t: Translate): string | null {
  return state === 'waitlisted' || state === 'offered' ? t(`feed.${state}`) : null;
}
