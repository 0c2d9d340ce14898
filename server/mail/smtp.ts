import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { needsSmtpUtf8 } from './address.ts';
import { aboutUs, classifyError, type Outcome, shorten } from './smtp-outcome.ts';
import { readSmtpUrl, type SmtpTimeouts } from './smtp-url.ts';

export type { Outcome, Stage } from './smtp-outcome.ts';
export type { SmtpTimeouts } from './smtp-url.ts';

/** One sender, one recipient, as `wireAddress` writes them. `size` in bytes lets the server refuse before the body (RFC 1870). */
export type Envelope = { from: string; to: string; size?: number };

export type SmtpLog = { debug(data: object, message: string): void };
export type SmtpOptions = { timeouts?: SmtpTimeouts; logger?: SmtpLog };

export type SmtpConnection = {
  /** Whether another mail may be sent over it. */
  readonly usable: boolean;
  /** Whether TLS is spoken on it. */
  readonly secure: boolean;
  /**
   * Sends one mail. `beforeBody` is asked after the server's 354 and before the first byte of the body; where it says
   * no, the connection is closed with nothing sent. What may happen is an {@link Outcome}; it throws only what
   * `beforeBody` or `raw` threw, with nothing sent and the connection closed. Whatever the outcome, `beforeBody` has
   * settled by then and is not asked again.
   */
  send(
    envelope: Envelope,
    raw: Buffer | (() => Buffer),
    beforeBody: () => Promise<boolean>,
  ): Promise<Outcome>;
  /** RSET. `send` does it by itself after a mail that was not accepted. False: the connection is gone. */
  reset(): Promise<boolean>;
  /** Says goodbye, and waits two seconds for the answer at most. */
  quit(): Promise<void>;
  /** Cuts the connection. */
  close(): void;
};

/** No connection: the server is away, speaks no TLS that we trust, or does not take our credentials. */
export class SmtpUnavailableError extends Error {
  /** nodemailer's word: ECONNECTION, ETIMEDOUT, EDNS, ESOCKET, ETLS, EAUTH, EPROTOCOL. */
  readonly code: string;
  /** What the server answered, where it did. */
  readonly responseCode: number | null;

  constructor(message: string, code: string, responseCode: number | null) {
    super(message);
    this.name = 'SmtpUnavailableError';
    this.code = code;
    this.responseCode = responseCode;
  }
}

/**
 * Opens a connection and signs in where the address holds credentials.
 *
 * @param smtpUrl `smtp://` (STARTTLS where offered) or `smtps://`, see `readSmtpUrl`
 * @throws SmtpUnavailableError; neither its text nor any log line holds the password
 */
export async function openConnection(smtpUrl: string, options: SmtpOptions = {}): Promise<SmtpConnection> {
  const { auth, settings, acceptanceTimeout, redact } = readSmtpUrl(smtpUrl, options.timeouts);
  const wire = new SMTPConnection(settings);
  const connection = new Connection(wire, acceptanceTimeout, redact);
  try {
    await connection.step<void>((done) => wire.connect((error) => done(error ?? null)));
    connection.readOffer(wire.lastServerResponse);
    if (auth) {
      // Without this a server that offers no AUTH would be sent the mail without credentials.
      if (!wire.allowsAuth) throw Object.assign(new Error('the server offers no AUTH'), { code: 'EAUTH' });
      await connection.step((done) => wire.login(auth, done));
    }
  } catch (error) {
    connection.close();
    const { code, originalCode, message, responseCode } = error as NodeJS.ErrnoException & {
      originalCode?: string;
      responseCode?: number;
    };
    // Where every address of a host refuses, the error has no message of its own.
    const reason = redact(message || originalCode || code || 'unknown');
    const where = `${settings.host}:${wire.port}`;
    throw new SmtpUnavailableError(
      `${where}: ${shorten(reason)}`,
      code ?? 'ECONNECTION',
      responseCode ?? null,
    );
  }
  options.logger?.debug(
    { host: settings.host, port: wire.port, secure: wire.secure },
    'SMTP connection open',
  );
  return connection;
}

type Done<T> = (error: Error | null, value?: T) => void;

class Connection implements SmtpConnection {
  readonly #wire: SMTPConnection;
  readonly #acceptanceTimeout: number;
  readonly #redact: (text: string) => string;
  #ended = false;
  #lastError: Error | null = null;
  #onEnd: ((error: Error) => void) | null = null;
  #busy = false;
  /** A transaction was begun and not accepted: the server has to be told before the next. */
  #open = false;
  #takesUtf8 = false;

  constructor(wire: SMTPConnection, acceptanceTimeout: number, redact: (text: string) => string) {
    this.#wire = wire;
    this.#acceptanceTimeout = acceptanceTimeout;
    this.#redact = redact;
    wire.on('error', (error: Error) => {
      this.#lastError = error;
    });
    wire.once('end', () => {
      this.#ended = true;
      // nodemailer ends first and calls back with the reason after that.
      setImmediate(() => this.#onEnd?.(this.#lastError ?? new Error('Connection closed')));
    });
  }

  /** @param ehlo the answer to EHLO: what the server can do */
  readOffer(ehlo: string | false): void {
    this.#takesUtf8 = /^250[ -]SMTPUTF8\b/im.test(ehlo || '');
  }

  get secure(): boolean {
    return this.#wire.secure;
  }

  get usable(): boolean {
    const socket = this.#wire._socket;
    return !this.#ended && !!socket && !socket.destroyed && socket.writable;
  }

  /** Runs one exchange; nodemailer forgets the callback of most of them when the connection breaks. */
  async step<T>(run: (done: Done<T>) => void): Promise<T | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
    if (this.#ended) throw this.#lastError ?? new Error('Connection closed');
    this.#onEnd = reject;
    run((error, value) => (error ? reject(error) : resolve(value)));
    try {
      return await promise;
    } finally {
      this.#onEnd = null;
    }
  }

  async send(
    envelope: Envelope,
    raw: Buffer | (() => Buffer),
    beforeBody: () => Promise<boolean>,
  ): Promise<Outcome> {
    if (this.#busy) throw new Error('One mail at a time over one connection');
    if (needsSmtpUtf8(envelope.to) && !this.#takesUtf8) return takesNoSuchLetters(envelope.to);
    this.#busy = true;
    try {
      if (this.#open) await this.reset();
      if (!this.usable) return { kind: 'dropped', phase: 'before_body', error: 'Connection closed' };
      this.#open = true;
      const outcome = await this.#transact(envelope, raw, beforeBody);
      if (outcome.kind === 'sent') this.#open = false;
      return outcome;
    } finally {
      this.#busy = false;
    }
  }

  async #transact(
    envelope: Envelope,
    raw: Buffer | (() => Buffer),
    beforeBody: () => Promise<boolean>,
  ): Promise<Outcome> {
    let asked: Promise<void> | null = null;
    let withheld = false;
    let failure: { error: unknown } | null = null;
    let begun = false;
    let complete = false;
    const ask = async () => {
      try {
        withheld = !(await beforeBody());
        // The connection may have broken, or the server changed its mind, while we were asking.
        if (!withheld && this.usable) {
          const bytes = typeof raw === 'function' ? raw() : raw;
          this.#expectAcceptance();
          begun = true;
          body.push(bytes);
          body.push(null);
          return;
        }
      } catch (error) {
        failure = { error };
      }
      // The stream never ends, so no final dot is written and the server has nothing to accept.
      this.close();
    };
    // nodemailer pipes the message only once DATA was answered with 354, and nothing reads it before.
    const body = new Readable({
      read: () => {
        asked ??= ask();
      },
    });
    body.once('end', () => {
      complete = true;
    });

    const envelopeOnWire = { from: envelope.from, to: [envelope.to], size: envelope.size };
    const reply = await this.step<{ response: string }>((done) =>
      this.#wire.send(envelopeOnWire, body, done),
    ).then(
      (info) => ({ ok: true, info }) as const,
      (error: Error) => ({ ok: false, error }) as const,
    );
    // An answer before the end of the body is no answer to it, and what follows would be read as commands.
    if (asked && !complete) this.close();
    await (asked as Promise<void> | null);
    const thrown = failure as { error: unknown } | null;
    if (thrown) throw thrown.error;
    if (withheld) return { kind: 'withheld' };
    this.#expectReplies();

    if (reply.ok && complete) return { kind: 'sent', response: this.#tidy(reply.info?.response ?? '') };
    const error = reply.ok ? new Error('The server answered before the end of the mail') : reply.error;
    const outcome = classifyError(error, { asked: asked !== null, begun }, (text) => this.#tidy(text));
    // These are about the session, and after a drop nobody knows where the dialogue stands.
    const lost = outcome.kind === 'dropped' || outcome.code === 421 || aboutUs.has(outcome.code);
    if (lost) this.close();
    return outcome;
  }

  async reset(): Promise<boolean> {
    try {
      await this.step((done) => this.#wire.reset(done));
      this.#open = false;
    } catch {
      this.close();
    }
    return this.usable;
  }

  async quit(): Promise<void> {
    if (this.#ended) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wire.once('end', resolve);
    const timer = setTimeout(() => this.close(), 2000);
    if (this.#busy) this.close();
    else this.#wire.quit();
    await promise;
    clearTimeout(timer);
  }

  close(): void {
    this.#wire.close();
  }

  /** RFC 5321 4.5.3.2.6: the answer to the final dot may take longer than any other; giving up early costs a double. */
  #expectAcceptance(): void {
    if (this.#wire._socket) this.#wire._socket.setTimeout(this.#acceptanceTimeout);
  }

  #expectReplies(): void {
    if (this.usable && this.#wire._socket)
      this.#wire._socket.setTimeout(this.#wire.options.socketTimeout ?? 0);
  }

  #tidy(text: string): string {
    return shorten(this.#redact(text));
  }
}

/** Said in the server's place: its `SMTPUTF8` would have been in the answer to EHLO (RFC 6531 section 3.1). */
function takesNoSuchLetters(to: string): Outcome {
  const response = `553 5.6.7 ${to}: the mail server does not take addresses with such letters (SMTPUTF8)`;
  return { kind: 'refused', response, code: 553, stage: 'rcpt' };
}
