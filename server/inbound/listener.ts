import type { AddressInfo } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import type { Deps } from '../deps.ts';
import { isOurs } from './recipient.ts';
import { TryLater } from './replies.ts';
import { largest } from './rules.ts';
import { type Needs, takeIn } from './service.ts';

export type Listener = { port: number; close(): Promise<void> };

/**
 * Takes mail for the domain of bounces and for the address that our mails come from, where calendars answer, and for nobody
 * else: it relays nothing, asks for no credentials and answers nobody. A mail is acknowledged when what it says is written
 * down; where the database is away, or DNS that has to say whose it is, the other server is asked to come again. A letter
 * is refused in words, since nobody would read it: whoever wrote it hears so from her own server.
 * @param port 0 for any that is free
 */
export async function startListener(
  deps: Needs & Pick<Deps, 'figures'>,
  log: FastifyBaseLogger,
  { port, host }: { port: number; host: string },
): Promise<Listener> {
  const domain = deps.config.bounceDomain?.toLowerCase();
  const server = new SMTPServer({
    banner: 'Ritrovo',
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: largest,
    maxClients: 50,
    socketTimeout: 60_000,
    onRcptTo(address, _session, callback) {
      const [, given] = address.address.toLowerCase().split('@');
      if (given === domain || isOurs(address.address, deps.config.mailFrom)) return callback();
      callback(reply(550, '5.7.1 this server takes no mail for that address'));
    },
    onData(stream, session, callback) {
      void receive(stream, session).then(
        () => callback(null, '2.0.0 taken'),
        (error: unknown) => callback(error as Error),
      );
    },
  });
  server.on('error', (error) => log.warn({ err: error }, 'the mail listener lost a connection'));

  async function receive(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      // What is too large is read to its end and not kept.
      if (bytes <= largest) chunks.push(chunk);
    }
    if (bytes > largest) throw reply(552, '5.3.4 too large for a report');
    const raw = Buffer.concat(chunks);
    const { mailFrom, rcptTo } = session.envelope;
    const from = mailFrom ? mailFrom.address : '';
    let isLetter = false;
    for (const { address } of rcptTo) {
      try {
        const taken = await takeIn(deps, { from, to: address }, raw);
        deps.figures.tookIn(taken);
        log.info({ taken }, 'a mail came in');
        isLetter ||= taken === 'letter';
      } catch (error) {
        if (error instanceof TryLater) {
          log.warn({ reason: error.message }, 'a mail that came in has to come again');
          throw reply(451, '4.4.3 DNS does not answer, try again later');
        }
        log.error({ err: error }, 'a mail that came in could not be taken');
        throw reply(451, '4.3.0 try again later');
      }
    }
    if (isLetter) throw reply(550, noReader);
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

const noReader =
  '5.7.1 nobody reads letters to this address: please answer our mail, which goes to the person who signed it';

function reply(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode });
}
