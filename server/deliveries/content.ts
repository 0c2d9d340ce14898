import type { Deps } from '../deps.ts';
import { composeMessage } from '../mail/message.ts';
import { asTest, renderMail } from '../mail/render.ts';
import type { Mail, MailVariables } from '../mail/variables.ts';
import { type MailFacts, mailOf } from '../mailings/emails.ts';
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
  | { ok: false; settlement: Settlement; error?: unknown };

type Writer = Pick<Deps, 'links' | 'config'>;

/** Writes the mail of a claimed delivery from the rows as they stand, and notes what it was written from. */
export async function prepareMail(deps: Deps, claim: Claimed): Promise<Prepared> {
  const context = await loadMailContext(deps.db, claim);
  const address = context.person.email;
  if (!address || context.person.erasedAt) {
    return { ok: false, settlement: { kind: 'suppressed', reason: 'erased' } };
  }
  const facts = await loadMailFacts(deps.db, context, claim.datedAt);
  try {
    const message = await composeMail(deps, claim, context, facts, address);
    return {
      ok: true,
      raw: message.raw,
      messageId: message.messageId,
      envelope: { from: message.envelope.from, to: address },
      premises: {
        claim,
        mailing: context.mailing,
        address,
        addressHashes: deps.links.addressHashes(address),
        eventRevision: context.event?.event.revision ?? null,
      },
    };
  } catch (error) {
    // A text that cannot be written holds up nobody else's mail. It is tried again, and seen at the desk.
    const response = `could not be written: ${(error as Error).message}`;
    return { ok: false, error, settlement: { kind: 'deferred', response } };
  }
}

async function composeMail(
  deps: Writer,
  claim: Claimed,
  context: MailContext,
  facts: MailFacts,
  address: string,
) {
  const { mailing, person, chapter, network } = context;
  const { mail, locale } = writeMail(deps, context, facts, claim.datedAt);
  const written = renderMail(mail.template, locale, mail.variables as MailVariables[typeof mail.template]);
  const rendered = isTest(mailing) ? asTest(written, locale) : written;
  const fromName = senderName(context);
  const { unsubscribe } = mail.variables.links;
  return composeMessage(
    {
      deliveryId: claim.id,
      kind: mailing.kind,
      date: claim.datedAt,
      fromName,
      to: { name: `${person.firstName} ${person.lastName}`.trim(), address },
      replyTo: replyTo(context),
      subject: rendered.subject,
      html: rendered.html,
      text: rendered.text,
      calendar: calendarOf(deps, context, facts, { at: claim.datedAt, locale, fromName }),
      list:
        chapter && unsubscribe
          ? { slug: chapter.slug, name: `${network.name} · ${chapter.name}`, unsubscribeUrl: unsubscribe }
          : null,
    },
    {
      mailFrom: deps.config.mailFrom,
      bounceDomain: deps.config.bounceDomain,
      dkim: deps.config.dkim,
      sign: deps.links.sign,
    },
  );
}

/** Whether a coordinator sent this one to herself, to see what it will look like. */
export function isTest(mailing: { data: unknown }): boolean {
  return (mailing.data as { test?: boolean }).test === true;
}

/** The mail's template and variables, in the reader's language; times in words are said as of `now`. */
export function writeMail(
  deps: Writer,
  context: MailContext,
  facts: MailFacts,
  now: Date,
): { mail: Mail; locale: Locale } {
  const { person, chapter, network } = context;
  const locale = (person.locale ?? chapter?.locale ?? network.locale) as Locale;
  const mail = mailOf({
    context,
    facts,
    links: deps.links,
    locale,
    t: translator(locale, 'neutral'),
    now,
    inbound: deps.config.inbound,
  });
  return { mail, locale };
}

/** "Anna · Rete Bologna": a person signs, and the group is named. */
export function senderName({ chapter, coordinator, network }: MailContext): string {
  if (chapter?.senderName) return chapter.senderName;
  if (!chapter) return network.name;
  const group = `${network.name} ${chapter.name}`;
  return coordinator ? `${coordinator.firstName} · ${group}` : group;
}

function replyTo({ chapter, coordinator }: MailContext) {
  const address = chapter?.replyTo ?? coordinator?.email;
  if (!address) return null;
  const name = coordinator
    ? `${coordinator.firstName} ${coordinator.lastName}`.trim()
    : (chapter?.name ?? '');
  return { name, address };
}
