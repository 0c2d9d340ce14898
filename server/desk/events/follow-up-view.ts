import type { Db } from '../../db/database.ts';
import { toLocalFields } from '../../events/local-time.ts';
import { isThanks, quickMoments } from '../../followups/rules.ts';
import { countAudience } from '../../mailings/queries.ts';
import type { QuietHours } from '../../mailings/quiet-hours.ts';
import type { Desk } from '../../organizers/guard.ts';
import { type Format, modesOf } from '../../rsvps/rules.ts';
import type { Translate } from '../../web/i18n.ts';
import { type Group, groupSteps, isOpenStep } from '../mail/mailings-view.ts';
import type { DeskEvent, DeskMailing } from '../queries.ts';
import { nearMoment } from '../views.ts';

export type ThanksGroup = Group & { isOpen: boolean };

/** The thanks of an event, those together that leave together. Of what was moved or taken out and stands anew, the last. */
export function thanksOf(mailings: readonly DeskMailing[]): ThanksGroup[] {
  const thanks = mailings.filter(
    ({ kind, audience, messageId }) => isThanks(kind) && audience !== null && messageId === null,
  );
  const latest = thanks.filter(
    (mailing) => mailing.state !== 'cancelled' || !thanks.some((other) => isAnew(other, mailing)),
  );
  return groupSteps(latest).map((group) => ({ ...group, isOpen: isOpenStep(group.first) }));
}

const isAnew = (other: DeskMailing, mailing: DeskMailing) =>
  other !== mailing && other.kind === mailing.kind && other.state !== 'cancelled';

/** How many people each of some mailings reaches: those whom it would reach now, or those whom it has reached. */
export async function findReach(
  db: Db,
  eventId: string,
  groups: readonly ThanksGroup[],
): Promise<Map<string, number>> {
  const reach = new Map<string, number>();
  for (const { all, isOpen } of groups) {
    for (const { id, audience, kind, counts } of all) {
      const { sent, queued, sending, unknown } = counts;
      const gone = sent + queued + sending + unknown;
      reach.set(id, isOpen ? await countAudience(db, eventId, audience ?? '', kind) : gone);
    }
  }
  return reach;
}

/** What leaves together: when, in words, and to whom, each with its mail. */
export function planView(
  { first, all, isOpen }: ThanksGroup,
  reach: ReadonlyMap<string, number>,
  event: DeskEvent,
  desk: Desk,
  now: Date,
) {
  const { t } = desk;
  const when = nearMoment(first.dueAt, event.timeZone, desk, now);
  const lines = all
    .map(({ id, kind }) => ({ id, kind, count: reach.get(id) ?? 0 }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))
    .map(({ id, kind, count }) => ({
      words: t(`followup.to.${kind}`, { count }),
      mail: `/desk/events/${event.id}/follow-up/${id}/mail`,
      mailTitle: t('followup.mailTitle', { kind: t(`desk.kind.${kind}`) }),
      text: `/desk/events/${event.id}/texts/${kind}`,
    }));
  return {
    state: first.state,
    isOpen,
    headline: t(`followup.state.${stateOf(first)}`, { when }),
    wasFor: first.state === 'held' && first.dueAt > now ? t('followup.wasFor', { when }) : null,
    lines,
  };
}

const order: readonly string[] = ['thanks_attended', 'thanks', 'thanks_missed', 'thanks_declined'];

function stateOf({ state, reason }: DeskMailing): string {
  if (state === 'done' && reason === 'nobody') return 'nobody';
  return state;
}

/** Other moments that one tap chooses. */
export function momentChoices(
  groups: readonly ThanksGroup[],
  event: DeskEvent,
  quiet: QuietHours,
  desk: Desk,
  now: Date,
) {
  const open = groups.filter(({ isOpen }) => isOpen);
  const planned = open.filter(({ first }) => first.state === 'planned');
  const [only] = planned;
  const stands = planned.length === 1 && open.length === 1 ? only?.first.dueAt.getTime() : null;
  return quickMoments(event, quiet, now)
    .filter((at) => at.getTime() !== stands)
    .map((at) => {
      const { date, time } = toLocalFields(at, event.timeZone);
      return { value: `${date}T${time}`, words: nearMoment(at, event.timeZone, desk, now) };
    });
}

/** Where she has not said yet who came, by name of the mode; null in place of it where there is one alone. */
export function openModes(event: DeskEvent, t: Translate): { label: string | null }[] {
  const modes = modesOf(event.format as Format);
  return modes
    .filter((mode) => (mode === 'room' ? event.roomCompleteAt : event.onlineCompleteAt) === null)
    .map((mode) => ({ label: modes.length > 1 ? t(`desk.mode.${mode}`) : null }));
}
