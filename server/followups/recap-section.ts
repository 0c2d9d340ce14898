import type { Section } from '../feedback/section.ts';
import { listRecap } from './afterwords.ts';

/** Photos and links that the coordinator added: to be seen, with nothing to say. */
export const recapSection: Section = {
  name: 'recap',
  sends: true,

  async view({ deps, row, t, locale }) {
    const links = await listRecap(deps.db, row.id);
    if (links.length === 0) return null;
    const listed = new Intl.ListFormat(locale);
    return {
      links: links.map(({ title, url, seen }) => ({
        title,
        url,
        note: seen.length > 0 ? t('followup.mail.seen', { names: listed.format(seen) }) : null,
      })),
    };
  },
};
