import { randomUUID } from 'node:crypto';
import type { Deps } from '../deps.ts';
import { withAfterwords } from '../followups/emails.ts';
import { type MailSource, type RenderedMail, renderMail } from '../mail/render.ts';
import type { MailTemplate, MailVariables } from '../mail/variables.ts';
import { loadMailFacts } from '../mailings/facts.ts';
import { messageSource } from '../messages/context.ts';
import type { Locale } from '../web/i18n.ts';
import { writeMail } from './content.ts';
import { contextOf } from './context.ts';
import { kindOf } from './scene.ts';
import { findSource, findTextIds } from './texts.ts';

/**
 * A mail as one person would get it now. Nothing is written down and nothing leaves.
 * @param of `source` in place of the words in use; `locale` in place of hers
 */
export async function previewMail(deps: Writing, of: Previewed): Promise<RenderedMail> {
  const { mail, locale, source } = await writeFor(deps, of);
  return renderMail(
    mail.template,
    locale,
    mail.variables as MailVariables[typeof mail.template],
    source && withAfterwords(mail.template, mail.variables, source),
  );
}

type Writing = Pick<Deps, 'db' | 'clock' | 'links' | 'config'>;
type Previewed = {
  template: MailTemplate;
  event: { id: string | null; chapterId: string };
  messageId?: string;
  personId: string;
  data?: object;
  source?: MailSource;
  locale?: Locale;
};

/** What such a mail is written from: its variables, its language, and the words in use in place of the template's. */
export async function writeFor(deps: Writing, of: Previewed) {
  const now = deps.clock();
  const { template, locale } = of;
  const { id: eventId, chapterId } = of.event;
  const mailing = {
    id: randomUUID(),
    chapterId,
    eventId,
    kind: kindOf(template),
    template,
    audience: null,
    personId: of.personId,
    cause: 'preview',
    ruleKey: null,
    exact: true,
    data: { ...of.data, ...(locale && { locale }) },
    dueAt: now,
    revision: 1,
    state: 'planned',
    reason: null,
    messageId: of.messageId ?? null,
    createdAt: now,
    startedAt: null,
    firstSentAt: null,
    doneAt: null,
    textIds: of.source ? null : await findTextIds(deps.db, { chapterId, eventId, template }),
  };
  const context = await contextOf(deps.db, mailing, { personId: of.personId, eventId, datedAt: now });
  const [facts] = await loadMailFacts(deps.db, [{ context, now }]);
  if (!facts) throw new Error('a mail without facts');
  const written = writeMail(deps, context, facts, now);
  const textId = mailing.textIds?.[written.locale];
  const own = context.message && messageSource(context.message, context.person);
  const source = of.source ?? own ?? (textId ? await findSource(deps.db, textId) : undefined);
  return { mail: written.mail, locale: written.locale, source };
}
