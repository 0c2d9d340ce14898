import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useService } from '../support/app.ts';
import { openBrowser, page360, pageDesktop } from '../support/browser.ts';
import { formBody, signedIn } from './at-desk.ts';
import { type DeskPage, deskPages } from './desk-pages.ts';

const service = useService({ now: '2026-11-16T10:00:00Z', listen: true });
const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
let browser: Browser;
let pages: DeskPage[];
const complaints: string[] = [];

beforeAll(async () => {
  browser = await openBrowser();
  const made = await deskPages(service);
  pages = made.pages;
  cookie = (await signedIn(service, made.coordinatorId)).cookie;
}, 60_000);
afterAll(() => browser?.close());

let cookie = '';

describe.each([
  ['on a phone', page360, true],
  // The same colours: they are not looked at twice.
  ['on a desktop', pageDesktop, false],
] as const)('%s', (_, openPage, withColours) => {
  test('every page of the desk meets WCAG 2.2 A and AA in light and dark, and fits the screen', async () => {
    const page = await openPage(browser, { reducedMotion: 'reduce', javaScriptEnabled: true });
    listen(page);
    const [name = '', value = ''] = cookie.split('=');
    await page.context().addCookies([{ name, value, url: `${service.url}/desk` }]);
    const found: Record<string, string[]> = {};
    for (const desk of pages) {
      await open(page, desk);
      // What is folded away is part of the page.
      await page.evaluate(
        `document.querySelectorAll('details').forEach((details) => { details.open = true; })`,
      );
      await page.evaluate(axe.source);
      await page.emulateMedia({ colorScheme: 'light' });
      const wrong = await violations(page, wcag);
      wrong.push(...(await smallTargets(page)));
      if (withColours) {
        await page.emulateMedia({ colorScheme: 'dark' });
        wrong.push(...(await violations(page, ['color-contrast'])));
      }
      if (await page.evaluate('document.documentElement.scrollWidth > innerWidth'))
        wrong.push('wider than the screen');
      if (wrong.length > 0) found[desk.name] = wrong;
    }
    await page.close();
    expect(found).toEqual({});
    expect(complaints).toEqual([]);
  }, 180_000);
});

/** What the browser holds against a page: a style or script that the policy forbids, a file that is not there. */
function listen(page: Page): void {
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of (400|403|404|409|410)/.test(message.text())) {
      complaints.push(`${page.url()}: ${message.text()}`);
    }
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(service.url)) complaints.push(`asked ${request.url()}`);
  });
}

/** Opens a page; what answers a form is shown as the form would have shown it. */
async function open(page: Page, { path, post }: DeskPage): Promise<void> {
  if (!post) {
    await page.goto(service.url + path);
    return;
  }
  await page.goto(`${service.url}/desk/help`);
  const csrf = await page.locator('[name="_csrf"]').first().inputValue();
  const body = formBody({ _csrf: csrf, ...post });
  const submit = `(() => {
    const form = Object.assign(document.createElement('form'), { method: 'post', action: ${JSON.stringify(path)} });
    for (const [name, value] of new URLSearchParams(${JSON.stringify(body)})) {
      form.append(Object.assign(document.createElement('textarea'), { name, value }));
    }
    document.body.append(form);
    form.submit();
  })()`;
  await Promise.all([page.waitForEvent('load'), page.evaluate(submit)]);
}

type Violation = { id: string; nodes: { html: string; failureSummary?: string }[] };

async function violations(page: Page, runOnly: readonly string[]): Promise<string[]> {
  // The mail in its frame is another document, with tests of its own.
  const script = `axe.run({ exclude: ['iframe'] }, { runOnly: ${JSON.stringify(runOnly)}, resultTypes: ['violations'], iframes: false })`;
  const result = (await page.evaluate(script)) as { violations: Violation[] };
  return result.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html} ${node.failureSummary ?? ''}`),
  );
}

/** What can be tapped and is less than 44 px high. A telephone number inside a row's text may be. */
async function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll('button, summary, textarea, input, select, a')]
    .filter((element) => element.type !== 'hidden' && !element.closest('.tap, .lines, .problem, .skip'))
    .map((element) => element.closest('label') ?? element)
    .filter((element) => {
      const { height } = element.getBoundingClientRect();
      return height > 0 && height < 43.9;
    })
    .map((element) => 'small target: ' + element.outerHTML)`);
}
