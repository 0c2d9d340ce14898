import type { TestService } from '../support/app.ts';
import type { SinkMail } from '../support/smtp-sink.ts';
import { textOf } from './visitor.ts';

/** What somebody finds in her mailbox. */

export const kindOf = (mail: SinkMail) => mail.header('x-ritrovo-kind') ?? '';

/** Her mails, oldest first. */
export function mailsTo(service: TestService, address: string, kind?: string): SinkMail[] {
  return service.inbox.messagesTo(address).filter((mail) => !kind || kindOf(mail) === kind);
}

/** The last mail of a kind that reached her. */
export function lastMail(service: TestService, address: string, kind: string): SinkMail {
  const mail = mailsTo(service, address, kind).at(-1);
  if (mail) return mail;
  const others = mailsTo(service, address).map((other) => `${kindOf(other)}: ${other.header('subject')}`);
  throw new Error(`no ${kind} for ${address} among:\n${others.join('\n')}`);
}

export async function subjectOf(mail: SinkMail): Promise<string> {
  return (await mail.parsed()).subject ?? '';
}

/** The text part, in one line. */
export async function wordsOf(mail: SinkMail): Promise<string> {
  return ((await mail.parsed()).text ?? '').replace(/\s+/g, ' ').trim();
}

/** The links of a mail's HTML part: what they say, and where they lead. */
export async function linksOf(mail: SinkMail): Promise<{ label: string; url: string }[]> {
  const html = (await mail.parsed()).html || '';
  return [...html.matchAll(/<a\b[^>]*\shref="([^"]+)"[^>]*>([\s\S]*?)<\/a>/g)].map(
    ([, url = '', label = '']) => ({
      url: url.replaceAll('&amp;', '&'),
      label: textOf(label),
    }),
  );
}

/** Where the link or button that says this leads. */
export async function linkIn(mail: SinkMail, label: string): Promise<string> {
  const links = await linksOf(mail);
  const link = links.find((one) => one.label === label);
  if (link) return link.url;
  throw new Error(`no link "${label}" among ${links.map((one) => `"${one.label}"`).join(', ')}`);
}

/** The calendar part, unfolded, or null. */
export async function calendarIn(mail: SinkMail): Promise<string | null> {
  const { attachments } = await mail.parsed();
  const part = attachments.find(({ contentType }) => /^(text\/calendar|application\/ics)/.test(contentType));
  return part ? part.content.toString('utf8').replace(/\r\n[ \t]/g, '') : null;
}

/** Forgets nothing: says what came since the mark that it gave before. */
export function sinceNow(service: TestService): (kind?: string) => SinkMail[] {
  const seen = new Set(service.inbox.messages);
  return (kind) =>
    service.inbox.messages.filter((mail) => !seen.has(mail) && (!kind || kindOf(mail) === kind));
}

/** The addresses that mails went to, sorted. */
export const recipients = (mails: readonly SinkMail[]) => mails.map(({ to }) => to.toLowerCase()).sort();
