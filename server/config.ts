import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { asciiDomain, needsSmtpUtf8, readWireAddress } from './mail/address.ts';

/** A wrong environment variable. The message is the one line that the operator reads. */
export class ConfigError extends Error {}

type Parse<T> = (value: string | undefined, env: NodeJS.ProcessEnv) => T;

const text =
  (fallback: string): Parse<string> =>
  (value) =>
    value || fallback;

const optional: Parse<string | null> = (value) => value || null;

const oneOf =
  <const T extends string>(choices: readonly T[], fallback: T): Parse<T> =>
  (value) => {
    if (!value) return fallback;
    const found = choices.find((choice) => choice === value);
    if (!found) throw new ConfigError(`takes one of ${choices.join(', ')}, not "${value}"`);
    return found;
  };

function numberFrom(value: string, least: number, most: number, whole: boolean): number {
  const number = Number(value);
  if (!Number.isFinite(number) || number < least || number > most || (whole && !Number.isInteger(number))) {
    throw new ConfigError(`takes a ${whole ? 'whole ' : ''}number from ${least} to ${most}, not "${value}"`);
  }
  return number;
}

const whole =
  (least: number, most: number, fallback: number): Parse<number> =>
  (value) =>
    value ? numberFrom(value, least, most, true) : fallback;

const optionalNumber =
  (least: number, most: number, mustBeWhole: boolean): Parse<number | null> =>
  (value) =>
    value ? numberFrom(value, least, most, mustBeWhole) : null;

const url =
  (protocols: readonly string[]): Parse<string | null> =>
  (value) => {
    if (!value) return null;
    const parsed = URL.parse(value);
    // The value may hold a password: it is not repeated.
    if (!parsed || !protocols.includes(parsed.protocol)) {
      throw new ConfigError(
        `takes an address that begins with ${protocols.map((p) => `${p}//`).join(' or ')}`,
      );
    }
    return value;
  };

const mailboxUrl: Parse<string | null> = (value, env) => {
  const given = url(['imap:', 'imaps:'])(value, env);
  if (given && !new URL(given).username) throw new ConfigError('takes imaps://user:password@host/INBOX');
  return given;
};

const publicUrl: Parse<string> = (value, env) => {
  const fallback = `http://${hostForUrl(env.HOST || '127.0.0.1')}:${env.PORT || '3000'}`;
  return new URL(url(['http:', 'https:'])(value, env) ?? fallback).origin;
};

function hostForUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

const mailAddress: Parse<string> = (value, env) => {
  if (!value) return `ritrovo@${mailHost(publicUrl(env.PUBLIC_URL, env))}`;
  const given = value.match(/<([^<>]+)>\s*$/)?.[1] ?? value.trim();
  const address = readWireAddress(given);
  // With other letters every mail would need a server that takes them, on each way.
  if (!address || needsSmtpUtf8(address)) {
    throw new ConfigError(`takes a mail address such as "eventi@example.org", not "${value}"`);
  }
  return address;
};

const domain: Parse<string | null> = (value) => {
  if (!value) return null;
  const ascii = asciiDomain(value.trim().toLowerCase());
  if (!ascii) throw new ConfigError(`takes a domain such as "example.org", not "${value}"`);
  return ascii;
};

function mailHost(origin: string): string {
  const { hostname } = new URL(origin);
  return /^[\d.]+$|^\[/.test(hostname) ? 'localhost' : hostname;
}

const relayName: Parse<string | null> = (value) => {
  const name = value?.trim() ?? '';
  if (name === '') return null;
  if (!/^[\w.-]{1,255}$/.test(name)) {
    throw new ConfigError(
      `takes the name that your relay writes first into Authentication-Results, such as "mx.example.org", not "${value}"`,
    );
  }
  return name;
};

const secretKeys: Parse<string[] | null> = (value) => {
  if (!value) return null;
  const keys = value.split(',').map((key) => key.trim());
  if (keys.some((key) => key.length < 32)) {
    throw new ConfigError('takes keys of at least 32 characters, separated by commas; the first one signs');
  }
  return keys;
};

const trustProxy: Parse<boolean | string> = (value) => {
  if (!value || value === 'false') return false;
  if (value === 'true') return true;
  const proxies = value.split(',').map((proxy) => proxy.trim());
  if (!proxies.every(isProxy)) {
    throw new ConfigError(
      `takes true, false, or a comma-separated list of loopback, linklocal, uniquelocal, addresses and ranges such as 10.0.0.0/8, not "${value}"`,
    );
  }
  return proxies.join(',');
};

function isProxy(text: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true;
  const [, address = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  return (
    family !== 0 && (bits === undefined || (Number(bits) > 0 && Number(bits) <= (family === 4 ? 32 : 128)))
  );
}

const variables = {
  DATABASE_URL: url(['postgres:', 'postgresql:']),
  DATA_DIR: ((value) => resolve(value || '.data')) as Parse<string>,
  HOST: text('127.0.0.1'),
  PORT: whole(0, 65535, 3000),
  PUBLIC_URL: publicUrl,
  SMTP_URL: url(['smtp:', 'smtps:']),
  MAIL_FROM: mailAddress,
  MAIL_CONNECTIONS: whole(1, 100, 5),
  MAIL_RATE: optionalNumber(0.01, 100_000, false),
  MAIL_DAILY_LIMIT: optionalNumber(1, 100_000_000, true),
  DKIM_DOMAIN: domain,
  DKIM_SELECTOR: optional,
  DKIM_KEY: optional,
  DKIM_KEY_FILE: optional,
  BOUNCE_DOMAIN: domain,
  INBOUND_SMTP_PORT: optionalNumber(1, 65535, true),
  INBOUND_IMAP_URL: mailboxUrl,
  INBOUND_TRUSTED_RELAY: relayName,
  SECRET_KEYS: secretKeys,
  // One that is alone has nobody who could take over meanwhile.
  DRAIN_SECONDS: (value, env) => whole(0, 300, env.ROLE === 'web' ? 5 : 0)(value, env),
  ROLE: oneOf(['all', 'web', 'worker'], 'all'),
  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
  TRUST_PROXY: trustProxy,
} satisfies Record<string, Parse<unknown>>;

type Variables = { [K in keyof typeof variables]: ReturnType<(typeof variables)[K]> };

export type Dkim = { domain: string; selector: string; key: string };
export type Config = ReturnType<typeof readConfig>;

/**
 * Reads the environment, once, for the whole process.
 * @throws ConfigError with one line that names the variable and what it takes.
 */
export function readConfig(env: NodeJS.ProcessEnv) {
  const v = Object.fromEntries(
    Object.entries(variables).map(([name, parse]) => {
      try {
        return [name, (parse as Parse<unknown>)(env[name], env)];
      } catch (error) {
        throw error instanceof ConfigError ? new ConfigError(`${name} ${error.message}`) : error;
      }
    }),
  ) as Variables;
  const local = isLocal(v.PUBLIC_URL);
  if (!local && !v.SMTP_URL && v.ROLE !== 'web') {
    throw new ConfigError(
      `SMTP_URL is needed when PUBLIC_URL is ${v.PUBLIC_URL}: it takes smtp:// or smtps://`,
    );
  }
  if (!local && v.DATABASE_URL && !v.SECRET_KEYS) {
    throw new ConfigError(
      'SECRET_KEYS is needed with DATABASE_URL and a public PUBLIC_URL: it takes keys of at least 32 characters, separated by commas',
    );
  }
  return {
    databaseUrl: v.DATABASE_URL,
    dataDir: v.DATA_DIR,
    host: v.HOST,
    port: v.PORT,
    publicUrl: v.PUBLIC_URL,
    smtpUrl: v.SMTP_URL,
    mailFrom: v.MAIL_FROM,
    mailConnections: v.MAIL_CONNECTIONS,
    mailRate: v.MAIL_RATE,
    mailDailyLimit: v.MAIL_DAILY_LIMIT,
    dkim: readDkim(v),
    bounceDomain: v.BOUNCE_DOMAIN,
    inboundSmtpPort: v.INBOUND_SMTP_PORT,
    inboundImapUrl: v.INBOUND_IMAP_URL,
    /** The authserv-id of a relay before us whose word on who wrote a mail is taken (RFC 8601). */
    trustedRelay: v.INBOUND_TRUSTED_RELAY,
    /** Whether mail can come back to us: calendars then get a REQUEST that they may answer. */
    inbound: v.INBOUND_SMTP_PORT !== null || v.INBOUND_IMAP_URL !== null,
    secretKeys: v.SECRET_KEYS,
    /** How long a process that was asked to end still takes requests, having said that it is not ready. */
    drainSeconds: v.DRAIN_SECONDS,
    role: v.ROLE,
    logLevel: v.LOG_LEVEL,
    trustProxy: v.TRUST_PROXY,
    local,
  };
}

function readDkim(v: Variables): Dkim | null {
  const key = v.DKIM_KEY?.replaceAll('\\n', '\n') ?? (v.DKIM_KEY_FILE ? readKeyFile(v.DKIM_KEY_FILE) : null);
  if (!key && !v.DKIM_DOMAIN && !v.DKIM_SELECTOR) return null;
  if (!v.DKIM_DOMAIN)
    throw new ConfigError('DKIM_DOMAIN is needed to sign: it takes the domain of MAIL_FROM');
  if (!v.DKIM_SELECTOR)
    throw new ConfigError('DKIM_SELECTOR is needed to sign: it takes the name of the DNS record');
  if (!key?.includes('PRIVATE KEY')) {
    throw new ConfigError(
      'DKIM_KEY (or DKIM_KEY_FILE) is needed to sign: it takes a private key in PEM form',
    );
  }
  return { domain: v.DKIM_DOMAIN, selector: v.DKIM_SELECTOR, key };
}

function readKeyFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new ConfigError(`DKIM_KEY_FILE takes the path of a readable file, not "${path}"`);
  }
}

function isLocal(origin: string): boolean {
  const { hostname } = new URL(origin);
  return hostname === 'localhost' || hostname.endsWith('.localhost') || /^127\.|^\[::1\]$/.test(hostname);
}
