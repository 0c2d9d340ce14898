import { afterEach, describe, expect, test } from 'vitest';
import { openConnection, type SmtpConnection, SmtpUnavailableError } from '../../server/mail/smtp.ts';
import { type SinkOptions, type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const envelope = { from: 'gruppo@rete.example', to: 'anna@posta.example' };
const raw = Buffer.from('Subject: Ciao\r\n\r\nA presto\r\n');
const yes = async () => true;

async function sinkFor(options: SinkOptions = {}): Promise<SmtpSink> {
  const sink = await startSmtpSink(options);
  ends.push(() => sink.close());
  return sink;
}

async function connect(url: string): Promise<SmtpConnection> {
  const connection = await openConnection(url);
  ends.push(() => connection.close());
  return connection;
}

describe('opening a connection', () => {
  test('signs in with what the address holds', async () => {
    const sink = await sinkFor({ auth: { user: 'mail@rete.example', pass: 'p@ss:wörd/%' } });
    const connection = await connect(sink.url);
    expect(await connection.send(envelope, raw, yes)).toMatchObject({ kind: 'sent' });
  });

  test('tells of refused credentials and never repeats them', async () => {
    const sink = await sinkFor({ auth: { user: 'mail@rete.example', pass: 'right' } });
    const url = sink.url.replace('right', 'segretissima');
    const lines: string[] = [];
    const logger = { debug: (data: object, message: string) => lines.push(JSON.stringify(data) + message) };
    const error = await openConnection(url, { logger }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SmtpUnavailableError);
    expect(error).toMatchObject({ code: 'EAUTH', responseCode: 535 });
    expect(`${(error as Error).stack} ${JSON.stringify(error)} ${lines}`).not.toContain('segretissima');
    expect((error as Error).message).toContain('no such credentials');
  });

  test('fails where there are credentials and the server takes none', async () => {
    const sink = await sinkFor();
    const url = sink.url.replace('//', '//user:pass@');
    await expect(openConnection(url)).rejects.toMatchObject({ code: 'EAUTH' });
  });

  test('takes STARTTLS of a relay on the same machine, unless told to check its certificate', async () => {
    const sink = await sinkFor({ startTls: true });
    const connection = await connect(sink.url);
    expect(await connection.send(envelope, raw, yes)).toMatchObject({ kind: 'sent' });
    await expect(openConnection(`${sink.url}/?tls.rejectUnauthorized=true`)).rejects.toThrow(/certificate/);
  });

  test('fails where TLS is required and not offered', async () => {
    const sink = await sinkFor();
    await expect(openConnection(`${sink.url}/?requireTLS=true`)).rejects.toBeInstanceOf(SmtpUnavailableError);
  });

  test('fails where nobody listens, on a port that refuses', async () => {
    const sink = await startSmtpSink();
    await sink.close();
    const error = await openConnection(sink.url).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      name: 'SmtpUnavailableError',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    const byName = await openConnection(`smtp://localhost:${sink.port}`).catch((reason: unknown) => reason);
    expect(byName).toMatchObject({ message: expect.stringContaining('ECONNREFUSED') });
  });

  test.each([421, 554])('fails where the greeting is %s', async (code) => {
    const sink = await sinkFor({ hooks: { connect: () => code } });
    await expect(openConnection(sink.url)).rejects.toMatchObject({ responseCode: code });
  });

  test('fails where the greeting never comes, or the connection is cut before it', async () => {
    const sink = await sinkFor({ hooks: { connect: () => new Promise(() => {}) } });
    await expect(openConnection(sink.url, { timeouts: { greeting: 200 } })).rejects.toMatchObject({
      code: 'ETIMEDOUT',
    });
    sink.hooks = { connect: () => 'drop' };
    await expect(openConnection(sink.url)).rejects.toMatchObject({ code: 'ECONNECTION' });
  });

  test('refuses an address that is none, without repeating it', async () => {
    const error = await openConnection('http://user:segreta@rete.example').catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/smtp/);
    expect(String(error)).not.toContain('segreta');
  });
});
