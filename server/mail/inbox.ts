import { createServer } from 'node:net';
import { join } from 'node:path';
import { ConfigError } from '../config.ts';

export type Inbox = { smtpUrl: string; webUrl: string; close(): Promise<void> };

/**
 * A local inbox for trying things out: every mail is kept and can be read in a browser, none goes any further. Bound to
 * loopback; what has arrived is still there after a restart.
 */
export async function openInbox(dataDir: string): Promise<Inbox> {
  const MailDev = await loadMailDev();
  const [smtp, web] = [await freePort(1025), await freePort(1080)];
  const inbox = new MailDev({
    smtp,
    web,
    ip: '127.0.0.1',
    webIp: '127.0.0.1',
    mailDirectory: join(dataDir, 'inbox'),
    silent: true,
  });
  await inbox.start();
  return {
    smtpUrl: `smtp://127.0.0.1:${smtp}`,
    webUrl: `http://127.0.0.1:${web}`,
    close: () => inbox.stop(),
  };
}

/** It comes with the development packages: a production install has a relay of its own. */
async function loadMailDev() {
  try {
    return (await import('maildev')).MailDev;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ConfigError('SMTP_URL is needed where there is no local inbox: it takes smtp:// or smtps://');
  }
}

/** The port itself where it is free, else one that the system picks. */
async function freePort(wanted: number): Promise<number> {
  return (await tryPort(wanted)) ?? (await tryPort(0)) ?? wanted;
}

function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(null));
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : null));
    });
  });
}
