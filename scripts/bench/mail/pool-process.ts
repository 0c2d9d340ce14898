import nodemailer from 'nodemailer';
import type { Dkim } from '../../../server/config.ts';

/**
 * nodemailer's own pool, without a database: the raw limit. Composing is part of it, as it is of ours. Forked with a
 * JSON argument; for each message `{ send: count }` it answers `{ seconds }`.
 */
export type PoolJob = {
  smtpUrl: string;
  connections: number;
  dkim: Dkim | null;
  mail: { subject: string; html: string; text: string; name: string };
};

const { smtpUrl, connections, dkim, mail } = JSON.parse(process.argv[2] ?? '') as PoolJob;
const { hostname, port } = new URL(smtpUrl);
const pool = nodemailer.createTransport({
  pool: true,
  host: hostname,
  port: Number(port),
  secure: false,
  ignoreTLS: true,
  maxConnections: connections,
  maxMessages: Number.POSITIVE_INFINITY,
  ...(dkim && { dkim: { domainName: dkim.domain, keySelector: dkim.selector, privateKey: dkim.key } }),
});

const personal = (text: string, name: string) => text.replaceAll(mail.name, name);

async function sendAll(count: number): Promise<number> {
  const before = performance.now();
  let next = 0;
  // As many writers as keep the pool busy, and not all mails in memory at once.
  const writer = async () => {
    while (next < count) {
      const number = next++;
      const name = `Socia${number}`;
      await pool.sendMail({
        from: { name: 'Anna · Rete di misura Bologna', address: 'ritrovo@localhost' },
        to: { name, address: `socia${number}@example.org` },
        replyTo: { name: 'Anna Ricci', address: 'anna@example.org' },
        subject: mail.subject,
        html: personal(mail.html, name),
        text: personal(mail.text, name),
        headers: {
          'List-ID': '"Rete di misura" <bologna.localhost>',
          'List-Unsubscribe': `<http://localhost:3000/u/${number}>`,
          'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
          'Auto-Submitted': 'auto-generated',
          'X-Ritrovo-Delivery': `${number}`,
          'X-Ritrovo-Kind': 'invitation',
        },
      });
    }
  };
  await Promise.all(Array.from({ length: connections * 4 }, writer));
  return (performance.now() - before) / 1000;
}

process.on('message', (message: { send: number }) => {
  void sendAll(message.send).then((seconds) => process.send?.({ seconds }));
});
process.on('disconnect', () => process.exit(0));
