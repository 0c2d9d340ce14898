import type { PageContext } from '../events/views.ts';
import type { Translate } from '../web/i18n.ts';
import { answerOf, isFull, type RsvpPageRow, type RsvpPageState, seatsLeft } from './page-row.ts';
import { type Answer, type Mode, modesOf } from './rules.ts';
import type { AnswerFields } from './schema.ts';

export type Button = { answer: Answer; label: string; look: 'main big' | 'plain' | '' };

/** What she can fill in, and the buttons that post it. */
export type AnswerForm = {
  /** Folded away under these words; null: it lies open. */
  summary: string | null;
  unfolded: boolean;
  modes: { value: Mode; label: string; seats: string; isChosen: boolean }[];
  modeError: string | null;
  guestNames: string[];
  guestsAllowed: number;
  guestError: string | null;
  note: string;
  noteError: string | null;
  /** Null where the page asks it elsewhere: beside what she tells of herself. */
  isVisible: boolean | null;
  /** The fields that most leave alone, under a fold of their own where the form itself lies open. */
  extras: { summary: string; unfolded: boolean };
  buttons: Button[];
};

/** What came in and could not be taken: said beside the field, with her words kept. */
export type Rejected = {
  problem: string;
  fields: AnswerFields;
  errors: Partial<Record<'guestName' | 'note' | 'mode', string>>;
};

/** What the request adds to the row: its token, the answer that a mail's link preselects, what was refused. */
export type Asked = {
  token: string;
  answer: Answer | null;
  /** The way of taking part that a mail's link preselects. */
  mode?: Mode | null;
  /** A mail's link asks to end her standing yes. */
  standing?: 'no' | null;
  rejected?: Rejected | undefined;
  /** The event's own page, which anybody may open. */
  pageUrl: string;
};

/** The form as it belongs to her state, filled with what stands, or with what she had typed where that was refused. */
export function answerForm(
  row: RsvpPageRow,
  state: RsvpPageState,
  { t }: PageContext,
  { answer, mode, rejected }: Asked,
): AnswerForm {
  const { event, rsvp } = row;
  const typed = rejected?.fields;
  const errors = rejected?.errors ?? {};
  const chosen = typed?.mode ?? mode ?? rsvp?.mode ?? firstWithSeats(row);
  const names = typed?.guests ?? row.guests;
  const offered = modesOf(event.format);
  const isLying = state === 'open' || state === 'full' || state === 'maybe';
  const rejectedField =
    errors.guestName !== undefined || errors.note !== undefined || errors.mode !== undefined;
  const changes = state === 'going' || state === 'waitlisted';
  return {
    summary: isLying ? null : t(changes ? 'rsvp.form.change' : 'rsvp.form.changedMind'),
    unfolded: rejectedField,
    modes:
      offered.length < 2
        ? []
        : offered.map((value) => ({
            value,
            label: t(`rsvp.mode.${value}`),
            seats: seatsInWords(seatsLeft(row, value), t),
            isChosen: value === chosen,
          })),
    modeError: errors.mode ?? null,
    guestNames: guestFields(names, Math.max(event.guestsAllowed, row.guests.length)),
    guestsAllowed: event.guestsAllowed,
    guestError: errors.guestName ?? null,
    note: typed?.note ?? rsvp?.note ?? '',
    noteError: errors.note ?? null,
    isVisible: changes ? null : (typed?.visible ?? row.isVisible),
    extras: {
      summary: t(event.guestsAllowed > 0 ? 'rsvp.form.guestsOrNote' : 'rsvp.form.note'),
      unfolded: rejectedField || names.length > 0,
    },
    buttons: buttonsOf(row, state, answer, t),
  };
}

/** What a button says that would post this answer, in this state. */
export function buttonLabel(row: RsvpPageRow, state: RsvpPageState, answer: Answer, t: Translate): string {
  if (answer === 'maybe') return t('rsvp.button.maybe');
  if (answer === 'no') {
    if (state === 'going') return t('rsvp.button.leaveSeat');
    if (state === 'offered') return t('rsvp.button.leaveOffer');
    return t(state === 'waitlisted' ? 'rsvp.button.leaveList' : 'rsvp.button.no');
  }
  if (state === 'offered') return t('rsvp.button.take');
  if (state === 'going' || state === 'waitlisted') return t('rsvp.button.save');
  return t(isFull(row) ? 'rsvp.button.list' : 'rsvp.button.yes');
}

/** The answer her mail's link preselects comes first and large, or else the yes. */
function buttonsOf(row: RsvpPageRow, state: RsvpPageState, asked: Answer | null, t: Translate): Button[] {
  if (state === 'going' || state === 'waitlisted') {
    return [{ answer: 'yes', label: t('rsvp.button.save'), look: 'main big' }];
  }
  const possible: Answer[] = row.event.maybeAllowed ? ['yes', 'maybe', 'no'] : ['yes', 'no'];
  const stands = row.rsvp ? answerOf(row.rsvp.state) : null;
  const open = possible.filter((answer) => answer !== stands);
  const first = asked && open.includes(asked) ? asked : open[0];
  return [...open.filter((answer) => answer === first), ...open.filter((answer) => answer !== first)].map(
    (answer) => ({
      answer,
      label: buttonLabel(row, state, answer, t),
      look: answer === first ? 'main big' : '',
    }),
  );
}

function firstWithSeats(row: RsvpPageRow): Mode | undefined {
  const offered = modesOf(row.event.format);
  return offered.find((mode) => seatsLeft(row, mode) !== 0) ?? offered[0];
}

/** Those named, and room for more: up to three at once, so that the form stays short. */
function guestFields(names: readonly string[], allowed: number): string[] {
  const shown = Math.min(allowed, Math.max(3, names.length + 1));
  return Array.from({ length: Math.max(shown, names.length) }, (_, index) => names[index] ?? '');
}

export function seatsInWords(left: number | null, t: Translate): string {
  if (left === null) return t('rsvp.seats.noLimit');
  return t('rsvp.seats.left', { left });
}
