import { randomUUID } from 'node:crypto';
import { systemClock } from '../../../server/clock.ts';
import type { Config } from '../../../server/config.ts';
import { composeMessage } from '../../../server/mail/message.ts';
import { openConnection, type SmtpConnection, SmtpUnavailableError } from '../../../server/mail/smtp.ts';
import { loadSecretKeys } from '../../../server/secrets.ts';
import { createLinks } from '../../../server/web/links.ts';
import { type Check, type Finding, lineOf } from './finding.ts';

const patience = { connect: 10_000, greeting: 10_000, reply: 20_000, acceptance: 60_000 };

/** The mail server: connecting, TLS, signing in, and on request one real mail. */
export const checkSmtp: Check = async function* (config, { mail }) {
  if (!config.smtpUrl) {
    yield {
      subject: 'smtp',
      state: 'look',
      says: 'SMTP_URL is not set: mails go to the local inbox and to nobody else',
    };
    return;
  }
  const url = new URL(config.smtpUrl);
  try {
    const connection = await openConnection(config.smtpUrl, { timeouts: patience });
    try {
      yield answers(url, connection.secure);
      if (mail) yield await sendOne(config, connection, mail);
    } finally {
      await connection.quit();
    }
  } catch (error) {
    if (!(error instanceof SmtpUnavailableError)) throw error;
    yield {
      subject: 'smtp',
      state: 'wrong',
      says: `${error.message}: ${adviceFor(error)}`,
    };
  }
};

function adviceFor({ code, message }: SmtpUnavailableError): string {
  return advice[/ECONNREFUSED/.test(message) ? 'ECONNECTION' : code] ?? 'look at SMTP_URL';
}

const advice: Record<string, string> = {
  EAUTH: 'user or password are not right, or the server offers no AUTH before TLS',
  EDNS: 'no such host: look at SMTP_URL',
  ECONNECTION: 'nothing listens there, or a firewall stands between (many providers close port 25)',
  ETIMEDOUT: 'no answer: a firewall may stand between (many providers close port 25)',
  ETLS: 'TLS failed: look at the certificate and the port (465 with smtps://, 587 with smtp://)',
  ESOCKET: 'the connection broke: TLS on a port that expects none, or the other way round?',
};

function answers(url: URL, secure: boolean): Finding {
  const how = `${url.hostname} answers${url.username ? ' and takes the password' : ''}`;
  const isLocal = /^(localhost|127\.|\[::1\])/.test(url.hostname);
  if (secure) return { subject: 'smtp', state: 'well', says: `${how}, over TLS` };
  if (isLocal) return { subject: 'smtp', state: 'well', says: `${how}, on this machine` };
  return {
    subject: 'smtp',
    state: 'look',
    says: `${how}, WITHOUT TLS: anybody on the way can read; use smtps://`,
  };
}

async function sendOne(config: Config, connection: SmtpConnection, to: string): Promise<Finding> {
  const links = createLinks(config.publicUrl, await loadSecretKeys(config));
  try {
    const { raw, envelope } = await composeMessage(
      {
        deliveryId: randomUUID(),
        kind: 'doctor',
        date: systemClock(),
        fromName: 'Ritrovo',
        to: { name: '', address: to },
        replyTo: null,
        subject: 'La posta di Ritrovo parte · Ritrovo can send',
        html: `<p>Questa prova è partita da ${config.publicUrl}: la posta funziona.</p><p>This trial left from there: mail works.</p>`,
        text: `Questa prova è partita da ${config.publicUrl}: la posta funziona.\n\nThis trial left from there: mail works.\n`,
        calendar: null,
        list: null,
      },
      { ...config, sign: links.sign },
    );
    const outcome = await connection.send(envelope, raw, async () => true);
    if (outcome.kind === 'sent') {
      const says = `one left to ${to} (${outcome.response}): look whether it lies in the spam folder`;
      return { subject: 'mail', state: 'well', says };
    }
    const said = 'response' in outcome ? outcome.response : 'the connection broke';
    return { subject: 'mail', state: 'wrong', says: `the server did not take it: ${said}` };
  } catch (error) {
    return { subject: 'mail', state: 'wrong', says: lineOf(error) };
  }
}
