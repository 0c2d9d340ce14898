import { type CompanyView, companyView } from '../encounters/views.ts';
import { type EventView, eventView, type PageContext } from '../events/views.ts';
import { qrPath } from '../web/qr.ts';
import type { Asked } from './answer-form.ts';
import {
  allows,
  answerOf,
  nameOnLink,
  pageState,
  type RsvpPageRow,
  type RsvpPageState,
  seatsLeft,
} from './page-row.ts';
import type { Panel } from './panel.ts';
import { mailTo, statePanel, writeLabel } from './panels.ts';
import { confirmPanel, movedPanel } from './questions.ts';
import { type Answer, type Mode, modesOf } from './rules.ts';
import { type StandingView, standingView } from './standing-panel.ts';
import { switchPanel } from './switching.ts';

export type RsvpView = {
  action: string;
  name: string;
  ownLinkUrl: string;
  event: EventView;
  host: string | null;
  writeTo: { href: string; label: string } | null;
  problem: string | null;
  panels: Panel[];
  company: CompanyView | null;
  standing: StandingView | null;
  /** What she shows at the door, where she comes in person. */
  code: { size: number; path: string; isToday: boolean } | null;
  /** `guests`: null where they stay as they are, names and all. */
  undo: { label: string; answer: Answer; mode: Mode; guests: number | null } | null;
};

/** @param doorCode says what her code for the door says */
export function rsvpView(
  row: RsvpPageRow,
  context: PageContext,
  asked: Asked,
  doorCode: () => string,
): RsvpView {
  const state = pageState(row, context.now);
  const moved = movedPanel(row, state, context);
  const confirm = confirmPanel(row, state, context, asked) ?? switchPanel(row, state, context, asked);
  const stands = statePanel(row, state, context, asked);
  // One question at a time: whether she still comes goes first, then what her mail's link asked.
  const panels = moved?.taps.length
    ? [moved]
    : confirm
      ? [confirm, { ...stands, lead: null, switching: null, taps: [], form: null }]
      : [moved, stands].filter((panel) => panel !== null);
  return {
    action: `/r/${asked.token}`,
    name: nameOnLink(row.person),
    ownLinkUrl: `/e/${row.event.id}?from=${encodeURIComponent(nameOnLink(row.person))}#link`,
    event: eventView(row.event, context),
    host: row.host,
    writeTo: row.chapter.replyTo
      ? { href: mailTo(row.chapter.replyTo, row.event.title), label: writeLabel(row.host, context.t) }
      : null,
    problem: asked.rejected?.problem ?? null,
    panels,
    company:
      state === 'going' && row.rsvp
        ? companyView(row.others, { mode: row.rsvp.mode, locale: context.locale, t: context.t })
        : null,
    standing: standingView(row, context, { token: asked.token, standing: asked.standing ?? null }),
    code:
      state === 'going' && row.rsvp?.mode === 'room' && !confirm
        ? { ...qrPath(doorCode()), isToday: isNear(row.event.startsAt, context.now) }
        : null,
    undo: moved?.taps.length || confirm ? null : undoOf(row, state, context),
  };
}

/** On the day she needs it at hand; before, it would only be in the way. */
function isNear(startsAt: Date, now: Date): boolean {
  return startsAt.getTime() - now.getTime() < 12 * 3_600_000;
}

/** The way back: her answer before this one, or the opposite of a first one. */
function undoOf(row: RsvpPageRow, state: RsvpPageState, { t, now }: PageContext): RsvpView['undo'] {
  const { rsvp, previous } = row;
  if (!rsvp || state === 'offered') return null;
  const stands = answerOf(rsvp.state);
  const back = previous ?? { answer: stands === 'yes' ? 'no' : 'yes', mode: rsvp.mode, guests: rsvp.guests };
  if (back.answer === stands && back.mode === rsvp.mode && back.guests === rsvp.guests) return null;
  if (!allows(row, back.answer as Answer, now)) return null;
  // A way that the event has no longer, or a seat that somebody else has by now, is no way back.
  if (!modesOf(row.event.format).includes(back.mode)) return null;
  if (back.answer === 'yes' && rsvp.state === 'going' && !fits(row, back)) return null;
  const label = back.answer === stands ? t('rsvp.undo.before') : t(`rsvp.undo.${back.answer}`);
  const guests = back.guests === rsvp.guests ? null : back.guests;
  return { label, answer: back.answer as Answer, mode: back.mode, guests };
}

/** Whether there are seats for what she, who is going, had before. */
function fits(row: RsvpPageRow, back: { mode: Mode; guests: number }): boolean {
  const left = seatsLeft(row, back.mode);
  const own = row.rsvp?.mode === back.mode ? 1 + row.rsvp.guests : 0;
  return left === null || 1 + back.guests <= left + own;
}
