import { InvalidArgumentError } from 'commander';
import { isZone } from '../../server/events/local-time.ts';
import { readAddress, tidyName } from '../../server/people/rules.ts';

/** What is typed, checked. What is thrown here is wrong usage: commander says it, and the exit code is 2. */

export function address(text: string): string {
  const read = readAddress(text);
  if (read === null) throw new InvalidArgumentError('It takes a mail address such as anna@example.org.');
  return read;
}

export function zone(text: string): string {
  if (!isZone(text)) throw new InvalidArgumentError('It takes an IANA time zone such as Europe/Rome.');
  return text;
}

export function slug(text: string): string {
  if (!/^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/.test(text)) {
    throw new InvalidArgumentError('It takes small letters, digits and hyphens, such as bologna.');
  }
  return text;
}

export function name(text: string): string {
  const tidy = tidyName(text);
  if (tidy === '' || tidy.length > 100)
    throw new InvalidArgumentError('It takes a name of 1 to 100 characters.');
  return tidy;
}
