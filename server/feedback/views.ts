import { nameOnLink } from '../rsvps/page-row.ts';
import { dayInWords } from '../web/dates.ts';
import type { AfterContext } from './section.ts';

/** Whose page it is, and what of. */
export function afterHead({ row, t, locale, now }: AfterContext) {
  return {
    name: nameOnLink(row),
    firstName: row.firstName,
    ownLinkUrl: `/e/${row.id}`,
    title: row.title,
    day: dayInWords(row.startsAt, row.timeZone, locale, now),
    closed: row.state === 'cancelled' ? t('after.cancelled') : t('after.notYet'),
  };
}
