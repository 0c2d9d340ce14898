import { expect, test } from 'vitest';
import { signInUrl } from '../../server/organizers/sign-in.ts';
import { covered } from '../../server/texts/preview.ts';
import { createLinks } from '../../server/web/links.ts';

const links = createLinks('https://incontri.example', ['k'.repeat(43)]);
const [id, eventId, personId, chapterId] = [1, 2, 3, 4].map(
  (n) => `01900000-0000-7000-8000-00000000000${n}`,
) as [string, string, string, string];

test.each([
  ['her invitation', links.rsvpUrl({ id, eventId, personId, linkEpoch: 0 })],
  ['what she does not want', links.unsubscribeUrl({ personId, chapterId, topic: 'reminder' })],
  ['the messages to her group', links.archiveUrl({ personId, chapterId, linkEpoch: 0 })],
  ['her way to the desk', signInUrl(links, id)],
])('a mail that somebody else looks at holds no key to %s', (_name, url) => {
  const key = url.split('/').at(-1) as string;
  const shown = covered({
    subject: 'x',
    preheader: '',
    html: `<a href="${url}?a=yes">x</a>`,
    text: `x: ${url}`,
  });
  expect(key.length).toBeGreaterThan(20);
  expect(JSON.stringify(shown)).not.toContain(key);
  expect(shown.text).toContain('***');
});
