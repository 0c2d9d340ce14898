import { describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from '../server/config.ts';

describe('TRUST_PROXY', () => {
  test.each([
    [undefined, false],
    ['false', false],
    ['true', true],
    ['uniquelocal', 'uniquelocal'],
    ['loopback, 10.0.0.0/8', 'loopback,10.0.0.0/8'],
    ['fd00::/8,192.0.2.1', 'fd00::/8,192.0.2.1'],
  ])('%s', (given, read) => {
    expect(readConfig({ TRUST_PROXY: given }).trustProxy).toBe(read);
  });

  // "1" would be taken for the address 0.0.0.1: the proxy would then be everybody's address, and share one limit.
  test.each(['1', 'yes', '10.0.0.0/33', 'caddy', '10.0.0.1,', '10.0.0.0/'])('%s is refused', (given) => {
    expect(() => readConfig({ TRUST_PROXY: given })).toThrow(ConfigError);
    expect(() => readConfig({ TRUST_PROXY: given })).toThrow(/^TRUST_PROXY takes .*$/);
  });
});

describe('the domains of mail', () => {
  test('are kept as DNS knows them', () => {
    const config = readConfig({
      MAIL_FROM: 'Rete <eventi@caffè.example>',
      BOUNCE_DOMAIN: 'Rimbalzi.Caffè.example',
    });
    expect(config.mailFrom).toBe('eventi@xn--caff-8oa.example');
    expect(config.bounceDomain).toBe('rimbalzi.xn--caff-8oa.example');
  });

  test.each([
    ['MAIL_FROM', 'così@example.org'],
    ['MAIL_FROM', 'eventi@example.org, altri@example.org'],
    ['BOUNCE_DOMAIN', 'a@example.org'],
    ['DKIM_DOMAIN', 'example.org; d=other.example'],
    ['INBOUND_IMAP_URL', 'imaps://imap.example.org/INBOX'],
    ['INBOUND_IMAP_URL', 'https://user:password@example.org'],
  ])('%s, %s, is refused', (name, given) => {
    expect(() => readConfig({ [name]: given })).toThrow(new RegExp(`^${name} takes .*$`));
  });
});
