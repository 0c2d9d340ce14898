import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import mjml2html from 'mjml';

/**
 * Compiles templates/frames/*.mjml into the HTML beside them, which is committed: the service reads that and never
 * loads MJML.
 */
const frames = new URL('../templates/frames/', import.meta.url);

// MJML refuses anything but a colour where it wants one.
const standIns = ['page', 'card', 'ink', 'muted', 'accent', 'on-accent'];

/** The names of the frames, without extension. */
export function frameNames(): string[] {
  return readdirSync(frames)
    .filter((file) => file.endsWith('.mjml'))
    .map((file) => file.slice(0, -'.mjml'.length));
}

/** What a frame compiles to now. */
export async function compileFrame(name: string): Promise<string> {
  const source = readFileSync(new URL(`${name}.mjml`, frames), 'utf8');
  const { html } = await mjml2html(source, { validationLevel: 'strict', keepComments: false, fonts: {} });
  return `${standIns
    .reduce((text, colour, index) => text.replaceAll(`#00000${index + 1}`, `[[light.${colour}]]`), html)
    .replace(/^[ \t]+/gm, '')
    .replace(/\n{2,}/g, '\n')
    .trim()}\n`;
}

if (import.meta.main) {
  for (const name of frameNames()) {
    const html = await compileFrame(name);
    writeFileSync(new URL(`${name}.html`, frames), html);
    console.log(`templates/frames/${name}.html: ${Buffer.byteLength(html)} bytes`);
  }
}
