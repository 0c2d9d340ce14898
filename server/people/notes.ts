import { type Actor, audit } from '../audit.ts';
import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';

export const longestNote = 2000;

/** What the coordinators of some chapters wrote about somebody, the latest first. */
export async function listNotes(db: Db, personId: string, chapterIds: readonly string[]) {
  return db
    .selectFrom('personNotes as n')
    .leftJoin('people as author', (join) =>
      join.onRef('author.id', '=', 'n.authorId').on('author.erasedAt', 'is', null),
    )
    .select(['n.id', 'n.text', 'n.createdAt', 'n.chapterId', 'author.firstName', 'author.lastName'])
    .where('n.personId', '=', personId)
    .where('n.chapterId', 'in', [...chapterIds])
    .orderBy('n.id', 'desc')
    .limit(200)
    .execute();
}

type About = { personId: string; chapterId: string };

/** Writes a note down, for the coordinators of one chapter. The log names neither her nor what it says. */
export async function addNote(
  deps: Pick<Deps, 'db' | 'clock'>,
  { personId, chapterId, text, author }: About & { text: string; author: string },
): Promise<void> {
  const createdAt = deps.clock();
  await deps.db
    .insertInto('personNotes')
    .values({ personId, chapterId, authorId: author, text, createdAt })
    .execute();
}

/** Takes a note of one of some chapters away for good; the note is gone, that one was taken away stays known. */
export async function deleteNote(
  deps: Pick<Deps, 'db'>,
  of: { personId: string; chapterIds: readonly string[]; noteId: string; actor: Actor },
): Promise<boolean> {
  return deps.db.transaction().execute(async (trx) => {
    const gone = await trx
      .deleteFrom('personNotes')
      .where('id', '=', of.noteId)
      .where('personId', '=', of.personId)
      .where('chapterId', 'in', [...of.chapterIds])
      .returning('chapterId')
      .executeTakeFirst();
    if (!gone) return false;
    await audit(trx, {
      actor: of.actor,
      chapterId: gone.chapterId,
      action: 'note.deleted',
      subjectType: 'person',
      subjectId: of.personId,
    });
    return true;
  });
}
