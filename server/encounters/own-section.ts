import type { OwnSection } from '../own-page/section.ts';
import { nameOnLink } from '../rsvps/page-row.ts';
import { dayInWords } from '../web/dates.ts';
import { countPresences, listMet } from './met-queries.ts';

const yearMs = 365 * 86_400_000;

/** "Chi hai incontrato": whom she met and where, and how she was there, online or in person. */
export const metSection: OwnSection = {
  name: 'met',

  async view({ deps, person, t, locale, now }) {
    const [met, balance] = await Promise.all([
      listMet(deps.db, person.id),
      countPresences(deps.db, { personId: person.id, since: new Date(now.getTime() - yearMs) }),
    ]);
    const sum = balance.room + balance.online;
    return {
      balance: sum > 0 ? t('met.balance', balance) : null,
      hint: sum > 0 ? balanceHint(balance) : null,
      isNew: sum === 0,
      people: met.map((one) => ({
        name: nameOnLink(one),
        line: t(`met.${one.mode}`, {
          title: one.title,
          day: dayInWords(one.startsAt, one.timeZone, locale, now),
        }),
        times: one.times > 1 ? t('met.times', { count: one.times }) : null,
      })),
    };
  },
};

/** A word only where one of the two is missing: nobody is told how often she should come. */
function balanceHint({ room, online }: { room: number; online: number }): string | null {
  if (room === 0) return 'met.onlyOnline';
  return online === 0 ? 'met.onlyRoom' : null;
}
