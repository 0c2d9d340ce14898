import { isCurrent } from '../chapters/current.ts';
import { fieldOf } from '../desk/page.ts';
import { ensureInvitation } from '../rsvps/invitations.ts';
import { findNextEvent, type NextEvent } from '../rsvps/next-event.ts';
import { closesAt, type Mode, modesOf, type Refusal } from '../rsvps/rules.ts';
import { answerInvitation } from '../rsvps/service.ts';
import { dayInWords } from '../web/dates.ts';
import type { AfterContext, Section } from './section.ts';

/** The next date, and a yes to it in one tap, which keeps what stands above as well. */
export const nextSection: Section = {
  name: 'next',
  sends: true,

  async view(context) {
    const next = await findNext(context);
    if (!next) return null;
    const { locale, now, t, token } = context;
    const state = next.rsvpState;
    const modes = canSayYes(next, now) ? modesOf(next.format) : [];
    return {
      title: next.title,
      when: dayInWords(next.startsAt, next.timeZone, locale, now),
      said: state === null || state === 'maybe' ? null : t(`after.next.said.${state}`),
      action: `/f/${token}/next`,
      choices: modes.map((mode) => ({
        mode,
        label: t(modes.length > 1 ? `after.next.yes_${mode}` : 'after.next.yes'),
      })),
      url: urlOf(context, next),
    };
  },
};

/** The chapter's next event that she may see. */
function findNext({ deps, row, now }: AfterContext): Promise<NextEvent | undefined> {
  return findNextEvent(deps.db, { chapterId: row.chapterId, personId: row.personId, now });
}

/** Whether one tap can say yes: answers are taken, and she did not say it yet. */
function canSayYes(next: NextEvent, now: Date): boolean {
  return !['going', 'waitlisted', 'offered'].includes(next.rsvpState ?? '') && now < closesAt(next);
}

/** Her own answer, where she can change it; the event's page while she is not invited. */
function urlOf({ deps, row }: AfterContext, next: NextEvent): string {
  if (!next.invitationId) return `/e/${next.id}`;
  const { personId, linkEpoch } = row;
  const url = deps.links.rsvpUrl({ id: next.invitationId, eventId: next.id, personId, linkEpoch });
  return new URL(url).pathname;
}

/**
 * Says yes to the next date for her. A second tap says nothing new.
 * @returns why it was not taken, or null
 */
export async function sayYesToNext(context: AfterContext, body: unknown): Promise<Refusal | null> {
  const { deps, row, now } = context;
  const next = await findNext(context);
  if (!next) return 'answers_closed';
  if (!canSayYes(next, now)) return now < closesAt(next) ? null : 'answers_closed';
  if (!next.invitationId) await inviteTo(context, next);
  const asked = fieldOf(body, 'nextMode');
  const mode = modesOf(next.format).find((one: Mode) => one === asked);
  const outcome = await answerInvitation(deps, {
    eventId: next.id,
    personId: row.personId,
    answer: 'yes',
    mode,
    source: 'link',
  });
  return outcome.ok || outcome.reason === 'not_invited' ? null : outcome.reason;
}

/** An event that is open to everybody invites whoever answers. */
async function inviteTo({ deps, row, now }: AfterContext, next: NextEvent): Promise<void> {
  const { personId } = row;
  await deps.db.transaction().execute(async (trx) => {
    const membership = await trx
      .selectFrom('memberships')
      .select('id')
      .where('personId', '=', personId)
      .where('chapterId', '=', next.chapterId)
      .where(isCurrent('memberships', now))
      .executeTakeFirst();
    const source = membership ? 'member' : 'public';
    await ensureInvitation(trx, deps.links, { event: next, personId, source, now });
  });
}
