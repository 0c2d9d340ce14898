import { topics } from '../web/links.ts';
import { listMailChoices } from './mail-choices.ts';
import type { OwnSection } from './section.ts';

/** Which mails she gets from whom; what arrives in any case is said beside it. */
export const mailsSection: OwnSection = {
  name: 'mails',

  async view({ deps, person, t }) {
    const chapters = await listMailChoices(deps.db, person.id);
    if (chapters.length === 0) return null;
    return {
      chapters: chapters.map(({ id, name, stopped }) => ({
        id,
        legend: t('own.mails.of', { chapter: name }),
        topics: topics.map((topic) => ({
          value: `${id}|${topic}`,
          label: t(`own.mails.topic.${topic}`),
          isWanted: !stopped.has(topic),
        })),
      })),
    };
  },
};
