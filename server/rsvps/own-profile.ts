import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { findProfile, saveLines, type ToldLines, toldLines } from '../own-page/profile.ts';
import { problemsOf, profileFields, readProfile } from '../own-page/profile-section.ts';
import { letBeSeen } from '../people/consents.ts';
import type { Translate } from '../web/i18n.ts';
import type { InvitationRow } from './page-queries.ts';
import { last } from './schema.ts';

/** What she tells of herself to those who come as well, on the page where she has said yes. Its link may be passed on: no contact stands here. */

type Field = ReturnType<typeof profileFields>[number];

export type ProfilePanel = {
  action: string;
  /** "Chiedimi di…" */
  first: Field;
  more: { fields: Field[]; unfolded: boolean };
  isVisible: boolean;
  /** She has told something before: then the form is folded away under what it says. */
  isTold: boolean;
  unfolded: boolean;
};

export type ProfileProblem = { field: string; message: string };

/** Null where she does not come, or nobody can any more. @param typed a form that was refused, to be shown again */
export async function profilePanel(
  db: Db,
  row: InvitationRow,
  { t, now, token }: { t: Translate; now: Date; token: string },
  refused: { problems: readonly ProfileProblem[]; typed: unknown } | null,
): Promise<ProfilePanel | null> {
  const said = row.rsvpState === 'going' || row.rsvpState === 'waitlisted';
  if (!said || row.state !== 'published' || now >= row.endsAt) return null;
  const kept = await findProfile(db, row.personId);
  const lines: ToldLines = refused ? readProfile(refused.typed).profile : kept;
  const problems = refused ? [...refused.problems] : [];
  const [first, ...more] = profileFields(toldLines, lines, problems, t);
  return {
    action: `/r/${token}/profile`,
    first: first as Field,
    more: { fields: more, unfolded: more.some(({ value, problem }) => value !== '' || problem !== null) },
    isVisible: refused ? last(refused.typed, 'visible') === '1' : row.visible,
    isTold: toldLines.some((name) => kept[name] !== ''),
    unfolded: refused !== null,
  };
}

/**
 * Keeps what she tells and whether those who come to this event may see her name, or nothing of it.
 * @returns what is wrong with her form, in words for her
 */
export async function saveProfileAtAnswer(
  deps: Pick<Deps, 'db' | 'clock'>,
  row: InvitationRow,
  body: unknown,
  t: Translate,
): Promise<ProfileProblem[]> {
  const { profile, tooLong } = readProfile(body);
  const problems = problemsOf(
    { tooLong: tooLong.filter((field) => field !== 'website'), isNoSite: false },
    t,
  );
  if (problems.length > 0) return problems;
  const now = deps.clock();
  const visible = last(body, 'visible');
  const of = { eventId: row.id, personId: row.personId, chapterId: row.chapterId };
  await deps.db.transaction().execute(async (trx) => {
    const saved = await saveLines(trx, row.personId, profile, now);
    // A hidden 0 stands before the box: a form without either says nothing.
    if (saved && visible !== undefined)
      await letBeSeen(trx, { ...of, visible: visible === '1', source: 'answer', now });
  });
  return [];
}
