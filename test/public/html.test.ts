import { expect, test } from 'vitest';
import { memberPages } from '../support/member-pages.ts';
import { useSite } from '../support/site.ts';
import { htmlFaults } from '../support/valid-html.ts';

const site = useSite('2026-11-23T10:00:00+01:00');

test('every page of a member and of a visitor, in every state, is valid HTML', async () => {
  const found: Record<string, string[]> = {};
  const pages = await memberPages(site, '#b4472e');
  for (const { name, path, post } of pages) {
    const response = post
      ? await site.post(path, post)
      : await site.server.inject({ url: path, headers: { accept: 'text/html' } });
    const faults = await htmlFaults(response.body);
    if (faults.length > 0) found[name] = faults;
  }
  expect(pages.length).toBeGreaterThan(20);
  expect(found).toEqual({});
}, 120_000);
