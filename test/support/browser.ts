import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type LaunchOptions,
  type Page,
} from 'playwright-core';

const installed = [
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/opt/google/chrome/chrome',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

// Root may not use Chrome's sandbox, and a container often lacks it. The pages opened here are our own.
const everywhere = ['--no-sandbox', '--disable-dev-shm-usage', '--font-render-hinting=none', '--disable-gpu'];

/**
 * A real browser: an installed Chrome or Chromium, else the one that `@sparticuz/chromium` brings. One per test file;
 * whoever opens it closes it.
 * @param more switches of Chromium's beside the usual ones
 */
export async function openBrowser(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch(await launchOptions(more));
}

/** The same with a profile on disk: what it keeps is there again when it is closed and opened once more. */
export async function openProfile(
  directory: string,
  options: BrowserContextOptions,
): Promise<BrowserContext> {
  return chromium.launchPersistentContext(directory, { ...(await launchOptions([])), ...options });
}

async function launchOptions(more: readonly string[]): Promise<LaunchOptions> {
  const found = installed.find((path) => existsSync(path));
  if (found) return { executablePath: found, args: [...everywhere, ...more] };
  const directory = await unpackedChromium();
  return {
    executablePath: join(directory, 'chromium'),
    args: [...everywhere, ...more, '--headless', '--no-zygote'],
    // Its own fonts: a bare machine has none.
    env: { ...process.env, FONTCONFIG_FILE: join(directory, 'fonts.conf'), HOME: directory } as Record<
      string,
      string
    >,
  };
}

/** A page as a small phone shows it. */
export function page360(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  return browser.newPage({
    viewport: { width: 360, height: 740 },
    deviceScaleFactor: 2,
    hasTouch: true,
    locale: 'it-IT',
    ...options,
  });
}

/** A page as a desk shows it. */
export function pageDesktop(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  return browser.newPage({ viewport: { width: 1280, height: 900 }, locale: 'it-IT', ...options });
}

/**
 * Unpacks the packaged Chromium once per user and version. Several test files may want it at the same moment: each
 * unpacks beside, and the first rename wins.
 */
async function unpackedChromium(): Promise<string> {
  const require = createRequire(import.meta.url);
  const root = packageRoot(require.resolve('@sparticuz/chromium'));
  const { version } = require(join(root, 'package.json')) as { version: string };
  const user = process.getuid?.() ?? 'user';
  const directory = join(tmpdir(), `ritrovo-chromium-${version}-${user}`);
  if (existsSync(join(directory, 'chromium'))) return mine(directory);

  const staging = await mkdtemp(`${directory}.`);
  try {
    // In a process of its own, because the package knows no other place than the temporary directory.
    const script = `await (await import(${JSON.stringify(require.resolve('@sparticuz/chromium'))})).default.executablePath()`;
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, TMPDIR: staging },
    });
    await writeFile(join(staging, 'fonts.conf'), fontSettings(directory));
    await rename(staging, directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return mine(directory);
}

/** The font that comes with the package, wherever it was unpacked, stands for whatever a page asks of the system. */
function fontSettings(directory: string): string {
  const aliases = ['system-ui', 'sans-serif']
    .map((family) => `<alias><family>${family}</family><prefer><family>Open Sans</family></prefer></alias>`)
    .join('');
  const folders = `<dir>${directory}/fonts</dir><dir>/usr/share/fonts</dir>`;
  return `<?xml version="1.0"?><fontconfig>${folders}<cachedir>${directory}/cache</cachedir>${aliases}</fontconfig>`;
}

/** Runs nothing that another user of the machine has put there. */
async function mine(directory: string): Promise<string> {
  const { uid } = await stat(directory);
  if (process.getuid && uid !== process.getuid()) throw new Error(`${directory} belongs to somebody else`);
  return directory;
}

function packageRoot(file: string): string {
  let directory = dirname(file);
  while (!existsSync(join(directory, 'package.json'))) directory = dirname(directory);
  return directory;
}
