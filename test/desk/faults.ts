import axe from 'axe-core';
import type { Page } from 'playwright-core';

const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** What is wrong with a page as it stands: WCAG 2.2 A and AA, small targets, and what hangs over the edge. */
export async function faultsOf(page: Page, withColours: boolean): Promise<string[]> {
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
  return wrong;
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
