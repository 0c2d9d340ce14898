import type { Missed, Once, Unseen } from '../../insights/ties.ts';
import type { Desk, DeskChapter } from '../../organizers/guard.ts';
import { dateInWords, dayInWords } from '../../web/dates.ts';
import { fullName } from '../views.ts';
import { personAddress } from './person-scope.ts';

type Around = { chapter: DeskChapter; desk: Desk; now: Date };

/** "Di persona l’ultima volta il 4 giugno", and how she can be reached. */
export function unseenView(one: Unseen, around: Around) {
  const { t } = around.desk;
  const day = (at: Date) => dayOf(at, around);
  const since = one.seenAt
    ? t('ties.since.seen', { day: day(one.seenAt) })
    : one.pastAt
      ? t('ties.since.past', { day: day(one.pastAt) })
      : t('ties.since.never', {
          day: dateInWords(one.memberSince, around.chapter.timeZone, around.desk.locale),
        });
  const online = one.onlineAt ? t('ties.since.online', { day: day(one.onlineAt) }) : null;
  return { ...missedView(one, around), reason: 'unseen', lines: [since, online].filter(Boolean) };
}

/** "È venuta una volta: Aperitivo di rete, 12 ottobre" */
export function onceView(one: Once, around: Around) {
  const { t } = around.desk;
  const when = dayInWords(one.cameAt, one.timeZone, around.desk.locale, around.now);
  return {
    ...missedView(one, around),
    reason: 'once',
    lines: [t('ties.once.came', { title: one.title, day: when })],
    tag: one.isMember ? null : t('ties.once.guest'),
  };
}

function missedView(one: Missed, around: Around) {
  const { chapter, desk } = around;
  return {
    id: one.id,
    name: fullName(one),
    href: personAddress(chapter, one.id),
    noted: one.notedAt ? desk.t('ties.noted', { day: dayOf(one.notedAt, around) }) : null,
    mayBeWritten: one.mayBeWritten,
    phone: one.mayBeWritten ? null : one.phone,
    tag: null as string | null,
  };
}

const dayOf = (at: Date, { chapter, desk, now }: Around) =>
  dayInWords(at, chapter.timeZone, desk.locale, now);
