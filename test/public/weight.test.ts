import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { memberPages } from '../support/member-pages.ts';
import { useSite } from '../support/site.ts';

const site = useSite('2026-11-23T10:00:00+01:00');

test('HTML, styles and fonts of every page weigh 20 kB at most, compressed', async () => {
  const tooHeavy: Record<string, number> = {};
  for (const { name, path, post } of await memberPages(site, '#b4472e')) {
    const page = post
      ? await site.post(path, post)
      : await site.server.inject({ url: path, headers: { accept: 'text/html' } });
    const files = [...page.body.matchAll(/<link rel="(?:stylesheet|preload)" href="([^"]+)"/g)].map(
      ([, url]) => url as string,
    );
    // The page's style sheet and its one font; a second one would be noticed here, in the sheet too.
    expect(files).toHaveLength(2);
    let weight = gzipSync(page.body).length;
    for (const url of files) {
      const { rawPayload } = await site.server.inject(url);
      expect(
        [...rawPayload.toString('utf8').matchAll(/url\((\/[^)]+)\)/g)].every(([, inner]) =>
          files.includes(inner as string),
        ),
      ).toBe(true);
      weight += url.includes('.woff2') ? rawPayload.length : gzipSync(rawPayload).length;
    }
    if (weight > 20_000) tooHeavy[name] = weight;
  }
  expect(tooHeavy).toEqual({});
}, 60_000);
