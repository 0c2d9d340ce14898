import { connect, type Socket } from 'node:net';

/** What a server answered: its status, and how many bytes its body had. */
export type Answered = { status: number; bytes: number };

/** One request, ready to be written: a load that builds them would be measured with them. */
export type Ask = () => Promise<Answered>;

const endOfHead = Buffer.from('\r\n\r\n');

/**
 * A connection that is kept alive and asks one thing after the other. On a bare socket, as bare as what it is compared
 * with: an HTTP client takes as long as the server it measures, on the same machine.
 */
export class Caller {
  readonly #socket: Socket;
  readonly #host: string;
  #waiting: { resolve(answered: Answered): void; reject(error: Error): void } | null = null;
  #received: Buffer = Buffer.alloc(0);

  constructor(url: string) {
    const { hostname, port, host } = new URL(url);
    this.#host = host;
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answered> {
    const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return this.#ask(
      `GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nAccept: text/html\r\n${more.join('')}\r\n`,
    );
  }

  /** Posts a form, as a browser does from the page itself. */
  post(path: string, form: string): Promise<Answered> {
    return this.#ask(
      `POST ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nOrigin: http://${this.#host}\r\nAccept: text/html\r\n` +
        `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${Buffer.byteLength(form)}\r\n\r\n${form}`,
    );
  }

  close(): void {
    this.#socket.removeAllListeners('close').destroy();
  }

  #ask(request: string): Promise<Answered> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
    });
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headEnds = this.#received.indexOf(endOfHead);
    if (headEnds < 0) return;
    const head = this.#received.toString('latin1', 0, headEnds);
    // A 304 has no body, whatever its head says (RFC 9110 section 15.4.5).
    const length = / 304 /.test(head.slice(0, 13)) ? '0' : /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined) {
      this.#fail(new Error(`an answer without a length: ${head}`));
      return;
    }
    if (this.#received.length < headEnds + 4 + Number(length)) return;
    const waiting = this.#waiting;
    this.#waiting = null;
    this.#received = Buffer.alloc(0);
    waiting?.resolve({ status: Number(head.slice(9, 12)), bytes: Number(length) });
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = null;
  }
}

/** What went through, in how long, and how long each took, in milliseconds. */
export type Flow = { done: number; ms: number; samples: number[] };

/**
 * Lets each lane do one thing after the other for some seconds, all at once.
 * @param step what a lane does next; the number counts over all lanes, so that no two do the same
 */
export async function flow(
  lanes: number,
  seconds: number,
  step: (lane: number, count: number) => Promise<void>,
): Promise<Flow> {
  const samples: number[] = [];
  let count = 0;
  const began = performance.now();
  const ends = began + seconds * 1000;
  const run = async (lane: number) => {
    for (let before = performance.now(); before < ends; ) {
      await step(lane, count++);
      const after = performance.now();
      samples.push(after - before);
      before = after;
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, lane) => run(lane)));
  return { done: samples.length, ms: performance.now() - began, samples };
}
