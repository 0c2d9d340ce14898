import { beforeAll, expect, test } from 'vitest';
import { deskAccess } from '../../server/organizers/access.ts';
import { useService } from '../support/app.ts';
import { htmlFaults } from '../support/valid-html.ts';
import { type AtDesk, signedIn } from './at-desk.ts';
import { type DeskPage, deskPages } from './desk-pages.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
let pages: DeskPage[];
let desk: AtDesk;

beforeAll(async () => {
  const made = await deskPages(service);
  pages = made.pages;
  desk = await signedIn(service, made.coordinatorId);
}, 60_000);

test('every page of the desk, in every state, is valid HTML', async () => {
  const found: Record<string, string[]> = {};
  for (const { name, path, post } of pages) {
    const response = post ? await desk.post(path, post) : await desk.get(path);
    if (!/^text\/html/.test(String(response.headers['content-type']))) continue;
    const faults = await htmlFaults(response.body);
    if (faults.length > 0) found[name] = faults;
  }
  expect(pages.length).toBeGreaterThan(60);
  expect(found).toEqual({});
}, 120_000);

/** Files, streams and data, which are no pages; and mails as they arrive, which have tests of their own. */
const notPages =
  /\.csv$|\/preview$|\/export$|\/live$|\/count$|\/door\/list$|\/door\/shell$|\/mail$|\/photos\//;

test('every page in the table of access is among those that are looked at', () => {
  const paths = pages.map(({ path }) => path.split('?')[0]?.replace(/\/$/, ''));
  const routes = Object.keys(deskAccess)
    .filter((key) => key.startsWith('GET ') && !notPages.test(key))
    .map((key) => key.slice('GET '.length).replace(/\/$/, ''));
  const unseen = routes.filter((route) => {
    const shape = new RegExp(`^${route.replace(/:\w+/g, '[^/]+')}$`);
    return !paths.some((path) => shape.test(path ?? ''));
  });
  expect(unseen).toEqual([]);
});
