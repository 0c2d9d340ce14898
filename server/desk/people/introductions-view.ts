import type { IntroductionByHand, IntroductionSums } from '../../introductions/desk-queries.ts';
import { askLastsMs, fewest, figure, outcomes } from '../../introductions/rules.ts';
import type { Desk, DeskChapter } from '../../organizers/guard.ts';
import { dayInWords } from '../../web/dates.ts';
import { fullName } from '../views.ts';

/** The coordinators' own introductions: those that wait, and what became of the others. */
export function listView(rows: readonly IntroductionByHand[], chapter: DeskChapter, desk: Desk, now: Date) {
  const { t, locale } = desk;
  const day = (at: Date) => dayInWords(at, chapter.timeZone, locale, now);
  const line = (row: IntroductionByHand) => ({
    id: row.id,
    names: t('meet.desk.pair', { one: fullName(row.first), other: fullName(row.second) }),
    words: row.words,
    when:
      row.standing === 'waiting'
        ? t('meet.desk.waits', {
            since: day(row.createdAt),
            until: day(new Date(row.createdAt.getTime() + askLastsMs)),
          })
        : row.standing === 'made'
          ? t('meet.desk.madeOn', { day: day(row.mailedAt ?? row.createdAt) })
          : t('meet.desk.over'),
  });
  return {
    waiting: rows.filter(({ standing }) => standing === 'waiting').map(line),
    closed: rows.filter(({ standing }) => standing !== 'waiting').map(line),
  };
}

/** Each sum with its words; about fewer than five people it says only that. */
export function sumsView(sums: IntroductionSums, { t }: Desk) {
  const say = (count: number) => figure(count) ?? t('meet.desk.sums.few', { fewest });
  return [
    { label: t('meet.desk.sums.wish'), value: say(sums.wish) },
    { label: t('meet.desk.sums.byHand'), value: sums.byHand },
    { label: t('meet.desk.sums.metAgain'), value: say(sums.metAgain) },
    ...outcomes.map((outcome) => ({
      label: t(`meet.later.outcome.${outcome}`),
      value: say(sums.outcomes[outcome]),
    })),
  ];
}
