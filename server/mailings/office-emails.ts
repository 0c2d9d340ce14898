import type { OfficeMail, OfficeVariant } from '../mail/variables.ts';
import { signInUrl } from '../organizers/sign-in.ts';
import { dayInWords } from '../web/dates.ts';
import { chapterOf, type MailMaker, networkOf, personOf } from './emails.ts';

/** What a mail about somebody's part in a chapter or the network carries. */
export type OfficeData = {
  variant: OfficeVariant;
  otherId: string | null;
  until?: string;
  linkId?: string;
  minutes?: number;
};

/** Welcome, a handover to either side, and its end before its time. */
export function officeMail(maker: MailMaker): OfficeMail {
  const { context, facts, links, t, now, locale } = maker;
  const data = context.mailing.data as OfficeData;
  const zone = context.chapter?.timeZone ?? 'Europe/Rome';
  // The rights end with the last moment of a day.
  const lastDay = data.until ? new Date(Date.parse(data.until) - 1) : null;
  return {
    network: networkOf(maker),
    chapter: chapterOf(maker),
    person: { ...personOf(maker), newcomer: false },
    variant: data.variant,
    other: facts.guest && { firstName: facts.guest.firstName, lastName: facts.guest.lastName },
    lastDay: lastDay && dayInWords(lastDay, zone, locale, now),
    validFor: data.minutes ? t('mails.valid_days', { count: Math.round(data.minutes / 1440) }) : null,
    links: {
      signIn: data.linkId ? signInUrl(links, data.linkId) : null,
      desk: links.url('/desk/'),
      privacy: links.url('/privacy'),
      unsubscribe: null,
    },
  };
}
