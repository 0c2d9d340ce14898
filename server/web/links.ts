import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto';

/**
 * Capability links: whoever holds one may do what it says, and nothing else. A token is
 * `publicId.mac`, both base64url; the MAC is HMAC-SHA256 over the purpose and all that the link stands for,
 * cut to 128 bits (RFC 2104 section 5). The first key signs, all keys verify.
 */
export type Links = ReturnType<typeof createLinks>;

/** The part of a mail stream that one opts out of, as it stands in a `/u/` token. */
export const topics = [
  'invitation',
  'reminder',
  'thanks',
  'feedback',
  'introduction',
  'announcement',
] as const;
export type Topic = (typeof topics)[number];

export function createLinks(publicUrl: string, secrets: readonly string[]) {
  // Read once: a key in words would be read anew for each link.
  const keys = secrets.map((secret) => createSecretKey(secret, 'utf8'));
  const [signingKey] = keys;
  if (!signingKey) throw new Error('at least one secret key is needed');

  const token = (publicId: string, text: string) => `${publicId}.${mac(signingKey, text)}`;
  const genuine = (given: string, text: string) => {
    // Every key is tried, so that the time taken says nothing about which one fits.
    let found = false;
    for (const key of keys) if (same(given, mac(key, text))) found = true;
    return found;
  };

  return {
    /** `/r/{token}` of one person for one event. */
    rsvpToken: (invitation: { id: string; eventId: string; personId: string; linkEpoch: number }) =>
      token(shortId(invitation.id), rsvpText(invitation)),
    rsvpUrl(invitation: { id: string; eventId: string; personId: string; linkEpoch: number }) {
      return `${publicUrl}/r/${this.rsvpToken(invitation)}`;
    },
    /** Whether a token's MAC is that of the invitation which its public part names. */
    isRsvpMac: (given: string, invitation: { eventId: string; personId: string; linkEpoch: number }) =>
      genuine(given, rsvpText(invitation)),

    /** `/u/{token}`: it names all that it needs, so that it works for ever. */
    unsubscribeUrl(of: { personId: string; chapterId: string; topic: Topic }) {
      const publicId = Buffer.concat([
        idBytes(of.personId),
        idBytes(of.chapterId),
        Buffer.from([topics.indexOf(of.topic)]),
      ]).toString('base64url');
      return `${publicUrl}/u/${token(publicId, `unsubscribe|${publicId}`)}`;
    },
    readUnsubscribeToken(given: string): { personId: string; chapterId: string; topic: Topic } | null {
      const { publicId, mac } = split(given);
      const bytes = Buffer.from(publicId, 'base64url');
      const topic = topics[bytes[32] ?? -1];
      if (!genuine(mac, `unsubscribe|${publicId}`) || bytes.length !== 33 || !topic) return null;
      return { personId: idText(bytes.subarray(0, 16)), chapterId: idText(bytes.subarray(16, 32)), topic };
    },

    /** `/m/{token}`: the messages of one chapter that one person may read, until her links are revoked. */
    archiveUrl(of: { personId: string; chapterId: string; linkEpoch: number }) {
      const publicId = Buffer.concat([idBytes(of.personId), idBytes(of.chapterId)]).toString('base64url');
      return `${publicUrl}/m/${token(publicId, archiveText(of))}`;
    },
    /** Of whom and of which chapter the public part of a `/m/` token speaks, whether or not it is genuine. */
    readArchiveToken: readPersonAndChapter,
    isArchiveMac: (given: string, of: { personId: string; chapterId: string; linkEpoch: number }) =>
      genuine(given, archiveText(of)),

    /**
     * `/f/{token}`: what one person says after an event. Its public part is her invitation's id, as in `/r/`; the one does
     * not open the other.
     */
    feedbackUrl: (invitation: { id: string; eventId: string; personId: string; linkEpoch: number }) =>
      `${publicUrl}/f/${token(shortId(invitation.id), feedbackText(invitation))}`,
    isFeedbackMac: (given: string, invitation: { eventId: string; personId: string; linkEpoch: number }) =>
      genuine(given, feedbackText(invitation)),

    /** `/me/{token}`: one person's own page, until her links are revoked. */
    ownPageUrl: (of: { personId: string; linkEpoch: number }) =>
      `${publicUrl}/me/${token(shortId(of.personId), ownPageText(of))}`,
    isOwnPageMac: (given: string, of: { personId: string; linkEpoch: number }) =>
      genuine(given, ownPageText(of)),

    /**
     * `/cal/{token}/calendar.ics`: one person's own calendar, until she renews its address or all her links. It shows her
     * events and changes nothing.
     */
    feedUrl: (of: { personId: string; linkEpoch: number; feedEpoch: number }) =>
      `${publicUrl}/cal/${token(shortId(of.personId), feedText(of))}/calendar.ics`,
    isFeedMac: (given: string, of: { personId: string; linkEpoch: number; feedEpoch: number }) =>
      genuine(given, feedText(of)),

    /** `/d/{token}`: the directory of one chapter, for one person, while she belongs to it and her links hold. */
    directoryUrl(of: { personId: string; chapterId: string; linkEpoch: number }) {
      const publicId = Buffer.concat([idBytes(of.personId), idBytes(of.chapterId)]).toString('base64url');
      return `${publicUrl}/d/${token(publicId, directoryText(of))}`;
    },
    /** Of whom and of which chapter the public part of a `/d/` token speaks, whether or not it is genuine. */
    readDirectoryToken: readPersonAndChapter,
    isDirectoryMac: (given: string, of: { personId: string; chapterId: string; linkEpoch: number }) =>
      genuine(given, directoryText(of)),

    /** `/i/{token}`: one of two who are introduced, until her links are revoked. */
    introductionUrl(of: { introductionId: string; personId: string; linkEpoch: number }) {
      const publicId = Buffer.concat([idBytes(of.introductionId), idBytes(of.personId)]).toString(
        'base64url',
      );
      return `${publicUrl}/i/${token(publicId, introductionText(of))}`;
    },
    /** Of which introduction and of whom the public part of an `/i/` token speaks, whether or not it is genuine. */
    readIntroductionToken(given: string): { introductionId: string; personId: string; mac: string } | null {
      const { publicId, mac } = split(given);
      const bytes = Buffer.from(publicId, 'base64url');
      if (bytes.length !== 32 || bytes.toString('base64url') !== publicId) return null;
      return { introductionId: idText(bytes.subarray(0, 16)), personId: idText(bytes.subarray(16)), mac };
    },
    isIntroductionMac: (given: string, of: { introductionId: string; personId: string; linkEpoch: number }) =>
      genuine(given, introductionText(of)),

    /** `/c/{slug}/join/{token}`: with it the owner of an address says that a request to join is hers. */
    joinUrl(of: { requestId: string; personId: string; linkEpoch: number; slug: string }) {
      const publicId = idBytes(of.requestId).toString('base64url');
      return `${publicUrl}/c/${of.slug}/join/${token(publicId, joinText(of))}`;
    },
    /** Of which request the public part of such a token speaks, whether or not it is genuine. */
    readJoinToken(given: string): { requestId: string; mac: string } | null {
      const { publicId, mac } = split(given);
      const bytes = Buffer.from(publicId, 'base64url');
      if (bytes.length !== 16 || bytes.toString('base64url') !== publicId) return null;
      return { requestId: idText(bytes), mac };
    },
    isJoinMac: (given: string, of: { requestId: string; personId: string; linkEpoch: number }) =>
      genuine(given, joinText(of)),

    /** A calendar entry's UID for life; its MAC lets a reply prove itself. */
    calendarUid: (eventId: string, personId: string) =>
      `${shortId(eventId)}.${mac(signingKey, `calendar|${eventId}|${personId}`)}@${new URL(publicUrl).hostname}`,

    /** Of which event a calendar UID speaks, whether or not it is genuine; null for one that is none of ours. */
    readCalendarUid(given: string): { eventId: string; mac: string } | null {
      const { publicId, mac: rest } = split(given);
      const bytes = Buffer.from(publicId, 'base64url');
      if (bytes.length !== 16 || bytes.toString('base64url') !== publicId) return null;
      return { eventId: idText(bytes), mac: rest.slice(0, rest.indexOf('@')) };
    },
    /** Whether a UID is the one that was stored. */
    isCalendarUid: (given: string, stored: string) => same(given, stored),
    /** Whether it was made for this person, with whatever key: of her who was merged into another it is stored no more. */
    isCalendarMac: (given: string, of: { eventId: string; personId: string }) =>
      genuine(given, `calendar|${of.eventId}|${of.personId}`),

    /**
     * What the code says that she shows at a door: one per key, the signing key's first. It names her to a list that
     * holds the same, and opens nothing. Capitals and digits alone, which make the smallest picture.
     */
    doorCodes: (of: { eventId: string; personId: string; linkEpoch: number }) =>
      keys.map((key) => `RITROVO:${doorCode(key, of)}`),

    /** Keyed hashes of an address, one per key, the signing key's first. */
    addressHashes: (address: string) =>
      keys.map((key) => createHmac('sha256', key).update(`address|${address.toLowerCase()}`).digest()),

    /** Signs a text for a cookie or a form: 22 characters. */
    sign: (text: string) => mac(signingKey, `form|${text}`),
    isSigned: (given: string, text: string) => genuine(given, `form|${text}`),

    /** Six digits that only a holder of the key can work out, to be typed on another device. */
    code: (text: string) =>
      String(
        createHmac('sha256', signingKey).update(`code|${text}`).digest().readUInt32BE() % 1_000_000,
      ).padStart(6, '0'),

    url: (path: string) => `${publicUrl}${path}`,
    publicUrl,
  };
}

/** The two halves of a token. A broken one gives halves that match nothing, and takes as long. */
export function split(token: string): { publicId: string; mac: string } {
  const dot = token.indexOf('.');
  return dot < 0
    ? { publicId: token, mac: '' }
    : { publicId: token.slice(0, dot), mac: token.slice(dot + 1) };
}

/** An id that nothing has: looked for where a token names none, so that a wrong token takes as long. */
export const nobody = '00000000-0000-0000-0000-000000000000';

/** The id that the first half of a token names, or null. In one spelling only: limits count by the token's text. */
export function publicIdOf(token: string): string | null {
  const { publicId } = split(token);
  const bytes = Buffer.from(publicId, 'base64url');
  return bytes.length === 16 && bytes.toString('base64url') === publicId ? idText(bytes) : null;
}

function rsvpText(of: { eventId: string; personId: string; linkEpoch: number }): string {
  return `rsvp|${of.eventId}|${of.personId}|${of.linkEpoch}`;
}

function feedbackText(of: { eventId: string; personId: string; linkEpoch: number }): string {
  return `feedback|${of.eventId}|${of.personId}|${of.linkEpoch}`;
}

function ownPageText(of: { personId: string; linkEpoch: number }): string {
  return `me|${of.personId}|${of.linkEpoch}`;
}

function feedText(of: { personId: string; linkEpoch: number; feedEpoch: number }): string {
  return `feed|${of.personId}|${of.linkEpoch}|${of.feedEpoch}`;
}

function introductionText(of: { introductionId: string; personId: string; linkEpoch: number }): string {
  return `introduction|${of.introductionId}|${of.personId}|${of.linkEpoch}`;
}

function joinText(of: { requestId: string; personId: string; linkEpoch: number }): string {
  return `join|${of.requestId}|${of.personId}|${of.linkEpoch}`;
}

function archiveText(of: { personId: string; chapterId: string; linkEpoch: number }): string {
  return `archive|${of.personId}|${of.chapterId}|${of.linkEpoch}`;
}

function directoryText(of: { personId: string; chapterId: string; linkEpoch: number }): string {
  return `directory|${of.personId}|${of.chapterId}|${of.linkEpoch}`;
}

/** What the public part of a token names that stands for one person and one chapter. */
function readPersonAndChapter(given: string): { personId: string; chapterId: string; mac: string } | null {
  const { publicId, mac } = split(given);
  const bytes = Buffer.from(publicId, 'base64url');
  if (bytes.length !== 32 || bytes.toString('base64url') !== publicId) return null;
  return { personId: idText(bytes.subarray(0, 16)), chapterId: idText(bytes.subarray(16)), mac };
}

function mac(key: KeyObject, text: string): string {
  return createHmac('sha256', key).update(text).digest().subarray(0, 16).toString('base64url');
}

function doorCode(key: KeyObject, of: { eventId: string; personId: string; linkEpoch: number }): string {
  const text = `door|${of.eventId}|${of.personId}|${of.linkEpoch}`;
  return createHmac('sha256', key).update(text).digest().subarray(0, 10).toString('hex').toUpperCase();
}

// Hashed first: what is compared then has one length, whatever was given.
function same(given: string, expected: string): boolean {
  const digest = (text: string) => hash('sha256', text, 'buffer');
  return timingSafeEqual(digest(given), digest(expected));
}

const idBytes = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex');
const shortId = (id: string) => idBytes(id).toString('base64url');

function idText(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
