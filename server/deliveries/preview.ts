import { randomUUID } from 'node:crypto';
import type { Deps } from '../deps.ts';
import { type RenderedMail, renderMail } from '../mail/render.ts';
import type { MailVariables } from '../mail/variables.ts';
import { loadMailFacts } from '../mailings/facts.ts';
import { writeMail } from './content.ts';
import { contextOf } from './context.ts';

/** A mail about an event as one person would get it now. Nothing is written down and nothing leaves. */
export async function previewMail(
  deps: Pick<Deps, 'db' | 'clock' | 'links' | 'config'>,
  of: {
    kind: string;
    template?: string;
    event: { id: string; chapterId: string };
    personId: string;
    data?: object;
  },
): Promise<RenderedMail> {
  const now = deps.clock();
  const mailing = {
    id: randomUUID(),
    chapterId: of.event.chapterId,
    eventId: of.event.id,
    kind: of.kind,
    template: of.template ?? of.kind,
    audience: null,
    personId: of.personId,
    cause: 'preview',
    ruleKey: null,
    exact: true,
    data: { ...of.data },
    dueAt: now,
    revision: 1,
    state: 'planned',
    reason: null,
    createdAt: now,
    startedAt: null,
    doneAt: null,
  };
  const context = await contextOf(deps.db, mailing, { personId: of.personId, eventId: of.event.id });
  const facts = await loadMailFacts(deps.db, context, now);
  const { mail, locale } = writeMail(deps, context, facts, now);
  return renderMail(mail.template, locale, mail.variables as MailVariables[typeof mail.template]);
}
