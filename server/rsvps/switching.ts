import type { PageContext } from '../events/views.ts';
import type { Translate } from '../web/i18n.ts';
import type { Asked } from './answer-form.ts';
import { allows, type RsvpPageRow, type RsvpPageState, seatsLeft } from './page-row.ts';
import { type Panel, panel } from './panel.ts';
import { type EventTerms, type Mode, modesOf, otherMode } from './rules.ts';

/** Going over to the other way of taking part, where an event has two: one tap, or why there is none. */
export type Switching = {
  mode: Mode;
  /** What the button says; null where her party does not fit there. */
  label: string | null;
  /** What the tap costs her, or how many seats are left. */
  hint: string;
  look: 'main big' | '';
};

/**
 * What she can do about the way she takes part. The tap takes her guests along, and gives up what she has in the other way:
 * her seat, the seat held for her, or her place in that list. The words say which.
 * @returns null where there is nothing to choose
 */
export function switchingOf(
  row: RsvpPageRow,
  state: RsvpPageState,
  { t, now }: PageContext,
): Switching | null {
  if (row.event.format !== 'hybrid' || !row.rsvp || !allows(row, 'yes', now)) return null;
  if (state !== 'going' && state !== 'offered' && state !== 'waitlisted') return null;
  const mode = otherMode(row.rsvp.mode);
  const party = 1 + row.rsvp.guests;
  const left = seatsLeft(row, mode);
  if (left !== null && left < party) {
    const hint = t(`rsvp.switch.full.${state === 'going' ? 'going' : 'waiting'}`, { mode, left, party });
    return { mode, label: null, hint, look: '' };
  }
  const key = state === 'going' ? 'going' : 'waiting';
  return {
    mode,
    label: t(`rsvp.switch.${key}.${mode}`),
    hint: t(`rsvp.switch.cost.${state}`, { mode, party }),
    look: '',
  };
}

/** The other way, chosen in a mail: one tap away, and no more than that. */
export function switchPanel(
  row: RsvpPageRow,
  state: RsvpPageState,
  context: PageContext,
  { mode, answer }: Asked,
): Panel | null {
  const switching = switchingOf(row, state, context);
  if (answer || !mode || switching?.mode !== mode || switching.label === null) return null;
  const { t } = context;
  return panel({
    tone: 'wait',
    icon: 'question',
    title: t(`rsvp.switch.ask.${mode}`),
    lines: [t('rsvp.ask.oneTap')],
    switching: { ...switching, look: 'main big' },
  });
}

/** Where she stands, as a refused wish has to know it. */
type Refused = {
  event: Pick<EventTerms, 'format' | 'seatsRoom' | 'seatsOnline'>;
  taken: Record<Mode, number>;
  rsvp: { mode: Mode; guests: number };
};

/** How many seats are left where a wish did not fit: "Online resta un posto, e siete in 2." Nothing where all fit. */
export function leftInWords(
  row: Refused,
  asked: { mode?: Mode | undefined; guests?: number | undefined },
  t: Translate,
): string {
  const { event, rsvp } = row;
  const wanted = asked.mode ?? rsvp.mode;
  const left = seatsLeft(row, wanted);
  if (left === null) return '';
  // Beside those that are hers already.
  const own = rsvp.mode === wanted ? 1 + rsvp.guests : 0;
  const mode = modesOf(event.format).length > 1 ? wanted : 'any';
  return t('rsvp.refused.left', { mode, left: left + own, party: 1 + (asked.guests ?? rsvp.guests) });
}
