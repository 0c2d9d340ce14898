import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compileFrame, frameNames } from '../../scripts/build-frames.ts';
import { renderMail } from '../../server/mail/render.ts';
import { sampleParts } from '../../server/mail/sample-parts.ts';
import { contrastOf } from '../../server/web/palette.ts';

test.each(frameNames())('the frame %s is what its source compiles to', async (name) => {
  const committed = readFileSync(new URL(`../../templates/frames/${name}.html`, import.meta.url), 'utf8');
  expect(committed, 'run npm run frames').toBe(await compileFrame(name));
});

const { about, bulk, common } = sampleParts('it', 'feminine');
const withAccent = (accentColour: string) =>
  renderMail('invitation', 'it', { ...about, chapter: { ...common.chapter, accentColour }, links: bulk })
    .html;

test.each(['#b4472e', '#ffe600', '#000000', '#ffffff', '#7f7f7f', '#00ffcc', '#1a237e'])(
  'text on the buttons, the head and the day reads well whatever the accent: %s',
  (accent) => {
    const html = withAccent(accent);
    const buttons = [
      ...html.matchAll(/<td class="(?:main|other)"[^>]*background:(#\w{6})"><a [^>]*;color:(#\w{6});/g),
    ];
    expect(buttons).toHaveLength(2);
    const walls = [...html.matchAll(/<td class="wall"[^>]*background:(#\w{6});color:(#\w{6})/g)];
    expect(walls).toHaveLength(1);
    const links = [...html.matchAll(/<a [^>]*class="strong"[^>]*color:(#\w{6})/g)].map(([all, colour]) => [
      all,
      '#fffdf9',
      colour,
    ]);
    expect(links.length).toBeGreaterThan(0);
    for (const [, ground = '', text = ''] of [...buttons, ...walls, ...links]) {
      expect(contrastOf(ground, text)).toBeGreaterThanOrEqual(4.5);
    }
  },
);

test('a mail program that turns to the dark is given its colours', () => {
  const html = withAccent('#b4472e');
  expect(html).toContain('<meta name="color-scheme" content="light dark">');
  expect(html).toMatch(/@media \(prefers-color-scheme: ?dark\)/);
});

test('a mail without a chapter stands in the network’s name', () => {
  const { html } = renderMail('sign_in', 'it', {
    ...common,
    chapter: null,
    validFor: '15 minuti',
    code: '042137',
    links: { signIn: 'https://a.example/s', privacy: 'https://a.example/privacy', unsubscribe: null },
  });
  expect(html).toMatch(/<a href="https:\/\/a\.example\/"[^>]*><strong>Filo Rosso<\/strong><\/a>/);
});
