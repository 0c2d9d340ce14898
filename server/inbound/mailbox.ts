import { isIP } from 'node:net';
import { ImapFlow, type ImapFlowOptions } from 'imapflow';

/** A mailbox at another server, opened over IMAP. */
export type Mailbox = {
  /** What nobody has read, oldest first, as UIDs. */
  unread(): Promise<number[]>;
  /** A message as it lies there; null where it is gone meanwhile, or larger than `largest` octets. */
  read(uid: number, largest: number): Promise<{ raw: Buffer } | { tooLarge: true } | null>;
  /** Marks it as read, and for a person's eye where nobody could take it. */
  mark(uid: number, forAPerson?: boolean): Promise<void>;
  /** Resolves when something new lies there, when the connection ends, or after `ms`. */
  news(ms: number): Promise<void>;
  readonly isOpen: boolean;
  /** Says goodbye, and waits two seconds for the answer at most. */
  close(): Promise<void>;
};

/** The mailbox is not at hand: no server, no TLS that we trust, no login, no such mailbox. Its text holds no password. */
export class MailboxError extends Error {}

type Read = { options: ImapFlowOptions; name: string; redact(text: string): string };

/**
 * Reads `imaps://user:password@host/INBOX`, which has a user; user and password are percent-encoded. Port 993, or 143 for `imap:`, which
 * goes on over STARTTLS, or not at all unless the server is on this machine. Query: `tls.rejectUnauthorized=false` for a
 * certificate that nobody vouches for.
 * @throws MailboxError whose text does not repeat the address
 */
export function readImapUrl(imapUrl: string): Read {
  const url = URL.parse(imapUrl);
  if (!url?.username)
    throw new MailboxError('INBOUND_IMAP_URL names no user: imaps://user:password@host/INBOX');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isLocal = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
  const secure = url.protocol === 'imaps:';
  const auth = { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) };
  const isTrusting = isLocal || url.searchParams.get('tls.rejectUnauthorized') === 'false';
  return {
    options: {
      host,
      port: url.port ? Number(url.port) : secure ? 993 : 143,
      secure,
      ...(!secure && !isLocal && { doSTARTTLS: true }),
      auth,
      tls: { rejectUnauthorized: !isTrusting },
      clientInfo: { name: 'Ritrovo' },
      // Its log lines name the user; ours do not.
      logger: false,
      connectionTimeout: 30_000,
      socketTimeout: 120_000,
      autoIdleDelay: 500,
      maxIdleTime: 240_000,
    },
    name: decodeURIComponent(url.pathname.slice(1)) || 'INBOX',
    redact: redactor(auth),
  };
}

function redactor({ user, pass }: { user: string; pass: string }): (text: string) => string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const secrets = [base64(`\0${user}\0${pass}`), base64(pass), pass].filter(Boolean);
  return (text) => secrets.reduce((clean, secret) => clean.replaceAll(secret, '…'), text).slice(0, 300);
}

/** @throws MailboxError */
export async function openMailbox(imapUrl: string): Promise<Mailbox> {
  const { options, name, redact } = readImapUrl(imapUrl);
  const client = new ImapFlow(options);
  let isOpen = true;
  let hasNews = false;
  let tell = () => {};
  const notice = () => {
    hasNews = true;
    tell();
  };
  client.on('exists', notice);
  client.on('error', () => {});
  client.on('close', () => {
    isOpen = false;
    notice();
  });
  const where = `${options.host}:${options.port}`;
  const saying = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      const { message, code, responseText } = error as Error & { code?: string; responseText?: string };
      throw new MailboxError(`${where}: ${redact(responseText || message || code || 'unknown')}`);
    }
  };
  try {
    await saying(client.connect());
    await saying(client.mailboxOpen(name));
  } catch (error) {
    client.close();
    throw error;
  }

  return {
    async unread() {
      hasNews = false;
      return (await saying(client.search({ seen: false }, { uid: true }))) || [];
    },
    async read(uid, largest) {
      const query = { size: true, source: { start: 0, maxLength: largest + 1 } };
      const message = await saying(client.fetchOne(String(uid), query, { uid: true }));
      if (!message || message.source === undefined) return null;
      return message.source.length > largest ? { tooLarge: true } : { raw: message.source };
    },
    async mark(uid, forAPerson = false) {
      const flags = ['\\Seen', ...(forAPerson ? ['\\Flagged'] : [])];
      const isMarked = await saying(client.messageFlagsAdd(String(uid), flags, { uid: true }));
      // It would be taken again and again.
      if (!isMarked) throw new MailboxError(`${where}: the mailbox lets nothing be marked as read`);
    },
    async news(ms) {
      if (hasNews || !isOpen) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, ms);
      tell = resolve;
      await promise;
      clearTimeout(timer);
    },
    get isOpen() {
      return isOpen;
    },
    async close() {
      const timer = setTimeout(() => client.close(), 2_000);
      await client.logout().catch(() => client.close());
      clearTimeout(timer);
    },
  };
}
