import type { AddressInfo } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';

/** A real SMTP server whose inbox a test can read, and that can be told to have a bad day. */

export type SinkEnvelope = { from: string; to: string[] };

export type SinkMail = {
  envelope: SinkEnvelope;
  /** The one recipient: every mail has one. */
  to: string;
  /** What arrived, dots unstuffed. */
  raw: Buffer;
  receivedAt: Date;
  /** A header as it stands, unfolded but not decoded; the first where there are several. */
  header(name: string): string | undefined;
  /** mailparser's view of it, made once. */
  parsed(): Promise<ParsedMail>;
};

/**
 * What to answer instead of yes: a code, a code with words, or `'drop'`, which cuts the connection without a word.
 * Nothing returned is a yes. A hook that returns a promise holds the answer back until it resolves.
 */
export type Verdict = number | { code: number; text: string } | 'drop' | undefined;
type Answer<T extends unknown[], V = Verdict> = (...args: T) => V | Promise<V>;

export type SinkHooks = {
  /** The greeting. */
  connect?: Answer<[]>;
  mail?: Answer<[from: string]>;
  rcpt?: Answer<[to: string, from: string]>;
  /** Before the 354: a promise delays it. */
  data?: Answer<[envelope: SinkEnvelope]>;
  /** With each piece of the body, and the bytes so far. */
  body?: (bytes: number, envelope: SinkEnvelope) => 'drop' | undefined;
  /** After the final dot. `'drop'` forgets the mail; `'keep_and_drop'` keeps it and cuts before the 250. */
  message?: Answer<[mail: SinkMail], Verdict | 'keep_and_drop'>;
};

export type SinkOptions = {
  port?: number;
  hooks?: SinkHooks;
  /** Credentials that the server asks for, in clear text. */
  auth?: { user: string; pass: string };
  /** Offers STARTTLS with a certificate that nobody vouches for, as many relays on one machine do. */
  startTls?: boolean;
  /** Whether EHLO offers PIPELINING: yes, unless told otherwise. */
  pipelining?: boolean;
  /** Whether EHLO offers SMTPUTF8 (RFC 6531): yes, unless told otherwise. */
  smtpUtf8?: boolean;
  /** The largest mail, announced and enforced. */
  size?: number;
};

export type SmtpSink = {
  url: string;
  port: number;
  /** What was accepted, in order. */
  messages: SinkMail[];
  /** Bodies that began or could have begun (354 was said) and never came to their dot. */
  aborted: { envelope: SinkEnvelope; bytes: number }[];
  /** How often each step was asked for; connections count from the greeting on. */
  counts: { connections: number; mail: number; rcpt: number; data: number };
  /** May be changed while it runs. */
  hooks: SinkHooks;
  messagesTo(address: string): SinkMail[];
  /** The first mail that fits, waiting for one that has not come yet. Rejects with what did arrive. */
  waitForMail(
    predicate?: (mail: SinkMail) => boolean | Promise<boolean>,
    timeoutMs?: number,
  ): Promise<SinkMail>;
  /** Forgets what arrived so far. */
  clear(): void;
  /** Cuts every connection and stops. */
  close(): Promise<void>;
};

export async function startSmtpSink(options: SinkOptions = {}): Promise<SmtpSink> {
  const messages: SinkMail[] = [];
  const aborted: SmtpSink['aborted'] = [];
  const counts = { connections: 0, mail: 0, rcpt: 0, data: 0 };
  const arrivals = new Set<() => void>();

  const server = new SMTPServer({
    banner: 'sink',
    disableReverseLookup: true,
    hidePIPELINING: options.pipelining === false,
    hideSMTPUTF8: options.smtpUtf8 === false,
    hideSTARTTLS: !options.startTls,
    disabledCommands: [...(options.auth ? [] : ['AUTH']), ...(options.startTls ? [] : ['STARTTLS'])],
    authOptional: !options.auth,
    allowInsecureAuth: true,
    closeTimeout: 10,
    ...(options.size !== undefined && { size: options.size, rejectOversized: true }),
    onAuth(auth, _session, callback) {
      const known = auth.username === options.auth?.user && auth.password === options.auth?.pass;
      if (known) return callback(null, { user: auth.username });
      // Some servers repeat what they were given.
      callback(replyError({ code: 535, text: `no such credentials: ${auth.username} ${auth.password}` }));
    },
    onConnect(session, callback) {
      counts.connections += 1;
      holdData(session);
      answer(session, () => sink.hooks.connect?.(), callback);
    },
    onMailFrom(address, session, callback) {
      counts.mail += 1;
      answer(session, () => sink.hooks.mail?.(address.address), callback);
    },
    onRcptTo(address, session, callback) {
      counts.rcpt += 1;
      answer(session, () => sink.hooks.rcpt?.(address.address, envelopeOf(session).from), callback);
    },
    onData(stream, session, callback) {
      receive(stream, session, callback);
    },
  });
  // A connection that a test cuts is no error of the server's.
  server.on('error', () => {});

  function connectionOf(session: SMTPServerSession) {
    return [...server.connections].find((connection) => connection.id === session.id);
  }

  function drop(session: SMTPServerSession): void {
    connectionOf(session)?._socket.destroy();
  }

  function answer(
    session: SMTPServerSession,
    ask: () => Verdict | Promise<Verdict>,
    callback: (error?: Error | null) => void,
  ): void {
    void Promise.resolve(ask()).then((verdict) => {
      if (verdict === 'drop') drop(session);
      else callback(verdict === undefined ? null : replyError(verdict));
    });
  }

  /** smtp-server asks nobody before its 354, so the handler is wrapped. */
  function holdData(session: SMTPServerSession): void {
    const connection = connectionOf(session);
    if (!connection) return;
    const proceed = connection.handler_DATA;
    connection.handler_DATA = (command, callback) => {
      if (connection.session.envelope.rcptTo.length === 0) return proceed.call(connection, command, callback);
      counts.data += 1;
      const asked = Promise.resolve(sink.hooks.data?.(envelopeOf(connection.session)));
      void asked.then((verdict) => {
        if (verdict === 'drop') return drop(session);
        if (verdict === undefined) return proceed.call(connection, command, callback);
        const { code, text } = replyOf(verdict);
        connection.send(code, text);
        callback();
      });
    };
  }

  function receive(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    callback: (error?: Error | null, message?: string) => void,
  ): void {
    const envelope = envelopeOf(session);
    const chunks: Buffer[] = [];
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (sink.hooks.body?.(bytes, envelope) === 'drop') drop(session);
    });
    stream.on('error', () => aborted.push({ envelope, bytes }));
    stream.on('end', () => {
      const mail = makeMail(envelope, Buffer.concat(chunks));
      void Promise.resolve(sink.hooks.message?.(mail)).then((verdict) => {
        if (verdict === 'drop') return drop(session);
        if (verdict !== undefined && verdict !== 'keep_and_drop') return callback(replyError(verdict));
        if (!stream.sizeExceeded) keep(mail);
        if (verdict === 'keep_and_drop') return drop(session);
        callback(null, `kept as ${messages.length}`);
      });
    });
  }

  function keep(mail: SinkMail): void {
    messages.push(mail);
    for (const arrived of arrivals) arrived();
  }

  const sink: SmtpSink = {
    url: '',
    port: 0,
    messages,
    aborted,
    counts,
    hooks: options.hooks ?? {},
    messagesTo: (address) => messages.filter((mail) => mail.to.toLowerCase() === address.toLowerCase()),
    async waitForMail(predicate = () => true, timeoutMs = 10_000) {
      const deadline = performance.now() + timeoutMs;
      let seen = 0;
      for (;;) {
        for (; seen < messages.length; seen += 1) {
          const mail = messages[seen]!;
          if (await predicate(mail)) return mail;
        }
        const left = deadline - performance.now();
        if (left <= 0) {
          const list = messages.map((mail) => `${mail.to}: ${mail.header('subject')}`).join('\n');
          throw new Error(`No such mail within ${timeoutMs} ms. Arrived (${messages.length}):\n${list}`);
        }
        await nextArrival(arrivals, left);
        // `clear` may have emptied the inbox meanwhile.
        seen = Math.min(seen, messages.length);
      }
    },
    clear() {
      messages.length = 0;
      aborted.length = 0;
    },
    close() {
      for (const connection of server.connections) connection._socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', () => resolve());
  });
  sink.port = (server.server.address() as AddressInfo).port;
  const login = options.auth
    ? `${encodeURIComponent(options.auth.user)}:${encodeURIComponent(options.auth.pass)}@`
    : '';
  sink.url = `smtp://${login}127.0.0.1:${sink.port}`;
  return sink;
}

function makeMail(envelope: SinkEnvelope, raw: Buffer): SinkMail {
  let parsing: Promise<ParsedMail> | null = null;
  return {
    envelope,
    to: envelope.to[0] ?? '',
    raw,
    receivedAt: new Date(),
    header(name) {
      const head = raw.toString('latin1').split('\r\n\r\n', 1)[0] ?? '';
      const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
      const start = `${name.toLowerCase()}:`;
      return lines
        .find((line) => line.toLowerCase().startsWith(start))
        ?.slice(start.length)
        .trim();
    },
    parsed() {
      parsing ??= simpleParser(raw);
      return parsing;
    },
  };
}

function nextArrival(arrivals: Set<() => void>, timeoutMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, timeoutMs);
  arrivals.add(resolve);
  return promise.finally(() => {
    clearTimeout(timer);
    arrivals.delete(resolve);
  });
}

function envelopeOf(session: SMTPServerSession): SinkEnvelope {
  const { mailFrom, rcptTo } = session.envelope;
  return { from: mailFrom ? mailFrom.address : '', to: rcptTo.map(({ address }) => address) };
}

function replyOf(verdict: number | { code: number; text: string }): { code: number; text: string } {
  return typeof verdict === 'number' ? { code: verdict, text: `scripted ${verdict}` } : verdict;
}

function replyError(verdict: Exclude<Verdict, 'drop' | undefined>): Error {
  const { code, text } = replyOf(verdict);
  return Object.assign(new Error(text), { responseCode: code });
}
