import type { OwnSection } from '../own-page/section.ts';
import { listOwnIntroductions } from './queries.ts';
import { introductionView } from './views.ts';

/** "Le tue presentazioni": to whom she was introduced, and what waits for her yes. */
export const introductionsSection: OwnSection = {
  name: 'introductions',

  async view({ deps, person, t, locale, now }) {
    const rows = await listOwnIntroductions(deps.db, { personId: person.id });
    const introductions = rows.map((row) => ({
      ...introductionView(row, { t, locale, now }),
      href: new URL(
        deps.links.introductionUrl({
          introductionId: row.id,
          personId: person.id,
          linkEpoch: person.linkEpoch,
        }),
      ).pathname,
    }));
    return {
      waiting: introductions.filter(({ standing }) => standing === 'asked' || standing === 'waiting'),
      told: introductions.filter(({ standing }) => standing === 'told'),
    };
  },
};
