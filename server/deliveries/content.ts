import { findHeldEntries } from '../calendar/held.ts';
import { speaksOfEntry } from '../calendar/rules.ts';
import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { withAfterwords } from '../followups/emails.ts';
import { findOrigins } from '../imports/origin.ts';
import { UndeliverableError } from '../mail/address.ts';
import { composeMessage } from '../mail/message.ts';
import { asTest, type MailSource, renderMail } from '../mail/render.ts';
import { unsubscribeName } from '../mail/return-path.ts';
import { isMailTemplate, type Mail, type MailVariables } from '../mail/variables.ts';
import { type MailFacts, mailOf } from '../mailings/emails.ts';
import { loadMailFacts } from '../mailings/facts.ts';
import { messageSource } from '../messages/context.ts';
import { type Locale, translator } from '../web/i18n.ts';
import { calendarOf } from './calendar.ts';
import { contextOf, loadMailContexts, type MailContext } from './context.ts';
import type { Claimed, Settlement } from './ledger.ts';
import type { Premises } from './recheck.ts';
import { setScene } from './scene.ts';
import { rehearse } from './service.ts';
import { findSource } from './texts.ts';

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

/** A claimed delivery, and all that its mail is written from. */
export type Loaded = { claim: Claimed; context: MailContext; facts: MailFacts };

/** Reads what some claimed deliveries are written from, in their order: each table is asked once for all of them. */
export async function loadMails(db: Db, claims: readonly Claimed[]): Promise<Loaded[]> {
  const contexts = await loadMailContexts(db, claims);
  const mails = claims.map((claim, index) => ({ claim, context: contexts[index] as MailContext }));
  const facts = await loadMailFacts(
    db,
    mails.map(({ claim, context }) => ({ context, now: claim.datedAt })),
  );
  const origins = await findOrigins(db, claims);
  const held = await findHeldEntries(
    db,
    mails.flatMap(({ claim: { id, personId, eventId }, context: { mailing, chapter } }) =>
      eventId && speaksOfEntry(mailing.template, chapter?.invitationInCalendar === true)
        ? [{ id, personId, eventId }]
        : [],
    ),
  );
  return mails.map(({ claim, context }, index) => {
    const origin = isTest(context.mailing) ? null : (origins.get(claim.id) ?? null);
    // What may have arrived already is repeated with the figures that it had.
    const said = claim.unknownCauses.length > 0 ? claim.said : null;
    const known = { origin, held: held.get(claim.id) ?? null };
    return { claim, context, facts: { ...(facts[index] as MailFacts), ...known, ...said } };
  });
}

/** Writes the mail of a claimed delivery, and notes what it was written from. */
export async function prepareMail(deps: Deps, { claim, context, facts }: Loaded): Promise<Prepared> {
  const address = context.person.email;
  if (!address || context.person.erasedAt) {
    return { ok: false, settlement: { kind: 'suppressed', reason: 'erased' } };
  }
  try {
    const written = isTest(context.mailing)
      ? await composeTest(deps, claim, context, address)
      : await composeMail(deps, claim, context, facts, address);
    const { message } = written;
    const { seatsLeft, queuePlace, elsewhere } = written.facts;
    return {
      ok: true,
      raw: message.raw,
      messageId: message.messageId,
      envelope: message.envelope,
      premises: {
        claim,
        mailing: context.mailing,
        message: context.message,
        address,
        addressHashes: deps.links.addressHashes(address),
        eventRevision: context.event?.event.revision ?? null,
        textId: written.textId,
        introduced: written.facts.introduction?.otherJson ?? null,
        afterwords: written.facts.afterwords?.json ?? null,
        pitchNotes: written.facts.pitchNotes?.json ?? null,
        told: written.facts.toldJson,
        entry: written.entry,
        standing: standingOf(context),
        said: seatsLeft === null && queuePlace === null ? null : { seatsLeft, queuePlace, elsewhere },
      },
    };
  } catch (error) {
    if (error instanceof UndeliverableError)
      return { ok: false, settlement: { kind: 'failed', response: error.message } };
    // A text that cannot be written holds up nobody else's mail. It is tried again, and seen at the desk.
    const response = `could not be written: ${(error as Error).message}`;
    return { ok: false, error, settlement: { kind: 'deferred', response } };
  }
}

/** A test shows what the mail would be: with an answer of hers where it speaks of one, and with words not saved yet. */
async function composeTest(deps: Deps, claim: Claimed, context: MailContext, address: string) {
  const { chapterId, eventId, template } = context.mailing;
  const compose = async (db: Db, shown: MailContext) => {
    const [facts] = await loadMailFacts(db, [{ context: shown, now: claim.datedAt }]);
    return composeMail({ ...deps, db }, claim, shown, facts as MailFacts, address);
  };
  if (!chapterId || !eventId || !isMailTemplate(template)) return compose(deps.db, context);
  return rehearse(deps.db, async (trx) => {
    const scene = { event: { id: eventId, chapterId }, personId: claim.personId };
    const data = await setScene(trx, deps, template, scene, claim.datedAt);
    const mailing = { ...context.mailing, data: { ...data, ...(context.mailing.data as object) } };
    const shown = await contextOf(trx, mailing, claim);
    // A link of hers that goes with the rest would lead nowhere.
    if (shown.event && !context.event?.invitation) shown.event.invitation = null;
    return compose(trx, shown);
  });
}

async function composeMail(
  deps: Writer & Pick<Deps, 'db'>,
  claim: Claimed,
  context: MailContext,
  facts: MailFacts,
  address: string,
) {
  const { mailing, person, chapter, network } = context;
  const { mail, locale } = writeMail(deps, context, facts, claim.datedAt);
  // What may have arrived already is repeated with the words that it had.
  const textId = claim.unknownCauses.length > 0 ? claim.textId : (mailing.textIds?.[locale] ?? null);
  const source = context.message
    ? messageSource(context.message, person)
    : (sourceOf(mailing) ?? (textId ? await findSource(deps.db, textId) : undefined));
  const written = renderMail(
    mail.template,
    locale,
    mail.variables as MailVariables[typeof mail.template],
    source && withAfterwords(mail.template, mail.variables, source),
  );
  const rendered = isTest(mailing) ? asTest(written, locale) : written;
  const fromName = senderName(context);
  const { unsubscribe } = mail.variables.links;
  const repeated = claim.unknownCauses.length > 0 ? claim.entry : null;
  const t = translator(locale, 'neutral');
  const calendar = isTest(mailing)
    ? null
    : calendarOf(deps, context, facts, { at: claim.datedAt, locale, fromName, t, repeated });
  const message = await composeMessage(
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
      calendar: calendar?.part ?? null,
      list:
        chapter && unsubscribe
          ? {
              slug: chapter.slug,
              name: `${network.name} · ${chapter.name}`,
              unsubscribeUrl: unsubscribe,
              unsubscribeMailto: mailtoOf(deps.config, unsubscribe),
            }
          : null,
    },
    {
      mailFrom: deps.config.mailFrom,
      bounceDomain: deps.config.bounceDomain,
      dkim: deps.config.dkim,
      sign: deps.links.sign,
    },
  );
  return { message, textId, facts, entry: calendar?.entry ?? null };
}

/** The answer that a mail about an event speaks of, as {@link Premises} has it. */
function standingOf({ event, mailing }: MailContext): string | null {
  if (!event || isTest(mailing)) return null;
  return event.rsvp ? `${event.rsvp.state} ${event.rsvp.mode}` : '';
}

/** Words that a coordinator sends herself before she saves them. */
function sourceOf(mailing: { data: unknown }): MailSource | undefined {
  return (mailing.data as { source?: MailSource }).source;
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
  const { mailing, person, chapter, network } = context;
  const asked = (mailing.data as { locale?: string }).locale;
  const locale = (asked ?? person.locale ?? chapter?.locale ?? network.locale) as Locale;
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

/** Leaving the list by mail: the token of the link is the subject (RFC 2369 section 3.2). */
function mailtoOf({ inbound, bounceDomain }: Writer['config'], unsubscribeUrl: string): string | null {
  if (!inbound || !bounceDomain) return null;
  const token = new URL(unsubscribeUrl).pathname.split('/').at(-1) ?? '';
  return `mailto:${unsubscribeName}@${bounceDomain}?subject=${encodeURIComponent(token)}`;
}

/** "Anna · Rete Bologna": a person signs, and the group is named. */
export function senderName({ chapter, coordinator, network }: MailContext): string {
  if (chapter?.senderName) return chapter.senderName;
  if (!chapter) return network.name;
  const group = `${network.name} ${chapter.name}`;
  return coordinator ? `${coordinator.firstName} · ${group}` : group;
}

function replyTo({ chapter, coordinator, message }: MailContext) {
  const isHerLetter = message?.isLetter && coordinator?.id === message.createdBy;
  const address = (isHerLetter && coordinator?.email) || (chapter?.replyTo ?? coordinator?.email);
  if (!address) return null;
  const name = coordinator
    ? `${coordinator.firstName} ${coordinator.lastName}`.trim()
    : (chapter?.name ?? '');
  return { name, address };
}
