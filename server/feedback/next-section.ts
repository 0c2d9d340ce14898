import { findNextEvent, type NextEvent } from '../rsvps/next-event.ts';
import { dayInWords } from '../web/dates.ts';
import type { AfterContext, Section } from './section.ts';

/** The next date, and a yes to it in one tap, which keeps what stands above as well. */
export const nextSection: Section = {
  name: 'next',

  async view(context) {
    const next = await findNext(context);
    if (!next) return null;
    const { locale, now, t, token } = context;
    const state = next.rsvpState;
    return {
      title: next.title,
      when: dayInWords(next.startsAt, next.timeZone, locale, now),
      said: state === null || state === 'maybe' ? null : t(`after.next.said.${state}`),
      yesAction: canSayYes(next) ? `/f/${token}/next` : null,
      url: `/e/${next.id}`,
    };
  },
};

/** The chapter's next event that she may see. */
export function findNext({ deps, row, now }: AfterContext): Promise<NextEvent | undefined> {
  return findNextEvent(deps.db, { chapterId: row.chapterId, personId: row.personId, now });
}

/** Whether one tap can say yes: she is invited, answers are taken, and she did not say it yet. */
export function canSayYes(next: NextEvent): boolean {
  const stands = ['going', 'waitlisted', 'offered'].includes(next.rsvpState ?? '');
  // In a hybrid event she has to choose where.
  return next.invitationId !== null && !stands && next.format !== 'hybrid';
}
