import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signedIn } from '../desk/at-desk.ts';
import { useService } from '../support/app.ts';
import { openBrowser, page360, pageDesktop } from '../support/browser.ts';
import { makeChapter, makeMember } from '../support/factories.ts';

/** A spreadsheet with years behind it, as Italian Excel saves it, and what she makes of it. */
const service = useService({
  now: '2026-11-16T18:00:00Z',
  listen: true,
  worker: { importsEveryMs: 300 },
});
let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
}, 60_000);
afterAll(() => browser?.close());

const many = 1_500;

function spreadsheet(tag: string): Buffer {
  const lines = [
    'Cognome;Nome;E-mail;Cellulare;Lingua;Quota 2026;Note',
    `Borsò;Nicolò;nicolo.${tag}@example.org;"=""0512345678""";it;"30,00 €";"Ditta ""Il Tino""; soci, ospiti"`,
    `D'Angelo;Mariù;" Mariu.${tag}@Example.org ";+39 333 1234567;it;;`,
    `Conti Verdi;Elena;elena.${tag}@example.org;;;;`,
    'Blu;Ada;;333 7654321;;;senza mail',
    `Neri;Ida;ida.${tag}@example.org, ida2.${tag}@example.org;;;;`,
    `Borsò;Nicolò;NICOLO.${tag}@EXAMPLE.ORG;;;;di nuovo`,
    ';;;;;;',
    ...Array.from({ length: many }, (_, i) => `Prova;Socia;socia${i}.${tag}@example.org;;;;`),
    '',
  ];
  return Buffer.from(lines.join('\r\n').replaceAll('€', '\x80'), 'latin1');
}

describe.each([
  ['on a phone', page360, true],
  ['on a phone without any script', page360, false],
  ['at a desktop', pageDesktop, true],
] as const)('%s', (_, openPage, javaScriptEnabled) => {
  test('she drops the file, looks at its columns and at what will change, imports, and mends what stayed out', async () => {
    const chapter = await makeChapter(service.db);
    const tag = chapter.slug.slice(2);
    await makeMember(service.db, chapter.id, {
      firstName: 'Elena',
      lastName: 'Conti',
      email: `elena.${tag}@example.org`,
    });
    const page = await openPage(browser, { javaScriptEnabled, acceptDownloads: true });
    page.setDefaultTimeout(20_000);
    const [name = '', value = ''] = (await signedIn(service, chapter.coordinator.id)).cookie.split('=');
    await page.context().addCookies([{ name, value, url: `${service.url}/desk` }]);
    const press = async (label: string | RegExp) => {
      const target = page
        .getByRole('button', { name: label, exact: true })
        .or(page.getByRole('link', { name: label, exact: true }));
      await Promise.all([page.waitForEvent('load'), target.click()]);
    };

    await page.goto(`${service.url}/desk/`);
    await press('Altro');
    await press(/^Importa persone da un file/);
    await page.getByLabel('Il file').setInputFiles({
      name: 'Socie dal 2019.csv',
      mimeType: 'application/vnd.ms-excel',
      buffer: spreadsheet(tag),
    });
    await press('Avanti: guarda le colonne');
    expect(await words(page)).toContain(`${(many + 6).toLocaleString('it')} righe.`);
    expect(await page.getByLabel('Cellulare').inputValue()).toBe('phone');
    expect(await page.getByLabel('Quota 2026').inputValue()).toBe('');
    expect(await words(page)).toContain('30,00 €');

    await press('Avanti: che cosa cambierà');
    const plan = await words(page);
    expect(plan).toContain(`${(many + 2).toLocaleString('it')} persone nuove`);
    expect(plan).toContain('Cognome: prima Conti → Conti Verdi');
    expect(plan).toContain('3 righe restano fuori');
    expect(plan).toContain('Questa mail c’è già alla riga 2, che vale.');

    // The page follows by itself, with and without script.
    await page.getByRole('button', { name: /^Va bene: importa/ }).click();
    await page.getByRole('heading', { name: 'Fatto' }).waitFor();
    expect(await words(page)).toContain(`${(many + 2).toLocaleString('it')} persone in più nel gruppo`);

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Scarica queste righe con il motivo' }).click(),
    ]);
    const left = await readFile((await download.path()) as string, 'utf8');
    expect(left.split('\r\n').map((line) => line.split(';').at(-1))).toEqual([
      'Motivo',
      'Manca la mail.',
      'Ci sono più mail: lascia quella che usa.',
      'Questa mail c’è già alla riga 2, che vale.',
      '',
    ]);
    // Mended, the same file goes back in.
    const mended = left.replace('Blu;Ada;;', `Blu;Ada;ada.${tag}@example.org;`);
    await page.goto(`${service.url}/desk/chapters/${chapter.slug}/import`);
    await page
      .getByLabel('Il file')
      .setInputFiles({ name: 'righe.csv', mimeType: 'text/csv', buffer: Buffer.from(mended) });
    await press('Avanti: guarda le colonne');
    await press('Avanti: che cosa cambierà');
    expect(await words(page)).toContain('Una persona nuova Ada Blu');
    await page.close();
  }, 60_000);
});

const words = async (page: Page) => (await page.locator('main').innerText()).replace(/\s+/g, ' ');
