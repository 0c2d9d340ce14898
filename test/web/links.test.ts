import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createLinks, publicIdOf } from '../../server/web/links.ts';
import { secretKeys } from '../support/deps.ts';

test('a link has one spelling: limits that count by its address cannot be passed by writing it in another way', () => {
  const invitation = { id: randomUUID(), eventId: randomUUID(), personId: randomUUID(), linkEpoch: 1 };
  const [publicId = '', mac = ''] = createLinks('http://localhost:3000', secretKeys)
    .rsvpToken(invitation)
    .split('.');
  expect(publicIdOf(`${publicId}.${mac}`)).toBe(invitation.id);
  // Base64url as Node reads it: what is no letter of it is passed over, and the last letter has four idle bits.
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const twin = publicId.slice(0, -1) + alphabet[alphabet.indexOf(publicId.at(-1) as string) + 1];
  for (const spelling of [`~${publicId}`, `${publicId}=`, `${publicId}A`.slice(0, 22).concat('!'), twin]) {
    expect([spelling, Buffer.from(spelling, 'base64url').length]).toEqual([spelling, 16]);
    expect([spelling, publicIdOf(`${spelling}.${mac}`)]).toEqual([spelling, null]);
  }
});
