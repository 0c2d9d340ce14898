import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderMail } from '../../server/mail/render.ts';
import { mailSamples } from '../../server/mail/samples.ts';
import { openBrowser } from '../support/browser.ts';

const samples = mailSamples('it', 'feminine');
/** Those with a question, and what must be seen with it. */
const asked = samples.filter(({ name }) =>
  [
    'invitation, plain',
    'invitation, with all there is',
    'personal_link, newcomer',
    'chase, plain',
    'reminder, hour before, online',
    'confirmation, going',
    'offer, with guests',
    'update, waiting',
  ].includes(name),
);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
}, 60_000);
afterAll(async () => {
  await browser?.close();
});

async function withMail<T>(
  html: string,
  colorScheme: 'light' | 'dark',
  width: number,
  look: (page: Page) => Promise<T>,
): Promise<T> {
  const page = await browser.newPage({ viewport: { width, height: 640 }, colorScheme });
  try {
    // Nothing may be loaded from anywhere: such a request would never end well, and is seen here.
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.setContent(html);
    const seen = await look(page);
    expect(requests).toEqual([]);
    return seen;
  } finally {
    await page.close();
  }
}

test.each(asked)('$name shows date, place and button on a phone’s first screen', async ({ mail }) => {
  const { html } = renderMail(mail.template, 'it', mail.variables);
  await withMail(html, 'light', 360, async (page) => {
    const button = await page.locator('a.main').first().boundingBox();
    expect(button).not.toBeNull();
    expect((button?.y ?? 999) + (button?.height ?? 0)).toBeLessThanOrEqual(640);
    expect(button?.height).toBeGreaterThanOrEqual(44);
    const above = await page.evaluate(
      `[...document.querySelectorAll('p, td, td div, span')].filter((e) => e.getBoundingClientRect().top < 640).map((e) => e.textContent).join(' ')`,
    );
    expect(above).toMatch(/2[67] novembre/);
    expect(above).toMatch(/Enoteca|Salaborsa|Online|meet\.example/);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  });
});

describe.each(['light', 'dark'] as const)('in the %s', (scheme) => {
  test('every mail is readable: contrast, names of links, language, structure', async () => {
    // One of each template: they share their frame, card and buttons.
    const each = [...new Map(samples.map((sample) => [sample.mail.template, sample])).values()];
    for (const { name, mail } of each) {
      const { html } = renderMail(mail.template, 'it', mail.variables);
      const violations = await withMail(html, scheme, 360, async (page) => {
        await page.evaluate(axe);
        return page.evaluate(
          `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] })
            .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map((node) => id + ' ' + node.html)))`,
        );
      });
      expect(violations, name).toEqual([]);
    }
  }, 120_000);
});

test('a long word, a long title and a long address break instead of widening the mail', async () => {
  const [invitation] = samples;
  if (invitation?.mail.template !== 'invitation') throw new Error('the first sample is an invitation');
  const { variables } = invitation.mail;
  const long = 'parolalunghissima'.repeat(12).slice(0, 200);
  const { html } = renderMail('invitation', 'it', {
    ...variables,
    person: { ...variables.person, firstName: long },
    event: {
      ...variables.event,
      title: long,
      cost: long,
      description: `${long} https://${long}.example`,
      joinUrl: `https://meet.example/${long}`,
    },
  });
  await withMail(html, 'light', 360, async (page) => {
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  });
});
