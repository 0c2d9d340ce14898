import type { OwnSection } from '../own-page/section.ts';
import { findOwnFields, listEntries } from './queries.ts';
import { directoryFields } from './rules.ts';

/** "L'elenco del gruppo": listed or not, and with what, group by group. */
export const directorySection: OwnSection = {
  name: 'directory',

  async view({ deps, person, chapters, now, t }) {
    if (chapters.length === 0) return null;
    const [entries, own] = await Promise.all([
      listEntries(deps.db, person.id, now),
      findOwnFields(deps.db, person.id),
    ]);
    const values = { ...own, ask_me: own.askMe, photo: own.hasPhoto ? t('directory.own.photoThere') : null };
    return {
      chapters: chapters.map(({ id, name }) => {
        const entry = entries.find((one) => one.chapterId === id);
        return {
          id,
          legend: t('directory.title', { chapter: name }),
          isListed: entry !== undefined,
          fields: directoryFields.map((field) => ({
            field,
            label: t(`directory.field.${field}`),
            value: values[field] || t('directory.own.none'),
            isShown: entry?.fields.includes(field) ?? false,
          })),
          href: new URL(
            deps.links.directoryUrl({ personId: person.id, chapterId: id, linkEpoch: person.linkEpoch }),
          ).pathname,
        };
      }),
    };
  },
};
