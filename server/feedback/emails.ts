import { readTold } from '../encounters/told.ts';
import { afterwordsOf, broughtBy } from '../followups/emails.ts';
import type { MailNext, ThanksMail } from '../mail/variables.ts';
import type { AboutEvent, MailMaker } from '../mailings/emails.ts';
import { whenOf } from '../mailings/event-variables.ts';

/** The mails that lead to the page after an event. */

/** To those who came, and to those of whom nobody knows yet: they can say so themselves on their page. */
export function thanksMail(maker: MailMaker, about: AboutEvent): ThanksMail {
  const feedback = feedbackUrlOf(maker);
  return {
    ...about.variables,
    ...afterwordsOf(maker),
    brought: broughtBy(maker),
    welcomedBy: readTold(maker.facts.toldJson).welcomer ?? null,
    next: nextOf(maker),
    wasThere: maker.context.mailing.template === 'thanks' ? feedback : null,
    links: { ...about.variables.links, feedback },
  };
}

/** Her own page after the event; a mail to look at leads to the event. */
export function feedbackUrlOf({ context, links }: MailMaker): string {
  const { event, person } = context;
  if (!event?.invitation) return links.url(`/e/${event?.event.id ?? ''}`);
  return links.feedbackUrl({ ...event.invitation, linkEpoch: person.linkEpoch });
}

/** The next date: with her yes chosen already, for one who has not said it. */
export function nextOf(maker: MailMaker): MailNext | null {
  const { facts, links, context } = maker;
  const { next } = facts;
  if (!next) return null;
  const { id: personId, linkEpoch } = context.person;
  const own =
    next.invitationId && links.rsvpUrl({ id: next.invitationId, eventId: next.id, personId, linkEpoch });
  const saidYes = ['going', 'waitlisted', 'offered'].includes(next.rsvpState ?? '');
  return {
    title: next.title,
    when: whenOf(maker, next.startsAt, null, next.timeZone),
    url: own ? `${own}${saidYes ? '' : '?a=yes'}` : links.url(`/e/${next.id}`),
  };
}
