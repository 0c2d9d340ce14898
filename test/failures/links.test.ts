import type { LightMyRequestResponse } from 'fastify';
import { beforeAll, describe, expect, test } from 'vitest';
import { createSignInLink } from '../../server/organizers/sign-in.ts';
import { checksums } from '../support/checksum.ts';
import { days, minutes } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { useSite } from '../support/site.ts';

const site = useSite('2031-11-10T10:00:00+01:00');
let event: Awaited<ReturnType<typeof makeEvent>>;
/** A good link of each kind, and the way that a form on its page posts. */
let links: Record<string, { path: string; form: Record<string, string> }>;

beforeAll(async () => {
  const chapter = await makeChapter(site.db, { slug: 'bologna' });
  const giulia = await makeMember(site.db, chapter.id, { firstName: 'Giulia', lastName: 'Rossi' });
  event = await makeEvent(site.deps, chapter.id, {
    startsAt: new Date('2031-11-20T18:30:00+01:00'),
    endsAt: new Date('2031-11-20T20:30:00+01:00'),
  });
  const signIn = await createSignInLink(site.db, site.deps.links, {
    personId: chapter.coordinator.id,
    now: site.clock(),
    minutes: 30,
  });
  const unsubscribe = site.deps.links.unsubscribeUrl({
    personId: giulia.id,
    chapterId: chapter.id,
    topic: 'reminder',
  });
  links = {
    answer: { path: await site.linkOf(event.id, giulia.id), form: { answer: 'yes' } },
    unsubscribe: { path: new URL(unsubscribe).pathname, form: { choice: 'stop' } },
    signIn: { path: new URL(signIn.url).pathname, form: {} },
  };
});

const read = (path: string, language = 'it') =>
  site.server.inject({ url: path, headers: { accept: 'text/html', 'accept-language': language } });

const shown = (answer: LightMyRequestResponse) => ({ status: answer.statusCode, body: answer.body });

/** What becomes of a link on its way through chats, mail programs and strangers' hands. */
const ways: Record<string, (token: string) => string> = {
  'cut short by one letter': (token) => token.slice(0, -1),
  'cut in the middle': (token) => token.slice(0, token.indexOf('.')),
  'cut at its dot': (token) => token.slice(0, token.indexOf('.') + 1),
  'with a letter more': (token) => `${token}x`,
  'with its last letter changed': (token) => token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A'),
  'with its first letter changed': (token) => (token.startsWith('B') ? 'C' : 'B') + token.slice(1),
  'signed by somebody without the key': (token) => `${token.split('.')[0]}.${'A'.repeat(22)}`,
  'turned round': (token) => token.split('.').reverse().join('.'),
  'made of nothing': () => '.',
  'that is somebody’s guess': () => 'AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA',
  'with letters that no link has': () => encodeURIComponent('àè€\u0000<script>'),
  'three hundred letters long': () => 'A'.repeat(300),
};

describe('a link', () => {
  test('opens as it is', async () => {
    for (const { path } of Object.values(links)) expect((await read(path)).statusCode, path).toBe(200);
  });

  test.for(Object.keys(ways))('%s is a friendly 404, which says the same whatever was wrong', async (way) => {
    const before = await checksums(site.db);
    for (const [kind, { path, form }] of Object.entries(links)) {
      const [, area, token = ''] = /^(\/.+\/)([^/]+)$/.exec(path) as unknown as [string, string, string];
      const broken = `${area}${ways[way]?.(token)}`;
      const wrong = await read(`${area}AAAAAAAAAAAAAAAAAAAAAA.BBBBBBBBBBBBBBBBBBBBBB`);
      expect(wrong.statusCode).toBe(404);
      expect(wrong.body).toContain('Questo link non funziona');
      expect(shown(await read(broken)), `${kind} ${way}`).toEqual(shown(wrong));
      expect((await read(broken, 'en')).body).toContain('This link does not work');
      const posted = await site.post(broken, form);
      expect(posted.statusCode, `${kind} ${way}`).toBe(404);
      if (kind === 'answer') expect((await read(`${broken}/calendar.ics`)).statusCode).toBe(404);
    }
    expect(await checksums(site.db)).toEqual(before);
  });

  test('that was good for another purpose is none here', async () => {
    const token = (kind: string) => links[kind]?.path.split('/').at(-1);
    for (const [area, kind] of [
      ['/r/', 'unsubscribe'],
      ['/r/', 'signIn'],
      ['/u/', 'answer'],
      ['/u/', 'signIn'],
      ['/sign-in/', 'answer'],
      ['/sign-in/', 'unsubscribe'],
    ] as const) {
      expect((await read(area + token(kind))).statusCode, `${area} ${kind}`).toBe(404);
    }
  });

  test('that was revoked is a wrong one', async () => {
    const epoch = (change: 1 | -1) =>
      site.db
        .updateTable('people')
        .set((set) => ({ linkEpoch: set('linkEpoch', '+', change) }))
        .where('firstName', '=', 'Giulia')
        .execute();
    await epoch(1);
    expect((await read(links.answer?.path as string)).statusCode).toBe(404);
    await epoch(-1);
    expect((await read(links.answer?.path as string)).statusCode).toBe(200);
  });
});

describe('a link whose time is over', () => {
  test('to answer, lasts until seven days after the end, and is a friendly 410 from then on', async () => {
    const { path, form } = links.answer as (typeof links)[string];
    const over = event.endsAt.getTime() + days(7);
    site.clock.set(new Date(over));
    expect((await read(path)).statusCode).toBe(200);
    site.clock.set(new Date(over + 1));
    for (const answer of [
      await read(path),
      await read(`${path}/calendar.ics`),
      await site.post(path, form),
    ]) {
      expect(answer.statusCode).toBe(410);
      expect(answer.body).toContain('Questo link è scaduto');
    }
    // Nobody learns from a forged one that it would have been over.
    expect((await read(`${path}x`)).statusCode).toBe(404);
    expect((await read(path, 'en')).body).not.toContain('Questo link');
  });

  test('to sign in, lasts half an hour and one press, and is a friendly 410 from then on', async () => {
    const { path } = links.signIn as (typeof links)[string];
    site.clock.set('2031-11-10T10:00:00+01:00');
    site.clock.advance(minutes(30));
    for (const answer of [await read(path), await site.post(path, {})]) {
      expect(answer.statusCode).toBe(410);
      expect(answer.body).toContain('Questo link è scaduto');
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
    site.clock.advance(-1);
    expect((await site.post(path, {})).statusCode).toBe(303);
    const again = await site.post(path, {});
    expect(again.statusCode).toBe(410);
    expect(again.headers['set-cookie']).toBeUndefined();
  });

  test('to unsubscribe, never is', async () => {
    site.clock.set('2061-11-10T10:00:00+01:00');
    const { path } = links.unsubscribe as (typeof links)[string];
    expect((await read(path)).statusCode).toBe(200);
    expect((await site.post(path, { 'List-Unsubscribe': 'One-Click' })).statusCode).toBe(200);
  });
});
