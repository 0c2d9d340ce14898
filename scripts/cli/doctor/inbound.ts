import { Resolver } from 'node:dns/promises';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Config } from '../../../server/config.ts';
import { type Check, type Finding, lineOf } from './finding.ts';

/** Mail that comes in: whether what servers say of our mails finds its way here. */
export const checkInbound: Check = async function* (config) {
  const { bounceDomain, inbound, inboundSmtpPort, inboundImapUrl } = config;
  if (!bounceDomain && !inbound) {
    const says =
      'nothing is set (BOUNCE_DOMAIN and INBOUND_SMTP_PORT or INBOUND_IMAP_URL): mails that come back are not seen';
    yield { subject: 'inbound', state: 'look', says };
    return;
  }
  if (!bounceDomain) {
    const says = 'BOUNCE_DOMAIN is not set: no mail that comes back says whose it was';
    yield { subject: 'inbound', state: 'wrong', says };
  } else if (!inbound) {
    const says = `mails come back to ${bounceDomain}, and nobody reads them: set INBOUND_SMTP_PORT or INBOUND_IMAP_URL`;
    yield { subject: 'inbound', state: 'wrong', says };
  }
  if (bounceDomain) yield await mxOf(bounceDomain, config);
  // Calendars answer to the address that our mails come from.
  const fromDomain = config.mailFrom.slice(config.mailFrom.lastIndexOf('@') + 1).toLowerCase();
  if (inbound && fromDomain !== bounceDomain)
    yield answersFinding(await mxOf(fromDomain, config), { address: config.mailFrom, domain: fromDomain });
  if (inboundSmtpPort !== null) yield await listens(config.host, inboundSmtpPort);
  if (inboundImapUrl !== null) yield await opens(inboundImapUrl);
};

/** A mail server that DNS names for the domain of bounces, and where it is. */
export type Exchange = { name: string; addresses: readonly string[] };

async function mxOf(domain: string, config: Config): Promise<Finding> {
  const resolver = new Resolver({ timeout: 3_000, tries: 2 });
  try {
    const records = await resolver.resolveMx(domain);
    const exchanges = await Promise.all(
      records
        .sort((a, b) => a.priority - b.priority)
        .map(async ({ exchange }) => ({ name: exchange, addresses: await addressesOf(resolver, exchange) })),
    );
    const own = Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? []);
    return mxFinding(exchanges, { domain, own, port: config.inboundSmtpPort });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENODATA' || code === 'ENOTFOUND')
      return mxFinding([], { domain, own: [], port: config.inboundSmtpPort });
    const says = `DNS does not answer here (${lineOf(error)}): nobody can tell where ${domain} leads`;
    return { subject: 'bounce mx', state: 'look', says };
  }
}

/**
 * The same for the address that calendars answer to, in a domain where others have their mailboxes too: what comes for it
 * alone has to reach us.
 */
export function answersFinding(
  { state, says }: Finding,
  { address, domain }: { address: string; domain: string },
): Finding {
  const subject = 'answers mx';
  // Nothing breaks where calendars cannot answer: her link does.
  if (state === 'wrong') return { subject, state: 'look', says: `${says}: no answer by calendar reaches us` };
  const ours = `what comes for ${address}`;
  return {
    subject,
    state,
    says: says
      .replace('all of it lands', `${ours} lands`)
      .replace('mail for the domain', `${ours} (not all of ${domain})`),
  };
}

async function addressesOf(resolver: Resolver, name: string): Promise<string[]> {
  const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  return found.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
}

/**
 * RFC 5321 section 5.1 and RFC 7505.
 * @param port where our listener is; null where a mailbox is read instead
 */
export function mxFinding(
  exchanges: readonly Exchange[],
  { domain, own, port }: { domain: string; own: readonly string[]; port: number | null },
): Finding {
  const subject = 'bounce mx';
  const [first] = exchanges;
  if (!first || first.name === '' || first.name === '.') {
    const says = `${domain} takes no mail: add an MX record to the server that takes it`;
    return { subject, state: 'wrong', says };
  }
  if (first.addresses.length === 0)
    return { subject, state: 'wrong', says: `${domain} leads to ${first.name}, which has no address` };
  const leads = `${domain} leads to ${first.name} (${first.addresses.join(', ')})`;
  if (port === null)
    return { subject, state: 'well', says: `${leads}: look that all of it lands in the one mailbox` };
  const isHere = first.addresses.some((address) => own.includes(address));
  if (isHere && port === 25) return { subject, state: 'well', says: `${leads}, which is here` };
  const where = isHere ? 'which is here, but at port 25' : 'which is no address of this machine';
  const says = `${leads}, ${where}: well where what listens there hands mail for the domain on to port ${port}`;
  return { subject, state: 'look', says };
}

/** Whether our own listener answers: another program's greeting has another name. */
async function listens(host: string, port: number): Promise<Finding> {
  const subject = 'inbound smtp';
  const at = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  try {
    const greeting = await greetingOf(at, port);
    if (/^220 .*Ritrovo/.test(greeting)) return { subject, state: 'well', says: `${at}:${port} answers` };
    const says = `something else listens on ${at}:${port} ("${greeting.slice(0, 60)}"): choose another INBOUND_SMTP_PORT`;
    return { subject, state: 'wrong', says };
  } catch (error) {
    const says = `nothing answers on ${at}:${port} (${lineOf(error)}): it does while the worker runs`;
    return { subject, state: 'look', says };
  }
}

function greetingOf(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: 5_000 });
    let said = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      said += chunk;
      if (!said.includes('\n') && said.length < 1000) return;
      socket.end('QUIT\r\n');
      resolve(said.trim());
    });
    socket.once('timeout', () => socket.destroy(new Error('no greeting within 5 s')));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed without a greeting')));
  });
}

async function opens(imapUrl: string): Promise<Finding> {
  const subject = 'inbound imap';
  const { openMailbox } = await import('../../../server/inbound/mailbox.ts');
  try {
    const mailbox = await openMailbox(imapUrl);
    try {
      const waiting = (await mailbox.unread()).length;
      const says = `${new URL(imapUrl).hostname} takes the password; ${waiting} not read yet`;
      return { subject, state: 'well', says };
    } finally {
      await mailbox.close();
    }
  } catch (error) {
    return { subject, state: 'wrong', says: `${lineOf(error)}: look at INBOUND_IMAP_URL` };
  }
}
