import { type Actor, audit } from '../audit.ts';
import type { Deps } from '../deps.ts';
import { flagDatesOf } from '../series/flags.ts';

/** What a chapter decides for itself. Null: as the network does, or as follows from who coordinates. */
export type ChapterSettings = {
  name: string;
  accentColour: string;
  senderName: string | null;
  replyTo: string | null;
  timeZone: string;
  locale: string;
  form: string | null;
  /** Whether invitations leave as calendar entries that ask; left out where nothing is said about it. */
  invitationInCalendar?: boolean;
  /** Whose public holidays it keeps (ISO 3166-1); null: none. */
  holidayCountry: string | null;
  /** One of that country's regions with holidays of its own. */
  holidayRegion: string | null;
};

/** Saves what a chapter decides for itself. What was planned keeps its moment; what is planned from now on follows. */
export async function saveSettings(
  deps: Pick<Deps, 'db' | 'clock'>,
  chapterId: string,
  settings: Partial<ChapterSettings>,
  actor: Actor,
): Promise<void> {
  await deps.db.transaction().execute(async (trx) => {
    await trx.updateTable('chapters').set(settings).where('id', '=', chapterId).execute();
    await flagDatesOf(trx, chapterId, deps.clock());
    await audit(trx, {
      actor,
      chapterId,
      action: 'chapter.changed',
      subjectType: 'chapter',
      subjectId: chapterId,
    });
  });
}

/** A page's worth of words, and no book. */
export const longestJoiningText = 10_000;

/** Saves how one joins the chapter, in its own words; null: in the product's. */
export async function saveJoining(
  deps: Pick<Deps, 'db'>,
  chapterId: string,
  words: { joinIt: string | null; joinEn: string | null },
  actor: Actor,
): Promise<void> {
  await deps.db.transaction().execute(async (trx) => {
    await trx.updateTable('chapters').set(words).where('id', '=', chapterId).execute();
    await audit(trx, {
      actor,
      chapterId,
      action: 'chapter.joining_changed',
      subjectType: 'chapter',
      subjectId: chapterId,
    });
  });
}
