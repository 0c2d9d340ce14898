import { fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dkimVerify } from 'mailauth';
import { eventually } from '../test/support/eventually.ts';
import { type SmtpSink, startSmtpSink } from '../test/support/smtp-sink.ts';
import { openCluster } from './chaos/cluster.ts';
import { makeNetwork, publishOne } from './chaos/load.ts';
import { findPostfix, startPostfix } from './check-postfix/postfix.ts';
import { openService, type Secrets, secretsFor } from './check-postfix/service.ts';
import { choosePort } from './demo/ports.ts';

const usage = `Usage: npm run check:postfix

Sends an invitation through a real Postfix, which it starts for itself (Debian: apt-get install postfix; as root; nothing
of the system's own Postfix is touched), and looks at what comes of it:

  - the signature of the mail still holds after the hop (DKIM, as mailauth verifies it);
  - a bounce that Postfix writes comes back, and suppresses her whose address it was, and nobody else.`;

const line = (text: string) => void process.stdout.write(`${text}\n`);
const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const domains = { from: 'incontri.example', bounces: 'bounces.incontri.example', members: 'example.org' };
const [nobody, somebody] = ['socia1@example.org', 'socia2@example.org'];

async function main(): Promise<number> {
  if (process.argv.length > 2) {
    line(usage);
    return process.argv.includes('--help') ? 0 : 2;
  }
  const version = await findPostfix();
  if (!version) {
    line('There is no Postfix here: apt-get install postfix (Debian), without configuration.');
    return 1;
  }
  if (process.getuid?.() !== 0) {
    line('Postfix starts as root only: run this as root, in a container for example.');
    return 1;
  }
  const undo: (() => Promise<unknown>)[] = [];
  try {
    await check(version, undo);
    return 0;
  } catch (error) {
    line(`✗ ${(error as Error).message}`);
    return 1;
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

async function check(version: string, undo: (() => Promise<unknown>)[]): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'ritrovo-check-'));
  undo.push(() => rm(home, { recursive: true, force: true }));
  await chmod(home, 0o755);
  const cluster = await openCluster(home, quiet);
  undo.push(() => cluster.stop());
  // Behind Postfix: the members' mail server, which knows all of them but one.
  const sink = await startSmtpSink({
    hooks: {
      rcpt: (to) =>
        to === nobody ? { code: 550, text: `5.1.1 <${to}>: Recipient address rejected` } : undefined,
    },
  });
  undo.push(() => sink.close());
  const inboundPort = await choosePort('127.0.0.1', 0, null);
  const postfix = await startPostfix({
    transports: { [domains.members]: sink.port, [domains.bounces]: inboundPort },
  });
  undo.push(() => postfix.stop());
  line(
    `✓ Postfix ${version} listens on port ${postfix.port}, and hands on to ports ${sink.port} and ${inboundPort}`,
  );

  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const secrets = secretsFor(privateKey, domains);
  const env = {
    ...secrets.env,
    DATABASE_URL: cluster.url,
    SMTP_URL: `smtp://127.0.0.1:${postfix.port}`,
    INBOUND_SMTP_PORT: String(inboundPort),
  };
  const app = await openService(env, secrets);
  undo.push(() => app.close());
  const { deps } = app;
  const chapterId = await makeNetwork(deps, 3);
  const worker = startWorker(env);
  undo.push(worker.stop);
  await publishOne(deps, chapterId, 'Aperitivo di rete');

  await eventually('the invitation behind Postfix', () => sink.messagesTo(somebody).length > 0, 60_000);
  await checkSignature(sink, publicKey.export({ type: 'spki', format: 'der' }).toString('base64'));

  const stateOf = async (email: string) =>
    (await deps.db
      .selectFrom('deliveries as d')
      .innerJoin('people as p', 'p.id', 'd.personId')
      .select(['d.state', 'd.response'])
      .where('p.email', '=', email)
      .where('d.kind', '=', 'invitation')
      .executeTakeFirst()) ?? { state: 'none', response: null };
  const isSuppressed = async (email: string) =>
    (await deps.db
      .selectFrom('suppressions')
      .select('reason')
      .where('addressHash', 'in', deps.links.addressHashes(email))
      .executeTakeFirst()) !== undefined;
  await eventually('the bounce', () => isSuppressed(nobody), 60_000);
  const { state, response } = await stateOf(nobody);
  if (state !== 'failed') throw new Error(`the delivery to ${nobody} is ${state}, not failed`);
  line(`✓ its bounce came back: ${nobody} gets no more mail ("${response}")`);
  const other = await stateOf(somebody);
  if (other.state !== 'sent' || (await isSuppressed(somebody)))
    throw new Error(
      `the delivery to ${somebody} is ${other.state}, and must be sent, with nothing against her`,
    );
  line(`✓ ${somebody} still does ("${other.response}")`);
}

/** What the members' server would say of the mail that Postfix handed on. */
async function checkSignature(sink: SmtpSink, key: string): Promise<void> {
  const [mail] = sink.messagesTo(somebody);
  if (!mail) throw new Error('no mail arrived');
  const asked: string[] = [];
  const { results } = await dkimVerify(mail.raw, {
    strict: true,
    resolver: async (name, type) => {
      asked.push(`${name} ${type}`);
      return [[`v=DKIM1; k=rsa; p=${key}`]];
    },
  });
  const verdicts = results.map(({ status }) => status.result).join();
  if (verdicts !== 'pass') throw new Error(`DKIM after the hop: ${verdicts || 'no signature'}`);
  if (!/by relay\.example\.org \(Postfix\)/.test(mail.header('received') ?? ''))
    throw new Error('the mail did not come through Postfix');
  line(`✓ DKIM passes after the hop (${results[0]?.info}; key from ${asked.join()})`);
}

/** The service's own program, as an operator starts it. */
function startWorker(env: Secrets['env']) {
  const program = new URL('../server/main.ts', import.meta.url).pathname;
  const child = fork(program, { env: { ...process.env, ...env, ROLE: 'worker' }, stdio: 'inherit' });
  return {
    stop: () =>
      new Promise<void>((resolve) => {
        if (child.exitCode !== null) return resolve();
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

if (import.meta.main) process.exitCode = await main();
