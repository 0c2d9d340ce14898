import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { openConnection, type SmtpConnection } from '../../server/mail/smtp.ts';
import { type SinkOptions, type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const envelope = { from: 'gruppo@rete.example', to: 'anna@posta.example' };
const raw = Buffer.from('Subject: Ciao\r\nMessage-ID: <1@rete.example>\r\n\r\nA presto\r\n.un punto\r\n');
const yes = async () => true;

async function sinkFor(options: SinkOptions = {}): Promise<SmtpSink> {
  const sink = await startSmtpSink(options);
  ends.push(() => sink.close());
  return sink;
}

async function connect(url: string, timeouts = {}): Promise<SmtpConnection> {
  const connection = await openConnection(url, { timeouts });
  ends.push(() => connection.close());
  return connection;
}

describe.each([{ pipelining: true }, { pipelining: false }])('a server, pipelining $pipelining', (mode) => {
  test('takes mail after mail over one connection, byte for byte', async () => {
    const sink = await sinkFor(mode);
    const connection = await connect(sink.url);
    for (let turn = 0; turn < 3; turn += 1) {
      const outcome = await connection.send(
        { ...envelope, size: raw.length },
        turn === 1 ? () => raw : raw,
        yes,
      );
      expect(outcome).toEqual({ kind: 'sent', response: expect.stringMatching(/^250 .*kept as/) });
      expect(connection.usable).toBe(true);
    }
    expect(sink.counts.connections).toBe(1);
    expect(sink.messages).toHaveLength(3);
    for (const mail of sink.messages) {
      expect(mail.raw.equals(raw)).toBe(true);
      expect(mail.envelope).toEqual({ from: envelope.from, to: [envelope.to] });
    }
    await connection.quit();
    expect(connection.usable).toBe(false);
  });

  test('is asked for the body only after its 354', async () => {
    const gate = Promise.withResolvers<undefined>();
    const sink = await sinkFor({ ...mode, hooks: { data: () => gate.promise } });
    const connection = await connect(sink.url);
    let asked = 0;
    const sending = connection.send(envelope, raw, async () => {
      asked += 1;
      return true;
    });
    await sleep(150);
    expect(sink.counts.data).toBe(1);
    expect(asked).toBe(0);
    gate.resolve(undefined);
    expect(await sending).toMatchObject({ kind: 'sent' });
    expect(asked).toBe(1);
  });

  test('sees no byte of a body that is withheld, and loses the connection', async () => {
    const sink = await sinkFor(mode);
    const connection = await connect(sink.url);
    const wait = async () => {
      await sleep(50);
      return false;
    };
    expect(await connection.send(envelope, raw, wait)).toEqual({ kind: 'withheld' });
    expect(connection.usable).toBe(false);
    await expect
      .poll(() => sink.aborted)
      .toEqual([{ envelope: { from: envelope.from, to: [envelope.to] }, bytes: 0 }]);
    expect(sink.messages).toHaveLength(0);
    expect(await connection.send(envelope, raw, yes)).toMatchObject({
      kind: 'dropped',
      phase: 'before_body',
    });
  });

  test.each([
    { stage: 'mail', code: 451, kind: 'deferred' },
    { stage: 'mail', code: 553, kind: 'refused' },
    { stage: 'rcpt', code: 450, kind: 'deferred' },
    { stage: 'rcpt', code: 550, kind: 'refused' },
    { stage: 'data', code: 451, kind: 'deferred' },
    { stage: 'data', code: 554, kind: 'refused' },
    { stage: 'message', code: 452, kind: 'deferred' },
    { stage: 'message', code: 554, kind: 'refused' },
  ] as const)(
    'says $code at $stage: $kind, and the connection serves the next',
    async ({ stage, code, kind }) => {
      let asked = 0;
      const count = async () => {
        asked += 1;
        return true;
      };
      const sink = await sinkFor({ ...mode, hooks: { [stage]: () => code } });
      const connection = await connect(sink.url);
      const outcome = await connection.send(envelope, raw, count);
      expect(outcome).toEqual({ kind, code, stage, response: expect.stringContaining(`scripted ${code}`) });
      expect(asked).toBe(stage === 'message' ? 1 : 0);
      expect(connection.usable).toBe(true);
      sink.hooks = {};
      expect(await connection.send(envelope, raw, count)).toMatchObject({ kind: 'sent' });
      expect(sink.messages).toHaveLength(1);
      expect(sink.counts.connections).toBe(1);
    },
  );

  test.each(['mail', 'rcpt', 'data', 'message'] as const)('says 421 at %s and is left', async (stage) => {
    const sink = await sinkFor({ ...mode, hooks: { [stage]: () => 421 } });
    const connection = await connect(sink.url);
    expect(await connection.send(envelope, raw, yes)).toMatchObject({ kind: 'deferred', code: 421 });
    expect(connection.usable).toBe(false);
    expect(sink.messages).toHaveLength(0);
  });

  test.each(['mail', 'rcpt', 'data'] as const)('cuts the connection at %s: nothing left', async (stage) => {
    const sink = await sinkFor({ ...mode, hooks: { [stage]: () => 'drop' as const } });
    const connection = await connect(sink.url);
    expect(await connection.send(envelope, raw, yes)).toMatchObject({
      kind: 'dropped',
      phase: 'before_body',
    });
    expect(connection.usable).toBe(false);
  });

  test('cuts it during the body: nobody knows', async () => {
    const sink = await sinkFor({ ...mode, hooks: { body: () => 'drop' as const } });
    const connection = await connect(sink.url);
    const large = Buffer.concat([raw, Buffer.alloc(2_000_000, 'riga\r\n')]);
    expect(await connection.send(envelope, large, yes)).toMatchObject({
      kind: 'dropped',
      phase: 'after_body',
    });
    expect(sink.messages).toHaveLength(0);
  });

  test.each([
    { verdict: 'drop', kept: 0 },
    { verdict: 'keep_and_drop', kept: 1 },
  ] as const)('cuts it after the dot, having kept $kept: nobody knows', async ({ verdict, kept }) => {
    const sink = await sinkFor({ ...mode, hooks: { message: () => verdict } });
    const connection = await connect(sink.url);
    expect(await connection.send(envelope, raw, yes)).toMatchObject({ kind: 'dropped', phase: 'after_body' });
    expect(sink.messages).toHaveLength(kept);
    expect(connection.usable).toBe(false);
  });
});

describe('while the sender makes up her mind', () => {
  test('a connection that breaks leaves nothing behind, and the answer is waited for', async () => {
    const sink = await sinkFor();
    const connection = await connect(sink.url);
    let settled = false;
    const outcome = await connection.send(envelope, raw, async () => {
      await sink.close();
      await sleep(100);
      settled = true;
      return true;
    });
    expect(settled).toBe(true);
    expect(outcome).toMatchObject({ kind: 'dropped', phase: 'before_body' });
  });

  test('a no counts also where the connection broke meanwhile', async () => {
    const sink = await sinkFor();
    const connection = await connect(sink.url);
    const outcome = await connection.send(envelope, raw, async () => {
      await sink.close();
      await sleep(50);
      return false;
    });
    expect(outcome).toEqual({ kind: 'withheld' });
  });

  test('an error of hers is thrown, with nothing sent and the connection closed', async () => {
    const sink = await sinkFor();
    const connection = await connect(sink.url);
    const failing = connection.send(envelope, raw, async () => {
      throw new Error('the database is away');
    });
    await expect(failing).rejects.toThrow('the database is away');
    expect(connection.usable).toBe(false);
    await expect.poll(() => sink.aborted).toHaveLength(1);
    expect(sink.aborted[0]?.bytes).toBe(0);
  });

  test('so is an error of the text itself', async () => {
    const sink = await sinkFor();
    const connection = await connect(sink.url);
    const broken = () => {
      throw new Error('no text');
    };
    await expect(connection.send(envelope, broken, yes)).rejects.toThrow('no text');
    await expect.poll(() => sink.aborted).toHaveLength(1);
    expect(sink.messages).toHaveLength(0);
  });

  test('a silence longer than the patience for replies ends it before the body', async () => {
    const sink = await sinkFor();
    const connection = await connect(sink.url, { reply: 250 });
    const outcome = await connection.send(envelope, raw, async () => {
      await sleep(400);
      return true;
    });
    expect(outcome).toMatchObject({
      kind: 'dropped',
      phase: 'before_body',
      error: expect.stringContaining('Timeout'),
    });
    expect(sink.messages).toHaveLength(0);
  });
});

test('the answer to the dot has a patience of its own', async () => {
  const slow = () => sleep(500, undefined);
  const sink = await sinkFor({ hooks: { message: slow } });
  const patient = await connect(sink.url, { reply: 250, acceptance: 3000 });
  expect(await patient.send(envelope, raw, yes)).toMatchObject({ kind: 'sent' });
  const impatient = await connect(sink.url, { reply: 3000, acceptance: 250 });
  expect(await impatient.send(envelope, raw, yes)).toMatchObject({ kind: 'dropped', phase: 'after_body' });
  // After its patience for a mail the connection has that for replies again.
  sink.hooks = { data: slow };
  expect(await patient.send(envelope, raw, yes)).toMatchObject({ kind: 'dropped', phase: 'before_body' });
});

describe('what is refused without asking', () => {
  test('a mail that is larger than the server announced', async () => {
    const sink = await sinkFor({ size: 1000 });
    const connection = await connect(sink.url);
    expect(await connection.send({ ...envelope, size: 1001 }, raw, yes)).toMatchObject({
      kind: 'refused',
      code: 552,
    });
    expect(sink.counts.mail).toBe(0);
    expect(await connection.send({ ...envelope, size: 200 }, raw, yes)).toMatchObject({ kind: 'sent' });
  });
  test.each(['a\r\nRCPT TO:<b@posta.example>', 'a<b>@posta.example', ''])('the address %j', async (to) => {
    const sink = await sinkFor();
    const connection = await connect(sink.url);
    expect(await connection.send({ ...envelope, to }, raw, yes)).toMatchObject({
      kind: 'refused',
      code: 553,
    });
    expect(sink.counts.rcpt).toBe(0);
    expect(await connection.send(envelope, raw, yes)).toMatchObject({ kind: 'sent' });
  });
});

test('a server that ends an idle connection is noticed', async () => {
  const sink = await sinkFor();
  const connection = await connect(sink.url);
  await sink.close();
  await expect.poll(() => connection.usable).toBe(false);
  expect(await connection.send(envelope, raw, yes)).toMatchObject({ kind: 'dropped', phase: 'before_body' });
  await connection.quit();
});

test('quit answers even where the server says nothing to it', async () => {
  const port = await oddServer((line, socket) => {
    if (line.startsWith('EHLO')) socket.write('250 ok\r\n');
  });
  const connection = await connect(`smtp://127.0.0.1:${port}`);
  const before = performance.now();
  await connection.quit();
  expect(performance.now() - before).toBeLessThan(4000);
  expect(connection.usable).toBe(false);
});

describe('a server that loses its way', () => {
  const polite = (line: string, socket: Socket) => {
    if (/^(EHLO|MAIL|RCPT|RSET)/.test(line)) socket.write('250 ok\r\n');
    if (line === 'DATA') socket.write('354 go\r\n');
  };

  test('accepts before the mail is there: not believed', async () => {
    const port = await oddServer((line, socket) => {
      polite(line, socket);
      if (line === 'DATA') setTimeout(() => socket.write('250 thanks\r\n'), 30);
    });
    const connection = await connect(`smtp://127.0.0.1:${port}`);
    const slow = () => sleep(150, true);
    expect(await connection.send(envelope, raw, slow)).toMatchObject({
      kind: 'dropped',
      phase: 'before_body',
    });
    expect(connection.usable).toBe(false);
  });

  test('refuses while we are asking: nothing leaves any more', async () => {
    const seen: string[] = [];
    const port = await oddServer((line, socket) => {
      seen.push(line);
      polite(line, socket);
      if (line === 'DATA') setTimeout(() => socket.write('451 later\r\n'), 30);
    });
    const connection = await connect(`smtp://127.0.0.1:${port}`);
    const slow = () => sleep(150, true);
    expect(await connection.send(envelope, raw, slow)).toMatchObject({
      kind: 'deferred',
      code: 451,
      stage: 'message',
    });
    await sleep(50);
    expect(seen.at(-1)).toBe('DATA');
    expect(connection.usable).toBe(false);
  });

  test.each(['354 what?', 'HTTP/1.1 200 OK'])('answers the dot with %j: nobody knows', async (answer) => {
    const port = await oddServer((line, socket) => {
      polite(line, socket);
      if (line === '.') socket.write(`${answer}\r\n`);
    });
    const connection = await connect(`smtp://127.0.0.1:${port}`);
    expect(await connection.send(envelope, raw, yes)).toMatchObject({ kind: 'dropped', phase: 'after_body' });
    expect(connection.usable).toBe(false);
  });

  test('finds the sequence of commands bad: another connection may do better', async () => {
    const port = await oddServer((line, socket) => {
      if (line.startsWith('MAIL')) socket.write('503 nested MAIL\r\n');
      else polite(line, socket);
    });
    const connection = await connect(`smtp://127.0.0.1:${port}`);
    expect(await connection.send(envelope, raw, yes)).toMatchObject({ kind: 'deferred', code: 503 });
    expect(connection.usable).toBe(false);
  });

  test('says a great deal: the first thousand characters are kept', async () => {
    const port = await oddServer((line, socket) => {
      if (line.startsWith('RCPT')) socket.write(`550 ${'no '.repeat(5000)}\r\n`);
      else polite(line, socket);
    });
    const connection = await connect(`smtp://127.0.0.1:${port}`);
    const outcome = await connection.send(envelope, raw, yes);
    expect(outcome).toMatchObject({ kind: 'refused', stage: 'rcpt' });
    if (outcome.kind === 'refused') expect(outcome.response.length).toBe(1000);
  });

  test('does not take RSET: the next mail finds the connection closed', async () => {
    const port = await oddServer((line, socket) => {
      if (line.startsWith('RCPT')) socket.write('450 later\r\n');
      else if (line === 'RSET') socket.write('500 what?\r\n');
      else polite(line, socket);
    });
    const connection = await connect(`smtp://127.0.0.1:${port}`);
    expect(await connection.send(envelope, raw, yes)).toMatchObject({ kind: 'deferred' });
    expect(await connection.send(envelope, raw, yes)).toMatchObject({
      kind: 'dropped',
      phase: 'before_body',
    });
    expect(connection.usable).toBe(false);
  });
});

test('one connection takes one mail at a time', async () => {
  const sink = await sinkFor();
  const connection = await connect(sink.url);
  const first = connection.send(envelope, raw, yes);
  await expect(connection.send(envelope, raw, yes)).rejects.toThrow('One mail at a time');
  expect(await first).toMatchObject({ kind: 'sent' });
});

test('a mail that was withheld once may leave over the next connection, and the inbox shows it', async () => {
  const sink = await sinkFor();
  expect(await (await connect(sink.url)).send(envelope, raw, async () => false)).toEqual({
    kind: 'withheld',
  });
  expect(await (await connect(sink.url)).send(envelope, raw, yes)).toMatchObject({ kind: 'sent' });
  const mail = await sink.waitForMail(({ to }) => to === envelope.to);
  expect((await mail.parsed()).subject).toBe('Ciao');
  expect(mail.header('message-id')).toBe('<1@rete.example>');
  expect(sink.messagesTo('ANNA@posta.example')).toHaveLength(1);
  await expect(sink.waitForMail(() => false, 20)).rejects.toThrow('anna@posta.example: Ciao');
});

/** A server that answers line by line, and not always what it should. */
async function oddServer(onLine: (line: string, socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let rest = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString()).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line, socket);
    });
    socket.write('220 odd\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

describe('an address with letters beyond ASCII', () => {
  const to = 'josé@xn--caff-8oa.example';

  test('goes where the server takes such', async () => {
    const sink = await sinkFor();
    const mails: string[] = [];
    sink.hooks.rcpt = (address) => void mails.push(address);
    const connection = await connect(sink.url);
    expect(await connection.send({ ...envelope, to }, raw, yes)).toMatchObject({ kind: 'sent' });
    expect(mails).toEqual(['josé@caffè.example']);
  });

  test('is refused in the name of one that does not, without a word to it; the next mail goes over the same connection', async () => {
    const sink = await sinkFor({ smtpUtf8: false });
    const connection = await connect(sink.url);
    let asked = false;
    const outcome = await connection.send({ ...envelope, to }, raw, async () => {
      asked = true;
      return true;
    });
    expect(outcome).toEqual({
      kind: 'refused',
      code: 553,
      stage: 'rcpt',
      response: `553 5.6.7 ${to}: the mail server does not take addresses with such letters (SMTPUTF8)`,
    });
    expect([asked, sink.counts.mail]).toEqual([false, 0]);
    expect(await connection.send(envelope, raw, yes)).toMatchObject({ kind: 'sent' });
    expect(sink.counts.connections).toBe(1);
  });

  test('is known from the answer after STARTTLS and before the password', async () => {
    const sink = await sinkFor({ startTls: true, auth: { user: 'anna', pass: 'segreta' } });
    const connection = await connect(sink.url);
    expect(connection.secure).toBe(true);
    expect(await connection.send({ ...envelope, to }, raw, yes)).toMatchObject({ kind: 'sent' });
  });
});
