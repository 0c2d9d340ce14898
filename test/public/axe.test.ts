import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { axe } from '../desk/faults.ts';
import { reachFaults } from '../desk/reach.ts';
import { openBrowser, page360 } from '../support/browser.ts';
import { memberPages, type StatePage } from '../support/member-pages.ts';
import { useSite } from '../support/site.ts';

const site = useSite('2026-11-23T10:00:00+01:00');
const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
let browser: Browser;
let page: Page;
const complaints: string[] = [];

beforeAll(async () => {
  browser = await openBrowser();
  page = await page360(browser, { reducedMotion: 'reduce' });
  // What the browser holds against a page: a style or script that the policy forbids, a file that is not there.
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of (400|404|409|410)/.test(message.text()))
      complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(site.url)) complaints.push(`asked ${request.url()}`);
  });
});
afterAll(() => browser?.close());

test('every page in every state meets WCAG 2.2 A and AA in light and dark, fits a small phone, and is reached by finger and by keyboard', async () => {
  const found: Record<string, string[]> = {};
  for (const state of await memberPages(site, '#b4472e')) {
    await open(state);
    await page.evaluate(axe);
    await page.emulateMedia({ colorScheme: 'light' });
    const wrong = await violations(wcag);
    // Only colours are others in the dark.
    await page.emulateMedia({ colorScheme: 'dark' });
    wrong.push(...(await violations(['color-contrast'])), ...(await smallTargets()));
    if (await page.evaluate('document.documentElement.scrollWidth > innerWidth'))
      wrong.push('wider than the screen');
    wrong.push(...(await reachFaults(page)));
    if (wrong.length > 0) found[state.name] = wrong;
  }
  expect(found).toEqual({});
  expect(complaints).toEqual([]);
}, 400_000);

/** Opens a page; one that answers a form is opened by sending that form from a page of ours. */
async function open({ path, post }: StatePage): Promise<void> {
  await page.goto(site.url + (post ? path.replace(/\/(link|photo)$/, '') : path));
  if (!post) return;
  const fields = Object.entries(post).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
  // By script, because a browser's own checks would not let some of these out of the form.
  const submit = `(() => {
    const form = Object.assign(document.createElement('form'), { method: 'post', action: ${JSON.stringify(path)} });
    for (const [name, value] of ${JSON.stringify(fields)}) {
      form.append(Object.assign(document.createElement('textarea'), { name, value }));
    }
    document.body.append(form);
    form.submit();
  })()`;
  await Promise.all([page.waitForEvent('load'), page.evaluate(submit)]);
}

type Violation = { id: string; nodes: { html: string; failureSummary?: string }[] };

async function violations(runOnly: readonly string[]): Promise<string[]> {
  const script = `axe.run(document, { runOnly: ${JSON.stringify(runOnly)}, resultTypes: ['violations'] })`;
  const result = (await page.evaluate(script)) as { violations: Violation[] };
  return result.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html} ${node.failureSummary ?? ''}`),
  );
}

/** What can be tapped and is less than 44 px high; links inside running text may be. */
async function smallTargets(): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll('button, summary, textarea, input, a')]
    .filter((element) => !element.closest('.prose, .trap') && element.type !== 'hidden')
    .map((element) => element.closest('label') ?? element)
    .filter((element) => {
      const { height } = element.getBoundingClientRect();
      return height > 0 && height < 43.9;
    })
    .map((element) => 'small target: ' + element.outerHTML)`);
}
