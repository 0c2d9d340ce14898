import type { Attachment, ParsedMail } from 'mailparser';
import { type CalendarReply, readReply } from '../calendar/reply.ts';

/** So many parts of a mail are looked at. */
const mostParts = 5;

/**
 * What a calendar writes back in this mail: the first part that can be read, or null where there is none. It lies in a
 * `multipart/alternative`, beside it as a file, or is the whole mail (RFC 6047 section 2).
 * @returns with the octets of the part
 */
export function calendarReplyIn(mail: ParsedMail): { reply: CalendarReply; content: Buffer } | null {
  for (const part of calendarParts(mail)) {
    const reading = readReply(part.content, methodOf(part));
    if (reading.ok) return { reply: reading.reply, content: part.content };
  }
  return null;
}

function calendarParts(mail: ParsedMail): Attachment[] {
  const isText = (part: Attachment) => part.contentType === 'text/calendar';
  const isFile = (part: Attachment) =>
    part.contentType === 'application/ics' ||
    (part.contentType === 'application/octet-stream' && /\.ics$/i.test(part.filename ?? ''));
  const texts = mail.attachments.filter(isText);
  // The file is a copy for those who do not know the other: where there is one, it says nothing of its own.
  return (texts.length > 0 ? texts : mail.attachments.filter(isFile)).slice(0, mostParts);
}

function methodOf(part: Attachment): string | null {
  const type = part.headers?.get('content-type');
  const parameters = typeof type === 'object' && 'params' in type ? type.params : undefined;
  const method = (parameters as Record<string, unknown> | undefined)?.method;
  return typeof method === 'string' ? method : null;
}
