const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

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
