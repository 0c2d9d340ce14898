import { createServer } from 'node:net';
import { DemoError } from './place.ts';

/**
 * The port for the site. One that was asked for is taken or refused; else the one of last time, because the mails in
 * the inbox link to it, or the next one that is free.
 */
export async function choosePort(
  host: string,
  asked: number | null,
  lastTime: number | null,
): Promise<number> {
  if (asked !== null) {
    if (asked === 0 || (await isFree(host, asked))) return asked === 0 ? anyPort(host) : asked;
    throw new DemoError(`Port ${asked} is in use. Name another one: npm run demo -- --port ${asked + 1}`);
  }
  const first = lastTime ?? 3000;
  for (let port = first; port < first + 50 && port < 65_536; port += 1) {
    if (await isFree(host, port)) return port;
  }
  return anyPort(host);
}

async function isFree(host: string, port: number): Promise<boolean> {
  return (await bind(host, port)) !== null;
}

async function anyPort(host: string): Promise<number> {
  const port = await bind(host, 0);
  if (port === null)
    throw new DemoError(`Nothing can listen on ${host}: HOST takes an address of this machine.`);
  return port;
}

function bind(host: string, port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(null));
    probe.listen(port, host, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : null));
    });
  });
}
