import type { Deps } from '../deps.ts';
import { composeMessage } from '../mail/message.ts';
import { renderMail } from '../mail/render.ts';
import type { Mail, MailVariables } from '../mail/variables.ts';
import { mailOf } from '../mailings/emails.ts';
import { loadMailFacts } from '../mailings/facts.ts';
import { type Locale, translator } from '../web/i18n.ts';
import { calendarOf } from './calendar.ts';
import { loadMailContext, type MailContext } from './context.ts';
import type { Claimed, Settlement } from './ledger.ts';
import type { Premises } from './recheck.ts';

export type Prepared =
  | {
      ok: true;
      raw: Buffer;
      messageId: string;
      envelope: { from: string; to: string };
      premises: Premises;
    }
  | { ok: false; settlement: Settlement };

/** Writes the mail of a claimed delivery from the rows as they stand, and notes what it was written from. */
export async function prepareMail(deps: Deps, claim: Claimed): Promise<Prepared> {
  const context = await loadMailContext(deps.db, claim);
  const { mailing, person, chapter, network } = context;
  if (!person.email || person.erasedAt) return { ok: false, settlement: { kind: 'suppressed', reason: 'erased' } };

  const { mail, locale } = await writeMail(deps, context, claim.datedAt);
  const rendered = renderMail(mail.template, locale, mail.variables as MailVariables[typeof mail.template]);
  const { config, links } = deps;
  const message = await composeMessage(
    {
      deliveryId: claim.id,
      kind: mailing.kind,
      date: claim.datedAt,
      fromName: senderName(context),
      to: { name: `${person.firstName} ${person.lastName}`.trim(), address: person.email },
      replyTo: replyTo(context),
      subject: rendered.subject,
      html: rendered.html,
      text: rendered.text,
      calendar: calendarOf(deps, context, claim.datedAt),
      list:
        chapter && mail.variables.links.unsubscribe
          ? {
              slug: chapter.slug,
              name: `${network.name} · ${chapter.name}`,
              unsubscribeUrl: mail.variables.links.unsubscribe,
            }
          : null,
    },
    { mailFrom: config.mailFrom, bounceDomain: config.bounceDomain, dkim: config.dkim, sign: links.sign },
  );
  return {
    ok: true,
    raw: message.raw,
    messageId: message.messageId,
    envelope: { from: message.envelope.from, to: person.email },
    premises: {
      claim,
      mailing,
      address: person.email,
      addressHashes: links.addressHashes(person.email),
      eventRevision: context.event?.event.revision ?? null,
    },
  };
}

/** The mail's template and variables, in the reader's language; times in words are said as of `now`. */
export async function writeMail(
  deps: Pick<Deps, 'db' | 'links' | 'config'>,
  context: MailContext,
  now: Date,
): Promise<{ mail: Mail; locale: Locale }> {
  const { person, chapter, network } = context;
  const locale = (person.locale ?? chapter?.locale ?? network.locale) as Locale;
  const mail = mailOf({
    context,
    facts: await loadMailFacts(deps.db, context, now),
    links: deps.links,
    locale,
    t: translator(locale, 'neutral'),
    now,
    inbound: deps.config.inbound,
  });
  return { mail, locale };
}

/** "Anna · Bologna": a person signs, and the group is named. */
export function senderName({ chapter, coordinator, network }: MailContext): string {
  if (chapter?.senderName) return chapter.senderName;
  if (!chapter) return network.name;
  return coordinator ? `${coordinator.firstName} · ${network.name} ${chapter.name}` : `${network.name} ${chapter.name}`;
}

function replyTo({ chapter, coordinator }: MailContext) {
  const address = chapter?.replyTo ?? coordinator?.email;
  if (!address) return null;
  const name = coordinator ? `${coordinator.firstName} ${coordinator.lastName}`.trim() : (chapter?.name ?? '');
  return { name, address };
}
