import type { Format, Mode, RsvpState } from '../rsvps/rules.ts';
import type { Form, Locale } from '../web/i18n.ts';

/**
 * What each mail says, as types: a renamed field fails the type check and not a member's mail. Texts are already in the
 * reader's language and times on the event's own clock; only `event.description` is Markdown.
 */
export type MailLocale = Locale;
export type { Form };

export type MailNetwork = {
  name: string;
  /** The network's own words for people and groups, without an article: "coordinatrice", "socia", "gruppo". */
  words: { coordinator: string; member: string; chapter: string };
};

/** `accentColour` as `#rrggbb`; `url` is the chapter's public page. */
export type MailChapter = { name: string; accentColour: string; url: string };

/**
 * The reader. Her names are empty where all that is known of her is what somebody wrote into a form. `form`: how she is addressed; nobody knows how a guest would like it, so that she gets the neutral one.
 * `newcomer`: she has never been present before.
 */
export type MailPerson = {
  firstName: string;
  lastName: string;
  form: Form;
  newcomer: boolean;
  /** Where we have her address from; in the first mail alone. */
  origin?: MailOrigin | null;
};

/** `by` is a whole name, or null where nobody can be named; `leave` is where one tap ends it. */
export type MailOrigin = { by: string | null; chapter: string; day: string; leave: string };

/** Whoever signs. */
export type MailCoordinator = { firstName: string; lastName: string; phone: string | null };

export type MailEvent = {
  title: string;
  /** Markdown, written by the coordinator; may be empty. */
  description: string;
  /** "giovedì 26 novembre, dalle 18:30 alle 20:30" */
  when: string;
  /** "gio 26 nov, 18:30": for subjects. */
  whenShort: string;
  /** "ora di Londra", only where the event's zone differs from the chapter's. */
  zoneNote: string | null;
  format: Format;
  venue: { name: string; address: string; mapUrl: string } | null;
  /** Only for somebody confirmed online, null for everybody else. */
  joinUrl: string | null;
  /** "15 €, si paga sul posto" */
  cost: string | null;
  /** What to bring, in the coordinator's words. */
  bring: string | null;
  /** How many guests a person may bring. */
  guestsAllowed: number;
  /** "Restano 4 posti", only where it is worth saying. */
  seatsLeftNote: string | null;
  /** "martedì 24 novembre alle 18:00", only where answers close before the start. */
  answerBy: string | null;
};

/** One line of "before and now": `what` is "Luogo", `old` and `new` as they stood and stand. */
export type MailChange = { what: string; old: string; new: string };

export type MailAnswer = {
  state: RsvpState;
  mode: Mode;
  /** Her place in the queue, from 1; only while waitlisted. */
  queuePlace: number | null;
  /** A word for each guest: her name, or "ospite" where none was given. */
  guests: string[];
  /** "oggi alle 16:15", "venerdì 20 novembre alle 9:00"; only while offered. */
  offerUntil: string | null;
  /** Whether the last hour has begun: nobody is written to about a free seat any more. */
  lastHour: boolean;
  /** The other way of taking part, while she waits and her whole party fits there; `url` opens the page with it chosen. */
  elsewhere: { mode: Mode; url: string } | null;
};

/**
 * Why her answer now stands as it does: she said so, on her page or by her calendar, a coordinator did, a seat was given at
 * once, an offer ran out.
 */
export type AnswerCause = 'self' | 'calendar' | 'coordinator' | 'promoted' | 'lapsed';

/** `unsubscribe` is null for what always arrives. */
type CommonLinks = { privacy: string; unsubscribe: string | null };

/** `yes`, `no` and `maybe` open the page with that answer chosen; `maybe` is null where the event takes none. */
export type AnswerLinks = CommonLinks & {
  yes: string;
  no: string;
  maybe: string | null;
  answer: string;
  event: string;
  calendar: string;
};

type ToPerson = { network: MailNetwork; chapter: MailChapter; person: MailPerson };
type FromCoordinator = ToPerson & { coordinator: MailCoordinator };
/** `online`, `room`: which way the reader takes part, as she was seen or as she said; both false where she said neither. */
type AboutEvent = FromCoordinator & {
  event: MailEvent;
  links: AnswerLinks;
  online: boolean;
  room: boolean;
};

export type InvitationMail = AboutEvent;
export type ChaseMail = AboutEvent;
/**
 * `soon`: it leaves in the last hours, with the join link where she has one. `company`: whom she will meet, one section,
 * or none where nobody lets herself be named.
 */
export type ReminderMail = AboutEvent & {
  answer: MailAnswer;
  soon: boolean;
  /** The first name of who welcomes one who comes for the first time, where somebody was chosen. */
  welcomer: string | null;
  company: MailSection[];
};
/** To who welcomes (`hosts`) and to who is welcomed: the other one, and what she tells of herself. `shortName`: "Sara N." */
export type WelcomeMail = AboutEvent & {
  hosts: boolean;
  other: { firstName: string; shortName: string; askMe: string; work: string };
};
/**
 * `changes`: what is different from her last answer (mode, guests); empty for a first one. `calendarByHand`: her calendar
 * may still hold an earlier entry, which she takes out herself.
 */
export type ConfirmationMail = AboutEvent & {
  answer: MailAnswer;
  cause: AnswerCause;
  changes: MailChange[];
  calendarByHand: boolean;
};
/**
 * To one whose standing yes has put her on the list, or at the end of the waiting list where the seats are gone. `rhythm`:
 * "ogni primo giovedì del mese alle 13:00". `endUrl`: where she ends her standing yes.
 */
export type StandingYesMail = AboutEvent & { answer: MailAnswer; rhythm: string; endUrl: string };
export type OfferMail = AboutEvent & { answer: MailAnswer };
/**
 * `unanswered`: she has said nothing yet, and hears of the change because her calendar holds the invitation.
 * `calendarByHand`: the attached entry may stand beside the old one, which she takes out herself. `newLink`: she is
 * confirmed online, and the join link is another one too.
 */
export type UpdateMail = AboutEvent & {
  answer: MailAnswer;
  unanswered: boolean;
  changes: MailChange[];
  reason: string | null;
  newLink: boolean;
  calendarByHand: boolean;
};
/** To those confirmed online when the join link changes. `hadLink`: they had another one before. */
export type JoinLinkMail = AboutEvent & { answer: MailAnswer; hadLink: boolean; calendarByHand: boolean };
export type CancellationMail = AboutEvent & { reason: string | null; calendarByHand: boolean };

/** The chapter's next date, if there is one that she may see. `url` opens her own answer where she is invited. */
export type MailNext = { title: string; when: string; url: string };

/** A photo or a link after an event. `note`: "Nella foto: Anna R. e Elena P." */
export type MailLink = { title: string; url: string; note: string | null };

/** What a coordinator adds after an event. `personalLine`: what she wrote to this reader alone. */
export type MailAfterwords = { personalLine: string | null; recap: MailLink[] | null };

/** To those who could not come, or did not. `wasThere` has nothing to say to them. */
export type RegretMail = AboutEvent & MailAfterwords & { next: MailNext | null; wasThere: null };
/**
 * To those who came, or may have. `links.feedback` is her own page after the event; `wasThere` is the same, where she can
 * say there that she came. `brought`: those who came because of her, "Sara e Lia".
 */
export type ThanksMail = AboutEvent &
  MailAfterwords & {
    next: MailNext | null;
    wasThere: string | null;
    links: AnswerLinks & { feedback: string };
    brought: string | null;
    /** Who was there for her when she came for the first time. */
    welcomedBy: string | null;
  };

/**
 * To each of two who are introduced. `other` with what she gives: a field that she does not is null. `metAt`: the title of
 * the event where they met, or null. `by`: the first name of whoever introduces them; null where both wished it, and
 * `words` is then null too. `next`: the next date at which both can meet in person.
 */
export type IntroductionMail = FromCoordinator & {
  other: {
    firstName: string;
    lastName: string;
    askMe: string | null;
    work: string | null;
    email: string | null;
    phone: string | null;
    website: string | null;
  };
  metAt: string | null;
  by: string | null;
  words: string | null;
  next: { title: string; when: string; url: string } | null;
  links: { introduction: string; privacy: string; unsubscribe: string };
};
/** To each of two whom a coordinator would like to introduce; `otherName` is null while it may not be told. */
export type IntroductionAskedMail = FromCoordinator & {
  by: string;
  otherName: string | null;
  words: string;
  /** "giovedì 10 dicembre", the last day to say yes. */
  until: string;
  links: { introduction: string; privacy: string; unsubscribe: string };
};
/** A month after an introduction. `other`: "Anna Rinaldi". */
export type IntroductionLaterMail = FromCoordinator & {
  otherName: string;
  links: { introduction: string; privacy: string; unsubscribe: string };
};

/**
 * Why an answer from her calendar changed nothing: the event is over, called off or not announced, answers have closed, it
 * takes no maybe, she waits already, the entry is an old one; or it was no answer: a delegation, another time, a question. Or
 * nobody could be sure that it was hers.
 */
export type ReplyCase =
  | 'over'
  | 'cancelled'
  | 'unpublished'
  | 'closed'
  | 'no_maybe'
  | 'waiting'
  | 'outdated'
  | 'delegated'
  | 'counter'
  | 'refresh'
  | 'uncertain';
/** To somebody whose calendar wrote to us. `stands`: her answer as it is, null where she has given none. */
export type CalendarReplyMail = AboutEvent & {
  what: ReplyCase;
  stands: RsvpState | null;
  answer: MailAnswer;
};

/** To the member who invited a guest: she is coming. */
export type GuestConfirmedMail = AboutEvent & { guest: { firstName: string; lastName: string } };
/** To somebody who helps at the door of an event. `links.door` is the list that she ticks. */
export type HostMail = Omit<AboutEvent, 'links'> & {
  links: { door: string; privacy: string; unsubscribe: null };
};
/** To somebody who asked for a link of her own; `invitedBy` is a member ("Elena R."), or null where none was found. */
export type PersonalLinkMail = AboutEvent & { invitedBy: string | null };

/** To somebody who was there and said nothing of it yet, or who asked for the link to her own page about it. */
export type FeedbackMail = AboutEvent & { links: AnswerLinks & { feedback: string } };

/** A heading with lines under it: an event with its changed answers, or a group of names. */
export type MailSection = {
  heading: string;
  /** "22 vengono, 3 in attesa" */
  note: string | null;
  url: string | null;
  lines: { text: string; note: string | null }[];
};

type DeskLinks = { links: { desk: string; privacy: string; unsubscribe: null } };

/** To a coordinator. `links.desk` is the page where she sees what the mail is about. */
export type DigestMail = ToPerson &
  DeskLinks &
  (EveningDigest | WithdrawalDigest | ListDigest | NewcomersDigest | JoiningDigest | HolidayDigest);
/** Changed answers of the day, a section per event. `headline`: "3 risposte nuove". */
export type EveningDigest = { variant: 'evening'; headline: string; sections: MailSection[] };
/** Somebody gave up her seat on the last day. `after`: "Il posto è stato offerto a Carla B." */
export type WithdrawalDigest = {
  variant: 'withdrawal';
  event: MailEvent;
  who: { firstName: string; lastName: string; phone: string | null };
  /** "24 confermate su 25" */
  counts: string;
  after: string | null;
};
/** Who comes for the first time, on the eve; `links.desk` is where she chooses who welcomes them. */
export type NewcomersDigest = {
  variant: 'newcomers';
  event: MailEvent;
  headline: string;
  sections: MailSection[];
};
/** Somebody would like to join; `links.desk` is where she is answered. `line`: what she wrote, or empty. */
export type JoiningDigest = { variant: 'joining'; name: string; line: string };
/** A date of a series falls on a public holiday; `links.desk` is where she says what becomes of it. `day`: "giovedì 1 gennaio". */
export type HolidayDigest = { variant: 'holiday'; event: MailEvent; day: string; holiday: string };
/** Who comes, the morning of the event: a section per mode, and one for those who wait. */
export type ListDigest = { variant: 'list'; event: MailEvent; counts: string; sections: MailSection[] };

/**
 * A coordinator's message to her group. Its own words stand in place of the template's. `event` where it goes to those of
 * one; `links.answer` is then her own page for it. `links.archive`: the group's messages so far.
 */
export type AnnouncementMail = FromCoordinator & {
  firstName: string;
  event: { title: string; when: string; whenShort: string; place: string } | null;
  links: { privacy: string; unsubscribe: string; archive: string; answer: string | null };
};

/** `chapter` is null for an administrator without one. `validFor`: "15 minuti". `code`: six digits, "042137". */
export type SignInMail = {
  network: MailNetwork;
  chapter: MailChapter | null;
  person: MailPerson;
  validFor: string;
  code: string;
  links: { signIn: string; privacy: string; unsubscribe: null };
};

/** To a guest who came twice: where it says how one joins. */
export type JoinHowMail = FromCoordinator & { links: { join: string; privacy: string; unsubscribe: string } };
/** To the owner of an address with which somebody asked to join. */
export type JoinConfirmMail = FromCoordinator & {
  links: { confirm: string; privacy: string; unsubscribe: null };
};
/** The coordinator's yes or no. `words`: her own, or none. */
export type JoinAnswerMail = FromCoordinator & {
  accepted: boolean;
  words: string;
  links: { events: string; privacy: string; unsubscribe: null };
};

/** What somebody's part becomes: made a coordinator, handing over, taking over, a handover called off, administrator. */
export type OfficeVariant =
  | 'welcome'
  | 'incoming'
  | 'outgoing'
  | 'stays'
  | 'released'
  | 'together'
  | 'administrator';

/**
 * To somebody whose part in a chapter or the network changes. `chapter` is null for the network. `other`: she with whom it
 * is about. `lastDay`: "giovedì 10 dicembre", the last day on which both act. `validFor`: how long `links.signIn` lasts.
 */
export type OfficeMail = {
  network: MailNetwork;
  chapter: MailChapter | null;
  person: MailPerson;
  variant: OfficeVariant;
  other: { firstName: string; lastName: string } | null;
  lastDay: string | null;
  validFor: string | null;
  links: { signIn: string | null; desk: string; privacy: string; unsubscribe: null };
};

/** To somebody who asked for the link to her own page. `chapter` is null for one who belongs to none. */
export type MyPageMail = {
  network: MailNetwork;
  chapter: MailChapter | null;
  person: MailPerson;
  links: { ownPage: string; privacy: string; unsubscribe: null };
};

/** `by`: "Anna R.", where she signed. */
export type MailQuote = { text: string; by: string | null };

/** To who presented herself at an event: what those who heard her have written to her alone. */
export type PitchNotesMail = FromCoordinator & {
  eventTitle: string;
  notes: MailQuote[];
  links: { privacy: string; unsubscribe: string };
};

/** Each template and what it is given. */
export type MailVariables = {
  invitation: InvitationMail;
  personal_link: PersonalLinkMail;
  feedback_link: FeedbackMail;
  feedback: FeedbackMail;
  chase: ChaseMail;
  reminder: ReminderMail;
  confirmation: ConfirmationMail;
  standing_yes: StandingYesMail;
  calendar_reply: CalendarReplyMail;
  guest_confirmed: GuestConfirmedMail;
  host: HostMail;
  welcome: WelcomeMail;
  offer: OfferMail;
  update: UpdateMail;
  join_link: JoinLinkMail;
  cancellation: CancellationMail;
  thanks: ThanksMail;
  thanks_attended: ThanksMail;
  thanks_missed: RegretMail;
  thanks_declined: RegretMail;
  introduction: IntroductionMail;
  introduction_asked: IntroductionAskedMail;
  introduction_later: IntroductionLaterMail;
  pitch_notes: PitchNotesMail;
  announcement: AnnouncementMail;
  digest: DigestMail;
  sign_in: SignInMail;
  office: OfficeMail;
  my_page: MyPageMail;
  join_how: JoinHowMail;
  join_confirm: JoinConfirmMail;
  join_answer: JoinAnswerMail;
};

export type MailTemplate = keyof MailVariables;

/** A template together with what it is given, for code that handles any of them. */
export type Mail = { [T in MailTemplate]: { template: T; variables: MailVariables[T] } }[MailTemplate];

export const mailTemplates = [
  'invitation',
  'personal_link',
  'feedback_link',
  'feedback',
  'chase',
  'reminder',
  'confirmation',
  'standing_yes',
  'calendar_reply',
  'guest_confirmed',
  'host',
  'welcome',
  'offer',
  'update',
  'join_link',
  'cancellation',
  'thanks',
  'thanks_attended',
  'thanks_missed',
  'thanks_declined',
  'introduction',
  'introduction_asked',
  'introduction_later',
  'pitch_notes',
  'announcement',
  'digest',
  'sign_in',
  'office',
  'my_page',
  'join_how',
  'join_confirm',
  'join_answer',
] as const satisfies readonly MailTemplate[];

export function isMailTemplate(name: string): name is MailTemplate {
  return (mailTemplates as readonly string[]).includes(name);
}
