import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import {
  asked,
  listQuestionAnswers,
  listQuestions,
  questionLimits,
  saveQuestionAnswers,
} from '../events/questions.ts';
import type { Translate } from '../web/i18n.ts';
import type { InvitationRow } from './page-queries.ts';
import { findInvitation, findRsvp } from './queries.ts';
import { last } from './schema.ts';

/** The coordinator's own questions on a member's page: asked once she has answered, never before. */

const answering: readonly (string | null)[] = ['going', 'maybe', 'waitlisted', 'offered'];

export type AskPanel = {
  action: string;
  title: string;
  /** Null where all is said: then the questions are folded away. */
  lead: string | null;
  summary: string;
  longest: number;
  questions: {
    name: string;
    label: string;
    kind: string;
    /** What can be chosen, with how it reads. */
    choices: { value: string; label: string }[];
    value: string;
    isNeeded: boolean;
  }[];
};

/** What she is asked beside her answer; null where there is nothing to ask or she does not come. */
export async function askPanel(
  db: Db,
  row: InvitationRow,
  { t, now, token }: { t: Translate; now: Date; token: string },
): Promise<AskPanel | null> {
  if (!row.asks || !answering.includes(row.rsvpState) || row.state !== 'published' || now >= row.endsAt)
    return null;
  const questions = asked(await listQuestions(db, row.id));
  if (questions.length === 0) return null;
  const said = await listQuestionAnswers(db, row.id, row.personId);
  const saidTo = (id: string) => said.find(({ questionId }) => questionId === id)?.value ?? '';
  const open = questions.filter(({ id }) => saidTo(id) === '');
  const needed = open.some(({ required }) => required);
  const lead = t(row.rsvpState === 'going' ? 'gather.ask.lead' : 'gather.ask.leadOther');
  const again = needed && said.length > 0 ? t('gather.ask.again', { name: row.host ?? 'none' }) : lead;
  return {
    action: `/r/${token}/questions`,
    title: t('gather.ask.title', { count: open.length || questions.length }),
    lead: open.length === 0 || (said.length > 0 && !needed) ? null : again,
    summary: t('gather.ask.change'),
    longest: questionLimits.answer,
    questions: questions.map((question) => ({
      name: fieldName(question.id),
      label: question.label,
      kind: question.kind,
      choices:
        question.kind === 'yes_no'
          ? (['yes', 'no'] as const).map((value) => ({ value, label: t(`gather.ask.${value}`) }))
          : question.choices.map((value) => ({ value, label: value })),
      value: saidTo(question.id),
      isNeeded: question.required && saidTo(question.id) === '',
    })),
  };
}

const fieldName = (questionId: string) => `q-${questionId}`;

/** Writes down what she says to the questions, where she comes or may come. */
export async function answerQuestions(
  deps: Pick<Deps, 'db' | 'clock'>,
  of: { eventId: string; personId: string },
  body: unknown,
): Promise<{ ok: boolean }> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    // An erasure that is under way takes her row first, and what she says then is not written any more.
    const person = await trx
      .selectFrom('people')
      .select('id')
      .where('id', '=', of.personId)
      .where('erasedAt', 'is', null)
      .forKeyShare()
      .executeTakeFirst();
    const invitation = person && (await findInvitation(trx, of.eventId, of.personId));
    const rsvp = invitation && (await findRsvp(trx, of.eventId, of.personId));
    if (!rsvp || !answering.includes(rsvp.state)) return { ok: false };
    const given = new Map<string, string>();
    for (const { id } of asked(await listQuestions(trx, of.eventId))) {
      const value = last(body, fieldName(id));
      if (value !== undefined) given.set(id, value);
    }
    await saveQuestionAnswers(trx, { ...of, chapterId: rsvp.chapterId, now }, given);
    return { ok: true };
  });
}
