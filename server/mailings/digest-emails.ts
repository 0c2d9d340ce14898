import type { Newcomer } from '../encounters/newcomers.ts';
import type { HolidayNames } from '../holidays/calendar.ts';
import type { DigestMail, MailSection } from '../mail/variables.ts';
import { dayInWords, momentInWords } from '../web/dates.ts';
import { chapterOf, type DigestEvent, type MailMaker, networkOf, personOf } from './emails.ts';
import { eventOf, whenOf } from './event-variables.ts';

/** What a coordinator is told without looking: of a day's answers, of a late withdrawal, of who comes today. */
export function digestMail(maker: MailMaker): DigestMail {
  const { context, facts, links, t } = maker;
  const chapter = chapterOf(maker);
  const digest = facts.digest;
  if (!chapter || !digest) throw new Error(`mailing ${context.mailing.id} is a digest of nothing`);
  const data = context.mailing.data as {
    variant: 'evening' | 'withdrawal' | 'morning' | 'newcomers' | 'joining' | 'holiday';
    holiday?: HolidayNames;
  };
  const page = data.variant === 'newcomers' ? '/welcomes' : '';
  const desk = context.mailing.eventId ? `/desk/events/${context.mailing.eventId}${page}` : '/desk/';
  const common = {
    network: networkOf(maker),
    chapter,
    person: { ...personOf(maker), newcomer: false },
    links: { desk: links.url(desk), privacy: links.url('/privacy'), unsubscribe: null },
  };
  if (data.variant === 'joining') {
    const requests = links.url(`/desk/chapters/${context.chapter?.slug ?? ''}/requests`);
    const { name, line } = digest.request ?? { name: t('mails.digest.somebody'), line: '' };
    return { ...common, links: { ...common.links, desk: requests }, variant: 'joining', name, line };
  }
  if (data.variant === 'evening') {
    const count = digest.changed.reduce((sum, event) => sum + event.people.length, 0);
    return {
      ...common,
      variant: 'evening',
      headline: t('mails.digest.changed', { count }),
      sections: digest.changed.map((event) => ({
        heading: `${event.title} · ${whenOf(maker, event.startsAt, null, event.timeZone)}`,
        note: countsOf(maker, event),
        url: links.url(`/desk/events/${event.id}`),
        lines: event.people.map((person) => ({
          text: `${person.name}: ${t(`mails.digest.${person.state}`)}${wayOf(maker, event, person)}${guestsOf(maker, person.guestNames)}`,
          note: person.note,
        })),
      })),
    };
  }
  const about = context.event;
  const [event] = digest.changed;
  if (!about || !event) throw new Error(`mailing ${context.mailing.id} speaks of no event`);
  if (data.variant === 'holiday')
    return {
      ...common,
      variant: 'holiday',
      event: eventOf(maker, about),
      day: dayInWords(event.startsAt, event.timeZone, maker.locale, maker.now),
      holiday: data.holiday?.[maker.locale] ?? '',
    };
  if (data.variant === 'newcomers')
    return {
      ...common,
      variant: 'newcomers',
      event: eventOf(maker, about),
      headline: t('before.digest.headline', { count: digest.newcomers.length }),
      sections: newcomerSections(maker, digest.newcomers),
    };
  if (data.variant === 'withdrawal') {
    const offer = digest.offered;
    return {
      ...common,
      variant: 'withdrawal',
      event: eventOf(maker, about),
      who: digest.who?.firstName
        ? digest.who
        : { firstName: t('mails.digest.somebody'), lastName: '', phone: null },
      counts: countsOf(maker, event),
      after: offer
        ? t('mails.digest.offered_to', {
            name: `${offer.firstName} ${offer.lastName}`.trim(),
            until: momentInWords(offer.until, event.timeZone, maker.locale, maker.now, t),
          })
        : null,
    };
  }
  return {
    ...common,
    variant: 'list',
    event: eventOf(maker, about),
    counts: countsOf(maker, event),
    sections: listSections(maker, event),
  };
}

function newcomerSections({ t }: MailMaker, newcomers: readonly Newcomer[]): MailSection[] {
  return newcomers.map(({ inviter, host, ...person }) => ({
    heading: fullNameOf(person),
    note: host?.stands ? t('before.digest.host', { name: fullNameOf(host) }) : t('before.digest.noHost'),
    url: null,
    lines: inviter ? [{ text: t('before.digest.broughtBy', { name: fullNameOf(inviter) }), note: null }] : [],
  }));
}

const fullNameOf = ({ firstName, lastName }: { firstName: string; lastName: string }) =>
  `${firstName} ${lastName}`.trim();

function listSections(maker: MailMaker, event: DigestEvent): MailSection[] {
  const groups = [
    ['room', event.people.filter((person) => person.state === 'going' && person.mode === 'room')],
    ['online', event.people.filter((person) => person.state === 'going' && person.mode === 'online')],
    ['waiting', event.people.filter((person) => person.state === 'waitlisted' || person.state === 'offered')],
  ] as const;
  return groups
    .filter(([, people]) => people.length > 0)
    .map(([group, people]) => ({
      heading: `${maker.t(`mails.digest.${group}`)}: ${people.length}`,
      note: null,
      url: null,
      lines: people.map((person) => ({
        text: `${person.name}${guestsOf(maker, person.guestNames)}`,
        note: person.note,
      })),
    }));
}

/** ", online": how she takes part, where there are two ways. */
function wayOf({ t }: MailMaker, event: DigestEvent, { state, mode }: DigestEvent['people'][number]): string {
  const isIn = state !== 'declined' && state !== 'withdrawn';
  return event.byMode && isIn ? `, ${t(`mails.mode.${mode}`)}` : '';
}

function guestsOf({ t }: MailMaker, names: readonly string[]): string {
  if (names.length === 0) return '';
  const list = names.map((name) => name || t('mails.guest')).join(', ');
  return `, ${t('mails.digest.with_guests', { count: names.length, names: list })}`;
}

function countsOf({ t }: MailMaker, event: DigestEvent): string {
  if (event.byMode) {
    const { room, online } = event.byMode;
    return t('mails.digest.by_mode', {
      room: room.going,
      roomSeats: room.seats ?? -1,
      online: online.going,
      onlineSeats: online.seats ?? -1,
      waiting: event.waiting,
    });
  }
  return t('mails.digest.confirmed_of', {
    going: event.going,
    seats: event.seats ?? -1,
    waiting: event.waiting,
  });
}
