import { isConcernedByMove } from '../events/rules.ts';
import { type PageContext, placeInWords } from '../events/views.ts';
import { periodInWords } from '../web/dates.ts';
import type { Translate } from '../web/i18n.ts';
import { type Asked, buttonLabel } from './answer-form.ts';
import { allows, answerOf, type RsvpPageRow, type RsvpPageState } from './page-row.ts';
import { offerLine, type Panel, panel, placeLine } from './panel.ts';

/** The questions that go before everything else on the page. */

/** "Ci sei ancora?", with the old and the new side by side, until she has said so. */
export function movedPanel(row: RsvpPageRow, state: RsvpPageState, context: PageContext): Panel | null {
  const { movedAt, movedFrom } = row.event;
  if (!movedAt || !movedFrom || state === 'cancelled' || state === 'ended') return null;
  const knewAt = row.rsvp ? (row.rsvp.reconfirmedAt ?? row.rsvp.answeredAt) : row.invitedAt;
  if (knewAt >= movedAt) return null;
  if (row.rsvp && !isConcernedByMove(row.event, movedFrom, row.rsvp)) return null;
  const { t, now } = context;
  const holds = state === 'going' || state === 'waitlisted' || state === 'offered';
  const asks = holds && allows(row, 'yes', now);
  const before = { ...movedFrom, startsAt: new Date(movedFrom.startsAt), endsAt: new Date(movedFrom.endsAt) };
  return panel({
    tone: asks ? 'wait' : '',
    icon: 'move',
    title: t(asks ? 'rsvp.moved.stillComing' : 'rsvp.moved.title'),
    lines: [t(asks ? 'rsvp.moved.ask' : 'rsvp.moved.note')],
    moved: oldAndNew(whenAndWhere(before, context), whenAndWhere(row.event, context)),
    lead: state === 'offered' ? offerLine(row, context) : asks ? placeLine(row, t) : null,
    taps: asks
      ? [
          {
            answer: 'yes',
            label: stillComing(state, t),
            look: 'main big',
          },
          { answer: 'no', label: t('rsvp.moved.no'), look: '' },
        ]
      : [],
  });
}

/** The answer that a mail's link brought along, waiting for the one tap that confirms it. */
export function confirmPanel(
  row: RsvpPageRow,
  state: RsvpPageState,
  { t, now }: PageContext,
  { answer }: Asked,
): Panel | null {
  if (!answer || !row.rsvp || !allows(row, answer, now)) return null;
  const isAskedAnyway = state === 'maybe' || (state === 'offered' && answer === 'yes');
  if (answer === answerOf(row.rsvp.state) || isAskedAnyway) return null;
  return panel({
    tone: 'wait',
    icon: 'question',
    title: t(`rsvp.ask.${answer}`),
    lines: [t('rsvp.ask.oneTap')],
    taps: [{ answer, label: buttonLabel(row, state, answer, t), look: 'main big' }],
  });
}

function stillComing(state: RsvpPageState, t: Translate): string {
  if (state === 'offered') return t('rsvp.button.take');
  return t(state === 'going' ? 'rsvp.moved.yes' : 'rsvp.moved.yesWaiting');
}

function oldAndNew(was: readonly string[], now: readonly string[]): Panel['moved'] {
  return {
    was: was.filter((line, index) => line !== now[index]),
    now: now.map((text, index) => ({ text, isNew: text !== was[index] })),
  };
}

function whenAndWhere(
  event: Parameters<typeof placeInWords>[0] & { startsAt: Date; endsAt: Date; timeZone: string },
  { locale, now, t }: PageContext,
): string[] {
  const when = periodInWords(event.startsAt, event.endsAt, event.timeZone, locale, now);
  return [when, placeInWords(event, t)];
}
