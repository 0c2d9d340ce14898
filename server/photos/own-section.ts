import type { OwnSection } from '../own-page/section.ts';
import { findOwnPhoto } from './service.ts';

/** Her photo: shown, put in the place of another, taken away. */
export const photoSection: OwnSection = {
  name: 'photo',

  async view({ deps, person }, refused) {
    const photo = await findOwnPhoto(deps.db, person.id);
    return { hasPhoto: photo !== null, problem: refused?.problems[0]?.message ?? null };
  },
};
