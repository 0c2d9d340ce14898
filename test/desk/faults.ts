import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

// Half the size of its source: every page reads it anew.
export const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** What is wrong with a page as it stands: WCAG 2.2 A and AA, small targets, and what hangs over the edge. */
export async function faultsOf(page: Page, withColours: boolean): Promise<string[]> {
  await page.evaluate(axe);
  await page.emulateMedia({ colorScheme: 'light' });
  const wrong = await violations(page, wcag);
  wrong.push(...(await smallTargets(page)));
  if (withColours) {
    await page.emulateMedia({ colorScheme: 'dark' });
    wrong.push(...(await violations(page, ['color-contrast'])));
  }
  if (await page.evaluate('document.documentElement.scrollWidth > innerWidth'))
    wrong.push('wider than the screen');
  return wrong;
}

async function violations(page: Page, runOnly: readonly string[]): Promise<string[]> {
  // The mail in its frame is another document, with tests of its own. Of the report, which is long, only what is wrong
  // leaves the browser.
  return page.evaluate(`axe
    .run({ exclude: ['iframe'] }, { runOnly: ${JSON.stringify(runOnly)}, resultTypes: ['violations'], iframes: false })
    .then(({ violations }) => violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => id + ': ' + node.html + ' ' + (node.failureSummary ?? ''))))`);
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
