import type { Db, Trx } from '../db/database.ts';
import { ask, prepared } from '../db/prepared.ts';
import type { Deps } from '../deps.ts';
import { recordConsent } from '../people/consents.ts';
import { lockLiving } from '../people/queries.ts';

/** What somebody tells of herself, and to whom. `contacts`: what an introduction gives, unless she chooses otherwise. */
export type Profile = {
  askMe: string;
  work: string;
  seeks: string;
  offers: string;
  website: string;
  visible: boolean;
  welcomes: boolean;
  contacts: string[];
};

/** In characters. */
export const limits = { askMe: 120, work: 120, seeks: 300, offers: 300, website: 200 } as const;
export const contactKinds = ['email', 'phone', 'website'] as const;

const nothing: Profile = {
  askMe: '',
  work: '',
  seeks: '',
  offers: '',
  website: '',
  visible: false,
  welcomes: false,
  contacts: [],
};

const profileOf = prepared<{ personId: string }>()((db, { personId }) =>
  db
    .selectFrom('profiles')
    .select(['askMe', 'work', 'seeks', 'offers', 'website', 'visible', 'welcomes', 'contacts'])
    .where('personId', '=', personId),
);

/** Her profile; an empty one where she has told nothing yet. */
export async function findProfile(db: Db, personId: string): Promise<Profile> {
  const [row] = await ask(db, profileOf.with({ personId }));
  return row ?? nothing;
}

/**
 * Keeps her profile, and each yes or no that it changes. To be seen no longer holds for all that was, too: her name is
 * taken back from every event; to be seen from now on holds for what has not ended.
 */
export async function saveProfile(
  deps: Pick<Deps, 'db' | 'clock'>,
  personId: string,
  profile: Profile,
): Promise<void> {
  const now = deps.clock();
  await deps.db.transaction().execute(async (trx) => {
    // Two windows of hers come one after the other.
    await trx.selectFrom('people').select('id').where('id', '=', personId).forNoKeyUpdate().execute();
    const before = await findProfile(trx, personId);
    await trx
      .insertInto('profiles')
      .values({ personId, ...profile, updatedAt: now })
      .onConflict((conflict) => conflict.column('personId').doUpdateSet({ ...profile, updatedAt: now }))
      .execute();
    const said = { personId, source: 'own_page', now } as const;
    if (before.visible !== profile.visible) {
      await recordConsent(trx, { ...said, what: 'visible', given: profile.visible });
      const open = trx.selectFrom('events').select('id').where('endsAt', '>', now);
      await trx
        .updateTable('invitations')
        .set({ visible: profile.visible })
        .where('personId', '=', personId)
        .$if(profile.visible, (update) => update.where('eventId', 'in', open))
        .execute();
    }
    if (before.welcomes !== profile.welcomes)
      await recordConsent(trx, { ...said, what: 'welcomes', given: profile.welcomes });
    if (before.contacts.toSorted().join() !== profile.contacts.toSorted().join()) {
      const { contacts } = profile;
      await recordConsent(trx, { ...said, what: 'contacts', given: contacts.length > 0, fields: contacts });
    }
  });
}

/** The lines that those who come with her may read, where she lets them see her name: no contact is among them. */
export const toldLines = ['askMe', 'work', 'seeks', 'offers'] as const;
export type ToldLines = Pick<Profile, (typeof toldLines)[number]>;

/**
 * Keeps these lines and leaves all else that she tells as it is.
 * @returns false where she has been erased meanwhile
 */
export async function saveLines(trx: Trx, personId: string, lines: ToldLines, now: Date): Promise<boolean> {
  if (!(await lockLiving(trx, personId))) return false;
  const { askMe, work, seeks, offers } = lines;
  const row = { askMe, work, seeks, offers, updatedAt: now };
  await trx
    .insertInto('profiles')
    .values({ personId, ...row })
    .onConflict((conflict) => conflict.column('personId').doUpdateSet(row))
    .execute();
  return true;
}
