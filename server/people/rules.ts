/** Pure rules about people's names and addresses. */

const longestAddress = 254;

/**
 * A mail address as we keep it: trimmed, in lower case.
 * @returns null for what no mail server would take (RFC 5321 section 4.1.2, without quoted local parts and literals)
 */
export function readAddress(text: string): string | null {
  const address = text.trim().toLowerCase();
  if (address.length > longestAddress) return null;
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at);
  const domain = address.slice(at + 1);
  if (at < 1 || local.length > 64 || !isLocalPart(local) || !isDomain(domain)) return null;
  return address;
}

function isLocalPart(text: string): boolean {
  return /^[^\s@"(),:;<>[\\\]\p{Cc}]+$/u.test(text) && !/^\.|\.\.|\.$/.test(text);
}

function isDomain(text: string): boolean {
  return (
    text.split('.').length > 1 &&
    text.split('.').every((label) => /^[\p{L}\p{N}]([\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?$/u.test(label))
  );
}

/** A name as it is kept: without control characters, one space between words. */
export function tidyName(text: string): string {
  return text.replace(/[\p{Cc}\s]+/gu, ' ').trim();
}

/**
 * A whole name in two: the first word is the first name, all that follows the last. Where a comma stands, the last
 * name comes first ("Ricci, Anna Maria").
 */
export function splitName(text: string): { firstName: string; lastName: string } {
  const [before = '', ...after] = text.split(',').map(tidyName);
  const first = after.filter(Boolean).join(' ');
  if (before && first) return { firstName: first, lastName: before };
  const [firstName = '', ...rest] = (before || first).split(' ');
  return { firstName, lastName: rest.join(' ') };
}

/** "giulia.rossi@…" is most likely Giulia Rossi. */
export function guessName(email: string): { firstName: string; lastName: string } {
  const words = (email.split('@')[0] as string)
    .replace(/\+.*$/, '')
    .split(/[._-]+/)
    .map((word) => word.replace(/\d+$/, ''))
    .filter((word) => word.length > 1);
  const [firstName = email.split('@')[0] as string, ...rest] = words;
  return { firstName: capital(firstName), lastName: rest.map(capital).join(' ') };
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
