import { fieldOf } from '../desk/page.ts';
import { letBeInPhotos, letBeSeen } from '../people/consents.ts';
import { findPresence } from './queries.ts';
import type { AfterContext, Section } from './section.ts';

const of = ({ row }: AfterContext) => ({ eventId: row.id, personId: row.personId });

/** Whether those who were there may see her name, and whether she may be named in a photo: asked, never supposed. */
export const consentSection: Section = {
  name: 'consents',

  async view(context, typed) {
    const { deps, row } = context;
    if (!(await findPresence(deps.db, of(context)))) return null;
    const photos = typed
      ? fieldOf(typed, 'photos')
      : row.inPhotos === null
        ? ''
        : row.inPhotos
          ? 'yes'
          : 'no';
    return {
      isVisible: typed ? fieldOf(typed, 'named') === 'yes' : row.visible === true,
      photos,
    };
  },

  async save(trx, context, body) {
    const { row, now } = context;
    if (!(await findPresence(trx, of(context)))) return;
    const whose = { ...of(context), chapterId: row.chapterId, source: 'feedback', now } as const;
    // A hidden "no" stands before the box: a form without either says nothing.
    const named = fieldOf(body, 'named');
    if (named === 'yes' || named === 'no') await letBeSeen(trx, { ...whose, visible: named === 'yes' });
    const photos = fieldOf(body, 'photos');
    if (photos === 'yes' || photos === 'no') await letBeInPhotos(trx, { ...whose, given: photos === 'yes' });
  },
};
