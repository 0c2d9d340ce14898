import { findRetention } from '../retention/settings.ts';
import { dateInWords } from '../web/dates.ts';
import { describeData } from './data-queries.ts';
import type { OwnContext, OwnSection } from './section.ts';

/** What we hold of her, where it came from and until when, with the ways to take it along, renew her link and be gone. */
export const dataSection: OwnSection = {
  name: 'data',

  async view(context) {
    const { deps, person, t } = context;
    const [data, keep] = await Promise.all([describeData(deps.db, person.id), findRetention(deps.db)]);
    return {
      came: [
        t(`own.data.source.${wordOf(person.source)}`, { when: day(context, person.createdAt) }),
        ...data.memberships.map(({ chapter, source, startsAt, endsAt }) =>
          t(endsAt && endsAt <= context.now ? 'own.data.belonged' : 'own.data.belongs', {
            chapter,
            how: t(`own.data.how.${wordOf(source)}`),
            since: day(context, startsAt),
            until: endsAt ? day(context, endsAt) : '',
          }),
        ),
        ...data.invited.map(({ chapter, source, count }) =>
          t('own.data.invited', { chapter, count, how: t(`own.data.how.${wordOf(source)}`) }),
        ),
      ],
      counts: [
        t('own.data.count.events', { count: data.events }),
        t('own.data.count.answers', { count: data.answers }),
        t('own.data.count.present', { count: data.present }),
        t('own.data.count.mails', { count: data.mails }),
      ],
      formerAddresses: data.formerAddresses,
      kept: [
        t('own.data.keep.notes', { days: keep.keepNotesDays }),
        t('own.data.keep.delivery', { months: keep.keepDeliveryMonths }),
        t('own.data.keep.answers', { months: keep.keepAnswersMonths }),
        t('own.data.keep.logs', { days: keep.keepLogsDays }),
        t('own.data.keep.rest'),
      ],
      hasAddress: person.email !== null,
    };
  },
};

const known = new Set(['import', 'coordinator', 'link', 'public', 'walk_in', 'member', 'api', 'host']);

/** The words for where something came from; a way that a later version brings says no more than that we have it. */
function wordOf(source: string): string {
  return known.has(source) ? source : 'other';
}

const day = ({ locale, chapters }: OwnContext, at: Date) =>
  dateInWords(at, chapters[0]?.timeZone ?? 'Europe/Rome', locale);
