import { isIP } from 'node:net';
import { parseConnectionUrl } from 'nodemailer/lib/shared';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';

/** In milliseconds. */
export type SmtpTimeouts = {
  /** For name lookup, connecting and TLS. */
  connect?: number;
  greeting?: number;
  /** For each reply up to the 354, `beforeBody` included. */
  reply?: number;
  /** For the reply to the final dot. */
  acceptance?: number;
};

export type SmtpSettings = {
  auth: { user: string; pass: string } | null;
  settings: SMTPConnection.Options & { host: string };
  acceptanceTimeout: number;
  /** Takes the password, plain or as AUTH sends it, out of a text. */
  redact: (text: string) => string;
};

const MINUTE = 60_000;

/**
 * Reads `smtp://user:password@host:587/?requireTLS=true`. Port 587, or 465 for `smtps:`. User and password are
 * percent-encoded. Query: `name` (of this machine, for EHLO), `requireTLS`, `ignoreTLS`, `opportunisticTLS`,
 * `localAddress`, `servername`, and `tls.…` for Node's TLS options, such as `tls.rejectUnauthorized=false`.
 * @throws Error whose text does not repeat the address
 */
export function readSmtpUrl(smtpUrl: string, timeouts: SmtpTimeouts = {}): SmtpSettings {
  const protocol = URL.parse(smtpUrl)?.protocol;
  if (protocol !== 'smtp:' && protocol !== 'smtps:') throw new Error('Not an smtp:// or smtps:// address');
  const url = parseConnectionUrl(smtpUrl);
  const host = url.host ?? 'localhost';
  const flag = (value: unknown) => value === true || value === 1;
  const text = (value: unknown) => (value === undefined ? undefined : String(value));
  const settings = {
    host,
    port: url.port,
    secure: protocol === 'smtps:',
    name: text(url.name),
    requireTLS: flag(url.requireTLS),
    ignoreTLS: flag(url.ignoreTLS),
    opportunisticTLS: flag(url.opportunisticTLS),
    localAddress: text(url.localAddress),
    servername: text(url.servername),
    // A relay on this machine has a certificate of its own making, and nobody stands in between.
    tls: { ...(isLoopback(host) && { rejectUnauthorized: false }), ...url.tls },
    connectionTimeout: timeouts.connect ?? MINUTE / 2,
    dnsTimeout: timeouts.connect ?? MINUTE / 2,
    greetingTimeout: timeouts.greeting ?? MINUTE / 2,
    socketTimeout: timeouts.reply ?? 5 * MINUTE,
    // close() cuts: what is withheld must not linger half-open.
    socketCloseTimeout: 0,
    // Its log lines name the user; ours do not.
    logger: false,
  };
  const auth = url.auth?.user ? { user: String(url.auth.user), pass: String(url.auth.pass ?? '') } : null;
  return { auth, settings, acceptanceTimeout: timeouts.acceptance ?? 10 * MINUTE, redact: redactor(auth) };
}

function redactor(auth: { user: string; pass: string } | null): (text: string) => string {
  if (!auth?.pass) return (text) => text;
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const secrets = [base64(`\0${auth.user}\0${auth.pass}`), base64(auth.pass), auth.pass];
  return (text) => secrets.reduce((clean, secret) => clean.replaceAll(secret, '…'), text);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
