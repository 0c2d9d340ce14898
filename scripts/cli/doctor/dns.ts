import { createPrivateKey, createPublicKey } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Config, Dkim } from '../../../server/config.ts';
import { type Check, type Finding, lineOf } from './finding.ts';

/** What DNS says of the sender's domain: without these three, large mail providers put mails into spam or refuse them. */
export const checkDns: Check = async function* (config) {
  const domain = config.mailFrom.slice(config.mailFrom.lastIndexOf('@') + 1);
  if (isIP(domain) || !domain.includes('.')) {
    const says = `${domain} is no domain of the internet: set MAIL_FROM before real mails leave`;
    yield { subject: 'sender', state: 'look', says };
    return;
  }
  const resolver = new Resolver({ timeout: 3_000, tries: 2 });
  if (!(await isKnown(resolver, domain))) {
    const says = `DNS says nothing of ${domain} here: no such domain, or no DNS; SPF, DKIM and DMARC could not be looked at`;
    yield { subject: 'sender', state: 'look', says };
    return;
  }
  yield await record(resolver, 'spf', domain, spfFinding);
  yield await dkimOf(resolver, config);
  yield await record(resolver, 'dmarc', `_dmarc.${domain}`, dmarcFinding);
};

/** Whether DNS holds anything under a name. */
async function isKnown(resolver: Resolver, domain: string): Promise<boolean> {
  const asked = await Promise.allSettled([
    resolver.resolveTxt(domain),
    resolver.resolveMx(domain),
    resolver.resolve4(domain),
  ]);
  const isAnswer = (result: PromiseSettledResult<unknown>) =>
    result.status === 'fulfilled' || (result.reason as NodeJS.ErrnoException).code === 'ENODATA';
  return asked.some(isAnswer);
}

async function dkimOf(resolver: Resolver, { dkim, mailFrom }: Config): Promise<Finding> {
  if (!dkim) {
    const says =
      'not signed here (DKIM_DOMAIN, DKIM_SELECTOR, DKIM_KEY): well only where the relay signs for your domain';
    return { subject: 'dkim', state: 'look', says };
  }
  if (!isAligned(mailFrom, dkim)) {
    const says = `signed by ${dkim.domain}, which is not the domain of ${mailFrom}: it counts for nothing with DMARC`;
    return { subject: 'dkim', state: 'wrong', says };
  }
  const name = `${dkim.selector}._domainkey.${dkim.domain}`;
  return record(resolver, 'dkim', name, (texts) => dkimFinding(texts, name, dkim));
}

async function record(
  resolver: Resolver,
  subject: string,
  name: string,
  judge: (texts: readonly string[], name: string) => Finding,
): Promise<Finding> {
  try {
    const texts = await resolver.resolveTxt(name);
    return judge(
      texts.map((parts) => parts.join('')),
      name,
    );
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENODATA' || code === 'ENOTFOUND') return judge([], name);
    return { subject, state: 'look', says: `DNS does not answer here (${lineOf(error)}): nobody can tell` };
  }
}

/** RFC 7208: exactly one record, which ends by refusing or doubting all others. */
export function spfFinding(texts: readonly string[], domain: string): Finding {
  const found = texts.filter((text) => /^v=spf1( |$)/i.test(text));
  const subject = 'spf';
  if (found.length === 0) {
    const says = `${domain} has none: add a TXT record such as "v=spf1 include:YOUR-RELAY -all", as your relay says`;
    return { subject, state: 'wrong', says };
  }
  if (found.length > 1) {
    return {
      subject,
      state: 'wrong',
      says: `${domain} has ${found.length} of them, which counts as none: join them to one`,
    };
  }
  if (/\+?all$/i.test(found[0] as string) && !/[-~?]all$/i.test(found[0] as string)) {
    return { subject, state: 'wrong', says: `"${found[0]}" lets everybody send: end it with -all or ~all` };
  }
  return { subject, state: 'well', says: `${found[0]}: look that your relay is in it` };
}

/** RFC 7489 section 3.1.1: the signer's domain is the sender's, or above or below it. */
export function isAligned(mailFrom: string, { domain }: Pick<Dkim, 'domain'>): boolean {
  const sender = mailFrom.slice(mailFrom.lastIndexOf('@') + 1).toLowerCase();
  const isBelow = (one: string, other: string) => one === other || one.endsWith(`.${other}`);
  return isBelow(sender, domain) || isBelow(domain, sender);
}

/** RFC 6376 section 3.6.1: the published key must be the one that signs. */
export function dkimFinding(texts: readonly string[], name: string, dkim: Dkim): Finding {
  const subject = 'dkim';
  const own = createPublicKey(createPrivateKey(dkim.key))
    .export({ type: 'spki', format: 'der' })
    .toString('base64');
  const published = texts.map((text) => /(?:^|;)\s*p=([^;]*)/i.exec(text)?.[1]?.replace(/\s/g, ''));
  if (published.includes(own)) return { subject, state: 'well', says: `${name} holds our key` };
  const says = texts.length === 0 ? `${name} has no TXT record` : `${name} holds another key`;
  return { subject, state: 'wrong', says: `${says}: publish "v=DKIM1; k=rsa; p=${own}"` };
}

/** RFC 7489 section 6.3. */
export function dmarcFinding(texts: readonly string[], name: string): Finding {
  const subject = 'dmarc';
  const found = texts.find((text) => /^v=DMARC1\s*(;|$)/i.test(text));
  if (found) return { subject, state: 'well', says: found };
  return { subject, state: 'wrong', says: `${name} has none: add a TXT record such as "v=DMARC1; p=none"` };
}
