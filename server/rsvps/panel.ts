import type { AddLinks } from '../calendar/add-links.ts';
import type { PageContext } from '../events/views.ts';
import { momentInWords } from '../web/dates.ts';
import type { Translate } from '../web/i18n.ts';
import type { AnswerForm, Button } from './answer-form.ts';
import type { RsvpPageRow } from './page-row.ts';
import type { Switching } from './switching.ts';

/** One card of the page: what it says, and what she can do there. */
export type Panel = {
  tone: 'good' | 'wait' | 'off' | '';
  icon: 'check' | 'clock' | 'question' | 'wave' | 'seat' | 'move' | 'cross' | null;
  title: string;
  lines: string[];
  quote: string | null;
  moved: { was: string[]; now: { text: string; isNew: boolean }[] } | null;

  /** Ways to put the event into a calendar. */
  add: AddLinks | null;
  links: { href: string; label: string; look: 'main' | 'plain' | '' }[];
  /** The other way of taking part. */
  switching: Switching | null;
  /** What is said right above the answers. */
  lead: string | null;
  /** One-tap answers that leave the rest as it is. */
  taps: Button[];
  form: AnswerForm | null;
};

/** A panel with what it says, and nothing else. */
export function panel(
  parts: Partial<Omit<Panel, 'lines'>> & { title: string; lines: (string | null)[] },
): Panel {
  return {
    tone: '',
    icon: null,
    quote: null,
    moved: null,
    add: null,
    switching: null,
    lead: null,
    links: [],
    taps: [],
    form: null,
    ...parts,
    lines: parts.lines.filter((line) => line !== null),
  };
}

/** Until when a seat is held for her. */
export function offerLine({ event, rsvp }: RsvpPageRow, { locale, now, t }: PageContext): string | null {
  if (!rsvp?.offerExpiresAt) return null;
  const until = momentInWords(rsvp.offerExpiresAt, event.timeZone, locale, now, t);
  return t('rsvp.offered.text', { seats: 1 + rsvp.guests, until });
}

/** Her place in the waiting list of her mode. */
export function placeLine(row: RsvpPageRow, t: Translate): string | null {
  const { place } = row;
  return place ? t('rsvp.waiting.place', { place, mode: namedMode(row) }) : null;
}

/** Her way of taking part, for words that name it only where there are two. */
export function namedMode({ event, rsvp }: RsvpPageRow): 'room' | 'online' | 'any' {
  return event.format === 'hybrid' && rsvp ? rsvp.mode : 'any';
}
