const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** Whom a mail program writes to when it leaves a list by mail, in the domain that takes bounces. */
export const unsubscribeName = 'unsubscribe';

/**
 * Where a mail's bounce goes: an address that names the delivery and proves it (VERP), or `MAIL_FROM` where no domain
 * takes bounces. Lower-case base32, because some relays change the case of a local part; 52 octets of the 64 allowed
 * (RFC 5321 section 4.5.3.1.1).
 * @param deliveryId a UUID
 */
export function returnPath(
  deliveryId: string,
  settings: { mailFrom: string; bounceDomain: string | null; sign: (text: string) => string },
): string {
  if (!settings.bounceDomain) return settings.mailFrom;
  const id = Buffer.from(deliveryId.replaceAll('-', ''), 'hex');
  const mac = Buffer.from(settings.sign(`bounce|${deliveryId}`), 'base64url').subarray(0, 16);
  return `${base32(id)}${base32(mac)}@${settings.bounceDomain}`;
}

/**
 * The delivery that a bounce's recipient names, or null where the address is none of ours or its MAC is not right: then
 * the report proves nothing.
 * @param address as the mail server gave it, in whatever case
 */
export function readReturnPath(
  address: string,
  settings: { bounceDomain: string | null; isSigned: (mac: string, text: string) => boolean },
): string | null {
  const [local = '', domain = ''] = address.toLowerCase().split('@');
  if (!settings.bounceDomain || domain !== settings.bounceDomain.toLowerCase()) return null;
  if (!/^[a-z2-7]{52}$/.test(local)) return null;
  const hex = unbase32(local.slice(0, 26)).toString('hex');
  const deliveryId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  const mac = unbase32(local.slice(26)).toString('base64url');
  return settings.isSigned(mac, `bounce|${deliveryId}`) ? deliveryId : null;
}

function unbase32(text: string): Buffer {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const character of text) {
    held = (held << 5) | alphabet.indexOf(character);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 255);
    held &= (1 << bits) - 1;
  }
  return Buffer.from(bytes);
}

/** RFC 4648 section 6, in lower case and without padding. */
function base32(bytes: Buffer): string {
  let bits = 0;
  let held = 0;
  let text = '';
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + alphabet[(held << (5 - bits)) & 31] : text;
}
