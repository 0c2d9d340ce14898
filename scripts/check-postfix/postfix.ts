import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { choosePort } from '../demo/ports.ts';

const run = promisify(execFile);

export type Postfix = {
  port: number;
  /** What it wrote into its log. */
  log(): Promise<string>;
  /** Tries at once what waits in its queue. */
  flush(): Promise<void>;
  /** Stops it, and leaves nothing of it. */
  stop(): Promise<void>;
};

/** Debian's, which is not on every machine. */
export async function findPostfix(): Promise<string | null> {
  try {
    const { stdout } = await run('postconf', ['-d', '-h', 'mail_version']);
    return stdout.trim();
  } catch {
    return null;
  }
}

export type PostfixOptions = {
  /** Which port on this machine takes a domain's mail. */
  transports: Record<string, number>;
  /** Other lines of main.cf. */
  settings?: Record<string, string>;
};

/**
 * A Postfix of one's own: configuration, queue, log and port under a folder of its own, bound to loopback, and nothing of
 * the system's touched. It must be started as root, as any Postfix, and knows no mailbox: all that it takes it hands on.
 */
export async function startPostfix({ transports, settings = {} }: PostfixOptions): Promise<Postfix> {
  const home = await mkdtemp(join(tmpdir(), 'ritrovo-postfix-'));
  const at = (name: string) => join(home, name);
  const port = await choosePort('127.0.0.1', 0, null);
  // Its programs run as `postfix`, and have to pass.
  await chmod(home, 0o755);
  for (const folder of ['etc', 'queue', 'data']) await mkdir(at(folder));
  await run('chown', ['postfix', at('data')]);
  const routes = Object.entries(transports).map(([domain, to]) => `${domain} smtp:[127.0.0.1]:${to}\n`);
  await writeFile(at('etc/transport'), routes.join(''));
  const main = {
    compatibility_level: '3.6',
    queue_directory: at('queue'),
    data_directory: at('data'),
    maillog_file: at('log'),
    maillog_file_prefixes: home,
    myhostname: 'relay.example.org',
    mydestination: '',
    alias_maps: '',
    local_recipient_maps: '',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    mynetworks: '127.0.0.0/8',
    smtp_dns_support_level: 'disabled',
    smtp_host_lookup: 'native',
    transport_maps: `texthash:${at('etc/transport')}`,
    smtpd_relay_restrictions: 'permit_mynetworks, reject',
    minimal_backoff_time: '2s',
    queue_run_delay: '2s',
    smtpd_timeout: '30s',
    ...settings,
  };
  await writeFile(
    at('etc/main.cf'),
    Object.entries(main)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join(''),
  );
  await writeFile(
    at('etc/master.cf'),
    masterOf(await readFile('/usr/share/postfix/master.cf.dist', 'utf8'), port),
  );
  const postfix = (command: string) => run('postfix', ['-c', at('etc'), command]);
  const stop = async () => {
    await postfix('stop').catch(() => {});
    await rm(home, { recursive: true, force: true });
  };
  try {
    await postfix('start');
  } catch (error) {
    const said = await readFile(at('log'), 'utf8').catch(() => '');
    await stop();
    throw new Error(`Postfix does not start: ${(error as Error).message} ${said}`);
  }
  return {
    port,
    log: () => readFile(at('log'), 'utf8'),
    async flush() {
      await postfix('flush');
      await sleep(200);
    },
    stop,
  };
}

/** Debian's own services, outside any chroot, listening on our port in place of 25. */
function masterOf(dist: string, port: number): string {
  return dist
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.replace(/^smtp(\s+)inet/, `127.0.0.1:${port}$1inet`))
    .map((line) => line.replace(/^(\S+\s+(?:inet|unix|unix-dgram|fifo|pass)\s+\S+\s+\S+\s+)y/, '$1n'))
    .join('\n');
}
