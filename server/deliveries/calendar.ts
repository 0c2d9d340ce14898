import { confirmationCalendar } from '../calendar/ics.ts';
import type { Deps } from '../deps.ts';
import type { OutgoingMessage } from '../mail/message.ts';
import type { MailFacts } from '../mailings/emails.ts';
import type { Locale } from '../web/i18n.ts';
import type { MailContext } from './context.ts';

/**
 * The calendar part of a mail, or null where it changes nothing in her calendar. Where mail can come back it is a
 * REQUEST or CANCEL with her as the only attendee (RFC 5546 section 3.2), else a PUBLISH without any.
 */
export function calendarOf(
  deps: Pick<Deps, 'links' | 'config'>,
  context: MailContext,
  facts: MailFacts,
  options: { at: Date; locale: Locale; fromName: string },
): OutgoingMessage['calendar'] {
  const { event: about, person } = context;
  const standing = about && entryOf(context, facts);
  if (!about?.invitation || !standing || !person.email) return null;
  const { event, invitation, rsvp } = about;
  const { config, links } = deps;
  const cancelled = standing === 'cancelled';
  const method = config.inbound ? (cancelled ? 'CANCEL' : 'REQUEST') : 'PUBLISH';
  const url = links.rsvpUrl({ ...invitation, linkEpoch: person.linkEpoch });
  const online = rsvp?.mode === 'online' && standing === 'accepted';
  const content = confirmationCalendar({
    method,
    uid: invitation.calendarUid,
    sequence: invitation.sequence,
    dtstamp: options.at,
    event: {
      title: event.title,
      description: online && event.joinUrl ? event.joinUrl : null,
      location: rsvp?.mode === 'online' ? (online ? event.joinUrl : null) : placeOf(event),
      startsAt: event.startsAt,
      endsAt: event.endsAt,
      timeZone: event.timeZone,
    },
    organizer: { name: options.fromName, email: config.mailFrom },
    attendee: config.inbound
      ? {
          name: `${person.firstName} ${person.lastName}`.trim(),
          email: person.email,
          partstat: cancelled ? 'DECLINED' : standing === 'tentative' ? 'TENTATIVE' : 'ACCEPTED',
        }
      : null,
    url,
    cancelled,
    locale: options.locale,
  });
  return { method, content };
}

/** What her calendar should hold after this mail; null where it holds nothing and need not hear of it. */
function entryOf(context: MailContext, facts: MailFacts): 'accepted' | 'tentative' | 'cancelled' | null {
  const state = context.event?.rsvp?.state;
  switch (context.mailing.template) {
    case 'confirmation':
    case 'standing_yes':
      if (state === 'going') return 'accepted';
      if (state === 'maybe') return 'tentative';
      return facts.history.slice(1).some((row) => holdsEntry(row.state)) ? 'cancelled' : null;
    case 'update':
    case 'join_link':
      if (state === 'going') return 'accepted';
      return state === 'maybe' ? 'tentative' : null;
    case 'cancellation':
      return holdsEntry(state) ? 'cancelled' : null;
    default:
      return null;
  }
}

const holdsEntry = (state: string | undefined) => state === 'going' || state === 'maybe';

export function placeOf(event: { venueName: string | null; venueAddress: string | null }): string | null {
  return [event.venueName, event.venueAddress].filter(Boolean).join(', ') || null;
}
