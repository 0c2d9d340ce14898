import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useService } from '../support/app.ts';
import { openBrowser, page360 } from '../support/browser.ts';
import { makeChapter } from '../support/factories.ts';

/** A coordinator's first evening, on her phone, with nothing but what is on the screen. */
const service = useService({ now: '2026-11-16T18:00:00Z', listen: true });
let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
}, 60_000);
afterAll(() => browser?.close());

describe.each([
  ['with its scripts', true],
  ['without any script', false],
])('on a phone %s', (_, javaScriptEnabled) => {
  test('she signs in by mail, pastes her members, makes and publishes an event, and the invitations arrive', async () => {
    const chapter = await makeChapter(service.db);
    const tag = chapter.slug.slice(2);
    const page = await page360(browser, { javaScriptEnabled });
    page.setDefaultTimeout(10_000);
    const press = async (name: string | RegExp) => {
      const target = page
        .getByRole('button', { name, exact: true })
        .or(page.getByRole('link', { name, exact: true }));
      await Promise.all([page.waitForEvent('load'), target.tap()]);
      await fits(page);
    };

    await page.goto(`${service.url}/desk/`);
    await page.getByLabel('La tua mail').fill(chapter.coordinator.email as string);
    await press('Mandami il link');
    expect(await words(page)).toContain('Guarda la posta');
    await service.settle();
    await page.goto(await signInLinkTo(chapter.coordinator.email));
    await press('Entra');
    expect(await words(page)).toContain('Ciao Anna');

    await press('Incolla l’elenco');
    const pasted = [
      `Giulia Rossi, giulia.${tag}@example.org`,
      `Sara Neri <sara.${tag}@example.org>`,
      'Ida senza mail',
    ];
    await page.getByLabel('Incolla l’elenco').fill(pasted.join('\n'));
    await press('Controlla l’elenco');
    expect(await words(page)).toContain('2 persone nuove');
    expect(await words(page)).toContain('Manca la mail.');
    await press(/^Aggiungile al gruppo/);
    expect(await words(page)).toContain('2 persone in più nel gruppo.');

    await press('Incontri');
    await press('Nuovo incontro');
    // Day and time are there already: a title and a place are enough.
    expect(await page.getByLabel('Giorno').first().inputValue()).toBe('2026-11-19');
    await page.getByLabel('Titolo').fill('Aperitivo di rete');
    await page.getByLabel('Luogo').fill('Enoteca Storica');
    await page.getByLabel('Indirizzo', { exact: true }).fill('via Marsala 2, Bologna');
    await page.getByLabel('Posti in presenza').fill('25');
    await press('Avanti: guarda l’invito');
    expect(await words(page)).toContain('L’invito partirà a 3 persone');
    const letter = page.frameLocator('iframe');
    expect(await letter.locator('body').innerText()).toContain('Enoteca Storica');

    const before = service.inbox.messages.length;
    await press('Manda una prova a me');
    await service.settle();
    expect(service.inbox.messages.slice(before).map(({ to }) => to)).toEqual([chapter.coordinator.email]);

    await press('Pubblica e manda gli inviti');
    expect(await words(page)).toContain('Pubblicato! Gli inviti stanno partendo.');
    await service.settle();
    const invited = service.inbox.messages.slice(before + 1);
    expect(invited.map(({ to }) => to).sort()).toEqual(
      [chapter.coordinator.email, `giulia.${tag}@example.org`, `sara.${tag}@example.org`].sort(),
    );
    expect((await invited[0]?.parsed())?.subject).toContain('Aperitivo di rete');

    // The buttons that copy and share are there only where they work.
    const copy = page.getByRole('button', { name: 'Copia per la chat' });
    expect(await copy.isVisible()).toBe(javaScriptEnabled);
    expect(await page.getByLabel('Due righe per la chat').inputValue()).toContain('/e/');

    // Somebody phones.
    await page.getByText('Non hanno ancora risposto').tap();
    await press('Sara Neri');
    await press('Ci sarà');
    expect(await words(page)).toContain('La risposta è salvata.');
    expect(await words(page)).toContain('Vengono (1)');

    await press('Esci');
    await page.goto(`${service.url}/desk/`);
    expect(await words(page)).toContain('Entra nella tua scrivania');
    await page.context().close();
  }, 60_000);
});

test('she goes through the forms of the desk by keyboard alone', async () => {
  const chapter = await makeChapter(service.db);
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, locale: 'it-IT' });
  await page.goto(`${service.url}/sign-in`);
  await page.keyboard.press('Tab');
  expect(await focused(page)).toBe('Vai al contenuto');
  await page.getByLabel('La tua mail').focus();
  await page.keyboard.type(chapter.coordinator.email as string);
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
  await service.settle();
  await page.goto(await signInLinkTo(chapter.coordinator.email));
  await page.getByRole('button').focus();
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);

  await page.goto(`${service.url}/desk/chapters/${chapter.slug}/events/new`);
  await page.getByLabel('Titolo').focus();
  await page.keyboard.type('Incontro online');
  await page.getByRole('radio', { name: 'In presenza' }).focus();
  await page.keyboard.press('ArrowRight');
  // What an online event does not have steps aside, and what it has comes.
  expect(await page.getByLabel('Luogo').isVisible()).toBe(false);
  await page.getByLabel('Link per collegarsi').focus();
  await page.keyboard.type('https://meet.example.org/x');
  await page.getByText('Altre scelte').focus();
  await page.keyboard.press('Enter');
  expect(await page.getByRole('group', { name: 'Chi può venire' }).isVisible()).toBe(true);
  await page.getByRole('button', { name: 'Avanti' }).focus();
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
  expect(await words(page)).toContain('La bozza è salvata.');
  await page.close();
});

/** The link in the latest sign-in mail to an address. */
async function signInLinkTo(address: string | null): Promise<string> {
  const mail = service.inbox.messages.findLast(
    ({ to, header }) => to === address && header('x-ritrovo-kind') === 'sign_in',
  );
  const { text = '' } = (await mail?.parsed()) ?? {};
  return /http\S+\/sign-in\/[\w.-]+/.exec(text)?.[0] as string;
}

async function words(page: Page): Promise<string> {
  return (await page.locator('body').innerText()).replace(/\s+/g, ' ').trim();
}

async function focused(page: Page): Promise<string> {
  return page.evaluate('document.activeElement.textContent.trim()');
}

/** Nothing hangs over the edge of the screen. */
async function fits(page: Page): Promise<void> {
  const width = await page.evaluate('document.documentElement.scrollWidth');
  expect(width, `${page.url()} is wider than the screen`).toBeLessThanOrEqual(360);
}
