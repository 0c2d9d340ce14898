import type { HeldEntry } from '../calendar/rules.ts';
import type { EventContext, MailContext } from '../deliveries/context.ts';
import type { Newcomer } from '../encounters/newcomers.ts';
import { readTold } from '../encounters/told.ts';
import { companySections } from '../encounters/views.ts';
import { welcomeMail } from '../encounters/welcome-emails.ts';
import { placeOf } from '../events/views.ts';
import { feedbackUrlOf, nextOf, thanksMail } from '../feedback/emails.ts';
import type { Afterwords } from '../followups/afterwords.ts';
import { afterwordsOf } from '../followups/emails.ts';
import { pitchNotesMail } from '../followups/pitch-emails.ts';
import type { PitchFacts } from '../followups/pitch-facts.ts';
import type { Origin } from '../imports/origin.ts';
import { introductionMail } from '../introductions/emails.ts';
import type { IntroductionFacts } from '../introductions/facts.ts';
import { joinMail } from '../joining/emails.ts';
import type {
  AnswerCause,
  Form,
  Mail,
  MailAnswer,
  MailChange,
  MailChapter,
  MailOrigin,
  MailPerson,
  MailTemplate,
  ReplyCase,
} from '../mail/variables.ts';
import { signInCode, signInUrl } from '../organizers/sign-in.ts';
import { myPageMail } from '../own-page/emails.ts';
import { isLastHour } from '../rsvps/holds.ts';
import type { NextEvent } from '../rsvps/next-event.ts';
import { nameOnLink } from '../rsvps/page-row.ts';
import { type Mode, otherMode, type RsvpState } from '../rsvps/rules.ts';
import { seriesInWords } from '../series/views.ts';
import { dayInWords, momentInWords } from '../web/dates.ts';
import type { Locale, Translate } from '../web/i18n.ts';
import type { Links } from '../web/links.ts';
import { announcementMail } from './announcement-emails.ts';
import { digestMail } from './digest-emails.ts';
import { eventOf, linksOf, whenOf } from './event-variables.ts';
import type { MovedFrom } from './moves.ts';
import { officeMail } from './office-emails.ts';

/** What the database had to be asked beyond the context of a delivery. */
export type MailFacts = {
  queuePlace: number | null;
  /** Seats left, in the room where there are two ways to take part; null for no limit. */
  seatsLeft: number | null;
  /** While she waits: whether her whole party fits in the other way of taking part. */
  elsewhere: boolean;
  /** The history row that a confirmation confirms, and the one before it. */
  history: { state: string; mode: string; guests: number; source: string }[];
  next: NextEvent | null;
  /** A guest who was confirmed; in a mail about somebody's part, the other one. */
  guest: { firstName: string; lastName: string } | null;
  /** The member whom a newcomer named as the one who invited her. */
  inviter: { firstName: string; lastName: string } | null;
  /** The series that an event belongs to, for the mail about a standing yes. */
  series: { rule: string; startsAtTime: string } | null;
  digest: DigestFacts | null;
  /** Two who are introduced, as one of them may know it. */
  introduction: IntroductionFacts | null;
  /** What was written to who presented herself. */
  pitchNotes: PitchFacts | null;
  /** What was added to her thanks, also as JSON: compared again when the mail leaves. */
  afterwords: { json: string; said: Afterwords } | null;
  /** What it tells of others who come: read by `readTold`, and compared again when the mail leaves. */
  toldJson: string | null;
  /** Who took her in, where this is the first mail that she gets from us. */
  origin: Origin | null;
  /** The last word that her calendar had of the event. */
  held: HeldEntry | null;
};

/** What a digest tells, as rows. */
export type DigestFacts = {
  changed: DigestEvent[];
  who: { firstName: string; lastName: string; phone: string | null } | null;
  offered: { firstName: string; lastName: string; until: Date } | null;
  /** Those who come for the first time, in the mail of the eve. */
  newcomers: readonly Newcomer[];
  /** Who would like to join, as she wrote it. */
  request: { name: string; line: string } | null;
};

export type DigestEvent = {
  id: string;
  title: string;
  startsAt: Date;
  endsAt: Date;
  timeZone: string;
  seats: number | null;
  going: number;
  /** Of a hybrid event, each way of taking part with its seats. */
  byMode: Record<Mode, { going: number; seats: number | null }> | null;
  waiting: number;
  people: { name: string; state: RsvpState; mode: Mode; guestNames: string[]; note: string | null }[];
};

export type MailMaker = {
  context: MailContext;
  facts: MailFacts;
  links: Links;
  locale: Locale;
  t: Translate;
  now: Date;
  /** Whether calendars get entries that they can answer to; else an update has to be added by hand. */
  inbound: boolean;
};

/** The template of a delivery, and the typed variables that it is written from. */
export function mailOf(maker: MailMaker): Mail {
  const { context, facts } = maker;
  const template = context.mailing.template as MailTemplate;
  if (template === 'sign_in') return signInMail(maker);
  if (template === 'my_page') return { template, variables: myPageMail(maker) };
  if (template === 'join_how' || template === 'join_confirm' || template === 'join_answer')
    return joinMail(maker, template);
  if (template === 'office') return { template, variables: officeMail(maker) };
  if (template === 'announcement') return { template, variables: announcementMail(maker) };
  if (template === 'digest') return { template, variables: digestMail(maker) };
  if (template === 'introduction' || template === 'introduction_asked' || template === 'introduction_later')
    return introductionMail(maker, template);
  if (template === 'pitch_notes') return pitchNotesMail(maker);
  const about = aboutEvent(maker);
  const { event } = about.context;
  const data = context.mailing.data as { old?: MovedFrom; newLink?: boolean; hadLink?: boolean };
  const answer = answerOf(maker, about.context);
  switch (template) {
    case 'invitation':
    case 'chase':
      return { template, variables: about.variables };
    case 'personal_link':
      return {
        template,
        variables: { ...about.variables, invitedBy: facts.inviter && nameOnLink(facts.inviter) },
      };
    case 'reminder': {
      const soon = event.startsAt.getTime() - maker.now.getTime() < 6 * 3_600_000;
      const { company, welcomer } = readTold(facts.toldJson);
      const { locale, t } = maker;
      return {
        template,
        variables: {
          ...about.variables,
          answer,
          soon,
          welcomer: welcomer ?? null,
          company: company ? companySections(company, { mode: answer.mode, locale, t }) : [],
        },
      };
    }
    case 'confirmation':
      return {
        template,
        variables: {
          ...about.variables,
          answer,
          cause: causeOf(facts.history),
          changes: answerChanges(maker),
          calendarByHand: !maker.inbound && facts.held?.holds === true,
        },
      };
    case 'standing_yes':
      return {
        template,
        variables: {
          ...about.variables,
          answer,
          rhythm: facts.series ? seriesInWords(facts.series, maker.t, maker.locale) : '',
          endUrl: `${about.variables.links.answer}?standing=no`,
        },
      };
    case 'offer':
      return { template, variables: { ...about.variables, answer } };
    case 'calendar_reply': {
      const { what } = context.mailing.data as { what: ReplyCase };
      const stands = (about.context.rsvp?.state ?? null) as RsvpState | null;
      return { template, variables: { ...about.variables, answer, what, stands } };
    }
    case 'update':
      return {
        template,
        variables: {
          ...about.variables,
          answer,
          changes: data.old ? moveChanges(maker, data.old, event) : [],
          reason: null,
          unanswered: about.context.rsvp === null,
          newLink: data.newLink === true && data.hadLink === true && about.variables.event.joinUrl !== null,
          calendarByHand: !maker.inbound,
        },
      };
    case 'join_link':
      return {
        template,
        variables: {
          ...about.variables,
          answer,
          hadLink: data.hadLink === true,
          calendarByHand: !maker.inbound,
        },
      };
    case 'cancellation':
      return {
        template,
        variables: { ...about.variables, reason: event.cancelReason, calendarByHand: !maker.inbound },
      };
    case 'welcome':
      return { template, variables: welcomeMail(maker, about) };
    case 'host':
      return {
        template,
        variables: {
          ...about.variables,
          links: {
            door: maker.links.url(`/desk/events/${event.id}/door`),
            privacy: maker.links.url('/privacy'),
            unsubscribe: null,
          },
        },
      };
    case 'guest_confirmed':
      return {
        template,
        variables: { ...about.variables, guest: facts.guest ?? { firstName: '', lastName: '' } },
      };
    case 'feedback_link':
    case 'feedback': {
      const links = { ...about.variables.links, feedback: feedbackUrlOf(maker) };
      return { template, variables: { ...about.variables, links } };
    }
    case 'thanks':
    case 'thanks_attended':
      return { template, variables: thanksMail(maker, about) };
    case 'thanks_missed':
    case 'thanks_declined':
      return {
        template,
        variables: { ...about.variables, ...afterwordsOf(maker), next: nextOf(maker), wasThere: null },
      };
  }
}

/** How a person is addressed: as she likes, as her network does, or neutrally where nobody knows. */
export function formOf(context: MailContext): Form {
  if (context.person.form) return context.person.form as Form;
  const guest = context.event?.invitation && context.event.invitation.source !== 'member';
  return guest ? 'neutral' : ((context.chapter?.form ?? context.network.form) as Form);
}

export function networkOf({ context, t }: MailMaker) {
  const own = context.network.words as Partial<Record<'coordinator' | 'member' | 'chapter', string>>;
  return {
    name: context.network.name,
    words: {
      coordinator: own.coordinator ?? t('mails.words.coordinator'),
      member: own.member ?? t('mails.words.member'),
      chapter: own.chapter ?? t('mails.words.chapter'),
    },
  };
}

export function chapterOf({ context, links }: MailMaker): MailChapter | null {
  const { chapter } = context;
  if (!chapter) return null;
  return { name: chapter.name, accentColour: chapter.accentColour, url: links.url(`/c/${chapter.slug}`) };
}

export function personOf(maker: MailMaker): MailPerson {
  const { context } = maker;
  return {
    origin: originOf(maker),
    firstName: context.person.firstName,
    lastName: context.person.lastName,
    form: formOf(context),
    newcomer: context.event?.newcomer ?? false,
  };
}

function originOf({ context, facts, links, locale, now }: MailMaker): MailOrigin | null {
  const { origin } = facts;
  if (!origin) return null;
  return {
    by: origin.by && `${origin.by.firstName} ${origin.by.lastName}`.trim(),
    chapter: origin.chapter,
    day: dayInWords(origin.since, origin.timeZone, locale, now),
    leave: links.unsubscribeUrl({
      personId: context.person.id,
      chapterId: origin.chapterId,
      topic: 'invitation',
    }),
  };
}

export type AboutEvent = ReturnType<typeof aboutEvent>;

/** What every mail that a chapter's coordinator signs begins with. @throws where the mailing belongs to no chapter */
export function fromCoordinator(maker: MailMaker) {
  const { context } = maker;
  const { coordinator } = context;
  const chapter = chapterOf(maker);
  if (!chapter || !coordinator)
    throw new Error(`mailing ${context.mailing.id} of kind ${context.mailing.kind} belongs to no chapter`);
  const { firstName, lastName, phone } = coordinator;
  return {
    network: networkOf(maker),
    chapter,
    person: personOf(maker),
    coordinator: { firstName, lastName, phone },
  };
}

function aboutEvent(maker: MailMaker) {
  const { context } = maker;
  const { event: about } = context;
  if (!about)
    throw new Error(`mailing ${context.mailing.id} of kind ${context.mailing.kind} speaks of no event`);
  const variables = {
    ...fromCoordinator(maker),
    event: eventOf(maker, about),
    links: linksOf(maker, about),
    ...wayOf(about),
  };
  return { context: about, variables };
}

/** Which way she takes part: as she was seen, or as she says. Neither where she has said no, or nothing. */
function wayOf({ rsvp, seenMode }: EventContext): { online: boolean; room: boolean } {
  const isIn = rsvp && rsvp.state !== 'declined' && rsvp.state !== 'withdrawn';
  const mode = seenMode ?? (isIn ? rsvp.mode : null);
  return { online: mode === 'online', room: mode === 'room' };
}

function answerOf(maker: MailMaker, about: EventContext): MailAnswer {
  const { rsvp, event, guests } = about;
  return {
    state: (rsvp?.state ?? 'declined') as RsvpState,
    mode: (rsvp?.mode ?? (event.format === 'online' ? 'online' : 'room')) as Mode,
    queuePlace: maker.facts.queuePlace,
    guests: guests.map((guest) => guest.name || maker.t('mails.guest')),
    offerUntil: rsvp?.offerExpiresAt
      ? momentInWords(rsvp.offerExpiresAt, event.timeZone, maker.locale, maker.now, maker.t)
      : null,
    lastHour: isLastHour(maker.now, event),
    elsewhere: elsewhereOf(maker, about),
  };
}

function elsewhereOf({ facts, links, context }: MailMaker, about: EventContext): MailAnswer['elsewhere'] {
  const { rsvp, invitation } = about;
  if (!facts.elsewhere || !invitation || rsvp?.state !== 'waitlisted') return null;
  const mode = otherMode(rsvp.mode as Mode);
  const page = links.rsvpUrl({ ...invitation, linkEpoch: context.person.linkEpoch });
  return { mode, url: `${page}?mode=${mode}` };
}

function causeOf(history: MailFacts['history']): AnswerCause {
  const [latest] = history;
  if (latest?.source === 'system') return latest.state === 'going' ? 'promoted' : 'lapsed';
  return latest?.source === 'coordinator' || latest?.source === 'calendar' ? latest.source : 'self';
}

function answerChanges({ facts, t }: MailMaker): MailChange[] {
  const [now, before] = facts.history;
  if (!now || !before || now.state !== before.state) return [];
  const changes: MailChange[] = [];
  const line = (what: string, old: string, current: string) => {
    if (old !== current) changes.push({ what: t(`mails.change.${what}`), old, new: current });
  };
  line('mode', t(`mails.mode.${before.mode}`), t(`mails.mode.${now.mode}`));
  const guests = (count: number) => (count === 0 ? t('mails.change.nobody') : String(count));
  line('guests', guests(before.guests), guests(now.guests));
  return changes;
}

function moveChanges(maker: MailMaker, old: MovedFrom, event: EventContext['event']): MailChange[] {
  const { t } = maker;
  const changes: MailChange[] = [];
  const line = (what: string, before: string, now: string) => {
    if (before !== now) changes.push({ what: t(`mails.change.${what}`), old: before, new: now });
  };
  const place = (at: { venueName: string | null; venueAddress: string | null }) =>
    placeOf(at) ?? t('mails.change.nowhere');
  line(
    'time',
    whenOf(maker, new Date(old.startsAt), new Date(old.endsAt), old.timeZone),
    whenOf(maker, event.startsAt, event.endsAt, event.timeZone),
  );
  line('place', place(old), place(event));
  line('format', t(`mails.format.${old.format}`), t(`mails.format.${event.format}`));
  return changes;
}

function signInMail(maker: MailMaker): Mail {
  const data = maker.context.mailing.data as { linkId: string; minutes: number };
  const hours = data.minutes % 60 === 0 ? data.minutes / 60 : null;
  return {
    template: 'sign_in',
    variables: {
      network: networkOf(maker),
      chapter: chapterOf(maker),
      person: personOf(maker),
      validFor: hours
        ? maker.t('mails.valid_hours', { count: hours })
        : maker.t('mails.valid_minutes', { count: data.minutes }),
      code: signInCode(maker.links, data.linkId),
      links: {
        signIn: signInUrl(maker.links, data.linkId),
        privacy: maker.links.url('/privacy'),
        unsubscribe: null,
      },
    },
  };
}
