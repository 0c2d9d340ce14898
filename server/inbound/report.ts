import type { Attachment, ParsedMail } from 'mailparser';
import { isAutomatic } from './automatic.ts';

/** What a mail that came in reports about one that we had sent. */
export type Report =
  /** RFC 3464. `status` as `5.1.1` (RFC 3463), null where the report names none; `said` is the other server's answer. */
  | { kind: 'bounce'; status: string | null; said: string | null }
  /** It is still being tried, or was handed on: nothing has failed. */
  | { kind: 'progress' }
  /** RFC 5965: somebody marked it as spam. `returnPath`: where our mail had come from, as the report repeats it. */
  | { kind: 'complaint'; returnPath: string | null }
  /** Another machine's words, such as a holiday notice, or our own mail come back: nobody to answer to. */
  | { kind: 'auto_reply' }
  /** A letter, which somebody may have written. */
  | { kind: 'other' };

/**
 * @param mail as `simpleParser` reads it with `keepDeliveryStatus: true`
 * @param envelopeFrom the envelope's sender, empty for the null one; null where the envelope is gone
 */
export function readReport(mail: ParsedMail, envelopeFrom: string | null): Report {
  const feedback = partOf(mail, 'message/feedback-report');
  if (feedback) return readComplaint(mail, feedback);
  const status = partOf(mail, 'message/delivery-status') ?? partOf(mail, 'message/global-delivery-status');
  if (status) return readStatus(fieldGroups(status.content.toString('utf8')));
  return readPlainBounce(mail) ?? { kind: isAutomatic(mail, envelopeFrom) ? 'auto_reply' : 'other' };
}

/** Each recipient has a group of fields after the message's own; our mails have one recipient. */
function readStatus(groups: readonly ReadonlyMap<string, string>[]): Report {
  const recipients = groups.filter((group) => group.has('action') || group.has('status'));
  const failed = recipients.find((group) => /^failed/i.test(group.get('action') ?? ''));
  const named = failed ?? recipients.find((group) => /^5\./.test(statusOf(group) ?? ''));
  if (!named) return { kind: 'progress' };
  const said = named.get('diagnostic-code')?.replace(/^[\w-]+;\s*/, '') ?? null;
  const status = statusOf(named);
  // Exim writes 5.0.0 whatever happened.
  const isVague = status === null || /^[45]\.0\.0$/.test(status);
  return { kind: 'bounce', status: (isVague && statusIn(said)) || status, said };
}

function statusOf(group: ReadonlyMap<string, string>): string | null {
  return statusIn(group.get('status') ?? null);
}

function statusIn(text: string | null): string | null {
  // Four numbers are an address of the internet.
  return /(?<![\w.])[245]\.\d{1,3}\.\d{1,3}(?![\w]|\.\d)/.exec(text ?? '')?.[0] ?? null;
}

/** A bounce that is no report: qmail's, and those of servers that write a letter. Only the null sender writes them. */
function readPlainBounce(mail: ParsedMail): Report | null {
  const from = mail.from?.value[0]?.address ?? '';
  const subject = mail.subject ?? '';
  const isBounce =
    /^(mailer-daemon|postmaster)@/i.test(from) &&
    /undeliver|deliver(y|ed)|fail(ure|ed)|returned mail|rejected|non recapitat/i.test(subject);
  if (!isBounce) return null;
  const text = mail.text ?? '';
  if (/delayed|will (be )?(keep trying|retr)/i.test(`${subject} ${text.slice(0, 2000)}`))
    return { kind: 'progress' };
  const line = text.split('\n').find((one) => /\b5\d\d[ -]|\b5\.\d{1,3}\.\d{1,3}\b/.test(one));
  if (line === undefined) return null;
  return { kind: 'bounce', status: statusIn(line), said: line.trim() };
}

function readComplaint(mail: ParsedMail, feedback: Attachment): Report {
  const [fields] = fieldGroups(feedback.content.toString('utf8'));
  const original = partOf(mail, 'message/rfc822') ?? partOf(mail, 'text/rfc822-headers');
  const head = original ? fieldGroups(original.content.toString('utf8'))[0] : undefined;
  const from = fields?.get('original-mail-from') ?? head?.get('return-path') ?? null;
  return { kind: 'complaint', returnPath: from?.replace(/^.*<|>.*$/g, '').trim() || null };
}

function partOf(mail: ParsedMail, type: string): Attachment | undefined {
  return mail.attachments.find((part) => part.contentType === type);
}

/** Groups of `Name: value` lines, unfolded, with empty lines between the groups. Names in lower case. */
function fieldGroups(text: string): Map<string, string>[] {
  return text
    .replace(/\r\n?/g, '\n')
    .split(/\n\s*\n/)
    .map((block) => {
      const fields = new Map<string, string>();
      for (const line of block.replace(/\n[ \t]+/g, ' ').split('\n')) {
        const [, name, value] = /^([\w-]+):\s*(.*)$/.exec(line) ?? [];
        if (name && value !== undefined && !fields.has(name.toLowerCase()))
          fields.set(name.toLowerCase(), value);
      }
      return fields;
    })
    .filter((fields) => fields.size > 0);
}
