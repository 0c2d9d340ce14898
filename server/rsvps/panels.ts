import { addLinks } from '../calendar/add-links.ts';
import type { PageContext } from '../events/views.ts';
import { momentInWords, relativeDay } from '../web/dates.ts';
import type { Translate } from '../web/i18n.ts';
import { type Asked, answerForm, type Button, buttonLabel, seatsInWords } from './answer-form.ts';
import { isLastHour } from './holds.ts';
import { isClosed, type RsvpPageRow, type RsvpPageState, seatsLeft } from './page-row.ts';
import { namedMode, offerLine, type Panel, panel, placeLine } from './panel.ts';
import { closesAt, modesOf } from './rules.ts';
import { type Switching, switchingOf } from './switching.ts';

/** Where she stands, and what she can do about it. */
export function statePanel(
  row: RsvpPageRow,
  state: RsvpPageState,
  context: PageContext,
  asked: Asked,
): Panel {
  const { t, now, locale } = context;
  const { event, rsvp, person } = row;
  const name = person.firstName;
  const closed = isClosed(row, now);
  const form = closed ? null : answerForm(row, state, context, asked);
  const switching = switchingOf(row, state, context);
  const leave: Button = { answer: 'no', label: buttonLabel(row, state, 'no', t), look: 'plain' };

  switch (state) {
    case 'open':
      return panel({
        title: t(asked.answer ? `rsvp.ask.${asked.answer}` : 'rsvp.open.title'),
        lines: [seatsLine(row, t), t('rsvp.open.text')],
        form,
      });
    case 'full':
      return panel({ icon: 'seat', title: t('rsvp.full.title'), lines: [t('rsvp.full.text')], form });
    case 'maybe':
      return panel({
        icon: 'question',
        title: t('rsvp.maybe.title'),
        lines: [t('rsvp.maybe.text', { name }), seatsLine(row, t)],
        form,
      });
    case 'going': {
      const online = rsvp?.mode === 'online';
      const day = relativeDay(event.startsAt, event.timeZone, locale, now, t);
      return panel({
        tone: 'good',
        icon: 'check',
        title: t(online ? 'rsvp.going.titleOnline' : 'rsvp.going.title', { day }),
        lines: [t('rsvp.going.text', { name, mode: namedMode(row) }), guestsLine(row, t), othersLine(row, t)],
        switching,
        lead: t('rsvp.going.release'),
        links: [
          ...(online && event.joinUrl
            ? [{ href: event.joinUrl, label: t('rsvp.going.join'), look: 'main' } as const]
            : []),
        ],
        add: addLinks(event, { file: `/r/${asked.token}/calendar.ics`, page: asked.pageUrl }),
        taps: [leave],
        form,
      });
    }
    case 'offered':
      return panel({
        tone: 'wait',
        icon: 'seat',
        title: t('rsvp.offered.title', { seats: 1 + (rsvp?.guests ?? 0), mode: namedMode(row) }),
        lines: [offerLine(row, context), guestsLine(row, t)],
        switching,
        taps: [
          { answer: 'yes', label: buttonLabel(row, state, 'yes', t), look: 'main big' },
          { ...leave, look: '' },
        ],
      });
    case 'waitlisted':
      return waitingPanel(row, context, closed, { form, leave, switching });
    case 'declined':
    case 'withdrawn':
      return panel({
        icon: 'wave',
        title: t(`rsvp.${state}.title`, { name }),
        lines: [t(`rsvp.${state}.text`), closed ? null : t('rsvp.declined.back')],
        form,
      });
    case 'closed': {
      const { replyTo } = row.chapter;
      const when = momentInWords(closesAt(event), event.timeZone, locale, now, t);
      return panel({
        tone: 'off',
        icon: 'clock',
        title: t('rsvp.closed.title'),
        lines: [t('rsvp.closed.text', { when }), replyTo ? t('rsvp.closed.write') : null],
        links: replyTo
          ? [{ href: mailTo(replyTo, event.title), label: writeLabel(row.host, t), look: '' }]
          : [],
        // She may still say that she cannot come, where she had left it open.
        taps: rsvp ? [leave] : [],
      });
    }
    case 'cancelled':
      return panel({
        tone: 'off',
        icon: 'cross',
        title: t('rsvp.cancelled.title'),
        lines: [t('rsvp.cancelled.text')],
        quote: event.cancelReason,
        links: [comingEvents(row, t)],
      });
    case 'ended':
      return panel({
        tone: 'off',
        icon: 'wave',
        title: t('rsvp.ended.title'),
        lines: [t('rsvp.ended.text', { name })],
        links: [comingEvents(row, t)],
      });
  }
}

function waitingPanel(
  row: RsvpPageRow,
  { t, now }: PageContext,
  closed: boolean,
  { form, leave, switching }: Pick<Panel, 'form'> & { leave: Button; switching: Switching | null },
): Panel {
  const { rsvp } = row;
  if (closed) {
    return panel({
      tone: 'off',
      icon: 'clock',
      title: t('rsvp.waiting.overTitle'),
      lines: [t('rsvp.waiting.overText')],
    });
  }
  // From here on nobody is offered anything: a free seat is hers if she is the first to take it.
  const lastHour = isLastHour(now, row.event);
  const left = rsvp && seatsLeft(row, rsvp.mode);
  if (lastHour && rsvp && (left === null || left > rsvp.guests)) {
    return panel({
      tone: 'wait',
      icon: 'seat',
      title: t('rsvp.waiting.freeTitle'),
      lines: [t('rsvp.waiting.freeText'), guestsLine(row, t)],
      switching,
      taps: [{ answer: 'yes', label: t('rsvp.button.yes'), look: 'main big' }, leave],
    });
  }
  if (rsvp?.state === 'offered' || rsvp?.offerLapsedAt) {
    return panel({
      icon: 'clock',
      title: t('rsvp.waiting.lapsedTitle'),
      lines: [t('rsvp.waiting.lapsedText')],
      switching,
      taps: [{ answer: 'yes', label: t('rsvp.button.again'), look: 'main big' }, leave],
    });
  }
  return panel({
    icon: 'clock',
    title: t('rsvp.waiting.title'),
    lines: [
      placeLine(row, t),
      guestsLine(row, t),
      t(lastHour ? 'rsvp.waiting.lastHour' : 'rsvp.waiting.text'),
    ],
    switching,
    taps: [leave],
    form,
  });
}

/** How many seats are left, where there is one way to come; with two, each says its own. */
function seatsLine(row: RsvpPageRow, t: Translate): string | null {
  const [mode, second] = modesOf(row.event.format);
  const left = mode && !second ? seatsLeft(row, mode) : null;
  return left === null ? null : seatsInWords(left, t);
}

function guestsLine({ rsvp, guests }: RsvpPageRow, t: Translate): string | null {
  if (!rsvp || rsvp.guests === 0) return null;
  const names = guests.filter((name) => name !== '');
  if (names.length < rsvp.guests) return t('rsvp.guests.unnamed', { count: rsvp.guests });
  return oneStop(t('rsvp.guests.named', { names: names.join(', ') }));
}

/** How many come beside her, where nobody of them lets herself be named. */
function othersLine({ others }: RsvpPageRow, t: Translate): string | null {
  const { people, more } = others;
  return people.length === 0 && more > 0 ? t('rsvp.others.count', { count: more }) : null;
}

/** A sentence that ends with "Anna R." has its full stop already. */
function oneStop(sentence: string): string {
  return sentence.replace(/\.\.$/, '.');
}

/** "Scrivi ad Anna", "Scrivi a Chiara". */
export function writeLabel(host: string | null, t: Translate): string {
  return host
    ? t('common.writeTo', { name: host, starts: host.slice(0, 1).toLowerCase() })
    : t('common.write');
}

/** An address to write to, with the subject filled in (RFC 6068). */
export function mailTo(address: string, subject: string): string {
  return `mailto:${encodeURIComponent(address).replace('%40', '@')}?subject=${encodeURIComponent(subject)}`;
}

function comingEvents({ chapter }: RsvpPageRow, t: Translate): Panel['links'][number] {
  return { href: `/c/${chapter.slug}`, label: t('common.comingEvents'), look: '' };
}
