import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contrastOf, palette, paletteCss, type Scheme } from '../../server/web/palette.ts';

const accent = fc
  .integer({ min: 0, max: 0xffffff })
  .map((number) => `#${number.toString(16).padStart(6, '0')}`);
const scheme = fc.constantFrom<Scheme>('light', 'dark');

/** Text on the ground that it is printed on. */
const pairs = [
  ['ink', 'page'],
  ['ink', 'card'],
  ['ink', 'tint'],
  ['muted', 'page'],
  ['muted', 'card'],
  ['muted', 'tint'],
  ['alert', 'card'],
  ['alert', 'tint'],
  ['strong', 'page'],
  ['strong', 'card'],
  ['strong', 'tint'],
  ['card', 'strong'],
  ['on-accent', 'accent'],
] as const;

test('whatever the accent, all text reads well in light and dark', () => {
  fc.assert(
    fc.property(accent, scheme, (colour, which) => {
      const colours = palette(colour, which);
      for (const [text, ground] of pairs) {
        const ratio = contrastOf(colours[text], colours[ground]);
        expect(ratio, `${text} on ${ground} for ${colour}, ${which}`).toBeGreaterThanOrEqual(4.5);
      }
      for (const ground of ['page', 'card', 'tint'] as const) {
        expect(contrastOf(colours.edge, colours[ground]), `edge on ${ground}`).toBeGreaterThanOrEqual(3);
      }
    }),
    {
      numRuns: 2000,
      examples: ['#000000', '#ffffff', '#ffff00', '#0000ff', '#767676', '#b4472e'].map((one) => [
        one,
        'dark',
      ]),
    },
  );
});

test('an accent that reads well as it is stays as it is', () => {
  expect(palette('#b4472e', 'light')).toMatchObject({
    accent: '#b4472e',
    'on-accent': '#ffffff',
    strong: '#b4472e',
  });
  expect(palette('#ffd400', 'light')).toMatchObject({ accent: '#ffd400', 'on-accent': '#2a211c' });
});

test('the sheet knows light, dark and paper', () => {
  const css = paletteCss('#b4472e');
  expect(css).toContain('--accent:#b4472e');
  expect(css).toMatch(/prefers-color-scheme:dark[\s\S]*print/);
  expect(() => paletteCss('red;}')).toThrow('Not a colour');
});
