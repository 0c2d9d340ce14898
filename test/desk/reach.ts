import type { Page } from 'playwright-core';

/** How many stops of the tab key are looked at: a list of forty people repeats itself. */
const mostStops = 40;

/**
 * What stands in the way of whoever enlarges a page, uses no pointer, or wants nothing to move. The page must have been
 * opened with `reducedMotion: 'reduce'`.
 */
export async function reachFaults(page: Page): Promise<string[]> {
  return [...(await zoomFaults(page)), ...(await movingParts(page)), ...(await keyboardFaults(page))];
}

/** Twice as large in a desktop's browser is half the width for the page (WCAG 1.4.4); twice the letters is another thing. */
async function zoomFaults(page: Page): Promise<string[]> {
  const before = page.viewportSize() as { width: number; height: number };
  const wrong: string[] = [];
  if (before.width >= 640) {
    await page.setViewportSize({ width: before.width / 2, height: before.height / 2 });
    if (await isTooWide(page)) wrong.push('at 200 % it is wider than the screen');
    await page.setViewportSize(before);
  }
  await page.evaluate(`document.documentElement.style.fontSize = '200%'`);
  if (await isTooWide(page)) wrong.push('with letters of twice the size it is wider than the screen');
  wrong.push(...(await cutTexts(page)));
  await page.evaluate(`document.documentElement.style.fontSize = ''`);
  return wrong;
}

const isTooWide = (page: Page) => page.evaluate('document.documentElement.scrollWidth > innerWidth + 1');

/** Text in a box that hides what does not fit. */
async function cutTexts(page: Page): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll('main *')]
    .filter((element) => element.childElementCount === 0 && element.textContent.trim() !== '')
    .filter((element) => {
      const { overflowX, overflowY, position } = getComputedStyle(element);
      // What only a screen reader shall read is one pixel large.
      if (position === 'absolute' && element.clientWidth <= 1) return false;
      return (overflowY === 'hidden' && element.scrollHeight > element.clientHeight + 2)
        || (overflowX === 'hidden' && element.scrollWidth > element.clientWidth + 2);
    })
    .map((element) => 'cut off: ' + element.outerHTML.slice(0, 200))`);
}

/** WCAG 2.3.3: whoever asked for less motion sees none. */
async function movingParts(page: Page): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll('*')]
    .filter((element) => {
      const style = getComputedStyle(element);
      const lasts = (durations) => durations.split(',').some((duration) => parseFloat(duration) > 0.01);
      return (style.animationName !== 'none' && lasts(style.animationDuration))
        || lasts(style.transitionDuration) || style.scrollBehavior === 'smooth';
    })
    .map((element) => 'moves: ' + element.outerHTML.slice(0, 120))`);
}

/** Every stop of the tab key is another element, lies on the screen and shows that it has the focus. */
async function keyboardFaults(page: Page): Promise<string[]> {
  await page.evaluate(`{ document.activeElement?.blur(); window.seen = new Set(); scrollTo(0, 0); }`);
  const wrong: string[] = [];
  for (let stop = 0; stop < mostStops; stop += 1) {
    await page.keyboard.press('Tab');
    const fault = await page.evaluate(`(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return 'end';
      if (window.seen.has(element)) return 'end';
      window.seen.add(element);
      if (element.tagName === 'IFRAME') return null;
      const shown = [element, element.closest('label'), element.nextElementSibling].filter(Boolean);
      const isMarked = shown.some((one) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
        return (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || boxShadow !== 'none';
      });
      const { top, bottom, left, right } = (element.closest('label') ?? element).getBoundingClientRect();
      const isOnScreen = bottom > 0 && top < innerHeight && right > 0 && left < innerWidth;
      if (isMarked && isOnScreen) return null;
      return (isMarked ? 'focus off the screen: ' : 'focus not shown: ') + element.outerHTML.slice(0, 200);
    })()`);
    if (fault === 'end') {
      if (stop === 0) wrong.push('nothing can be reached with the tab key');
      break;
    }
    if (fault) wrong.push(fault as string);
  }
  return wrong;
}
