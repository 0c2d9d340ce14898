import type { OwnSection } from './section.ts';

/** The address of her own calendar, what it holds, and the way to another address. */
export const calendarSection: OwnSection = {
  name: 'calendar',

  async view({ deps, person }) {
    const { id: personId, linkEpoch, feedEpoch } = person;
    const url = deps.links.feedUrl({ personId, linkEpoch, feedEpoch });
    return { url, subscribeUrl: url.replace(/^https?:/, 'webcal:') };
  },
};
