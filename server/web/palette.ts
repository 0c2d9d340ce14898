/**
 * The colours of the pages: warm paper and ink, and a chapter's accent. An accent may be any colour; what is written
 * on it or in it is computed, so that it reads well in light and dark (WCAG 2.2, 1.4.3: 4.5 to 1).
 */

type Rgb = readonly [red: number, green: number, blue: number];

export type Palette = Record<(typeof names)[number], string>;

const names = [
  'page', // behind everything
  'card', // what lies on it
  'ink',
  'muted', // ink that stands back
  'line', // separates
  'edge', // the border of a field: 3 to 1 on page and card
  'alert', // what needs putting right
  'accent', // the chapter's colour, for large surfaces
  'on-accent', // text on accent
  'strong', // the accent as text, and as a button whose text is `card`
  'tint', // a breath of accent, under ink or strong
] as const;

export type Scheme = 'light' | 'dark';

const paper = {
  light: {
    page: '#faf5ee',
    card: '#fffdf9',
    ink: '#2a211c',
    muted: '#685b52',
    line: '#e6dacc',
    edge: '#8b7c70',
    alert: '#a8181c',
  },
  dark: {
    page: '#181310',
    card: '#221b17',
    ink: '#f3ebe2',
    muted: '#bbaea3',
    line: '#3d322b',
    edge: '#8f8175',
    alert: '#ffa198',
  },
} as const;

const readable = 4.5;

/** All colours of one scheme for an accent such as `#b4472e`. */
export function palette(accent: string, scheme: Scheme): Palette {
  const base = paper[scheme];
  const [page, card] = [parse(base.page), parse(base.card)];
  const given = parse(accent);
  // A bright wall would glare in the dark: there the accent is a shade of itself.
  const wall = scheme === 'light' ? given : mix(given, page, 0.5);
  const [surface, text] = legible(wall);
  const tint = mix(given, card, scheme === 'light' ? 0.9 : 0.84);
  const grounds = [page, card, tint];
  const strong = push(given, scheme === 'light' ? black : white, (colour) =>
    grounds.every((ground) => contrast(colour, ground) >= readable),
  );
  return {
    ...base,
    accent: format(surface),
    'on-accent': format(text),
    strong: format(strong),
    tint: format(tint),
  };
}

/** The custom properties of both schemes, as a style sheet. */
export function paletteCss(accent: string): string {
  const properties = (scheme: Scheme) => {
    const colours = palette(accent, scheme);
    return names.map((name) => `--${name}:${colours[name]}`).join(';');
  };
  return (
    `:root{color-scheme:light dark;${properties('light')}}` +
    `@media (prefers-color-scheme:dark){:root{${properties('dark')}}}` +
    // On paper the light scheme holds, whatever the screen shows.
    `@media print{:root{${properties('light')}}}`
  );
}

/** The contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio"). */
export function contrastOf(a: string, b: string): number {
  return contrast(parse(a), parse(b));
}

const black: Rgb = [0, 0, 0];
const white: Rgb = [255, 255, 255];

/** The colour, darkened where needed, and a text colour that reads well on it. */
function legible(colour: Rgb): [surface: Rgb, text: Rgb] {
  const dark = parse(paper.light.ink);
  if (contrast(colour, white) >= readable) return [colour, white];
  if (contrast(colour, dark) >= readable) return [colour, dark];
  return [push(colour, black, (pushed) => contrast(pushed, white) >= readable), white];
}

/** Moves a colour towards another by small steps until it will do. */
function push(colour: Rgb, towards: Rgb, enough: (colour: Rgb) => boolean): Rgb {
  for (let step = 0; step < 50; step += 1) {
    const moved = mix(towards, colour, 1 - step / 50);
    if (enough(moved)) return moved;
  }
  return towards;
}

/** `share` of the second colour, the rest of the first; whole numbers, so that what is measured is what is shown. */
function mix(first: Rgb, second: Rgb, share: number): Rgb {
  const channel = (index: 0 | 1 | 2) => Math.round(first[index] * (1 - share) + second[index] * share);
  return [channel(0), channel(1), channel(2)];
}

function contrast(a: Rgb, b: Rgb): number {
  const [lighter, darker] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour: Rgb): number {
  const [red, green, blue] = colour.map((channel) => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function parse(hex: string): Rgb {
  if (!/^#[0-9a-f]{6}$/i.test(hex)) throw new RangeError(`Not a colour: ${hex}`);
  const number = Number.parseInt(hex.slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

function format(colour: Rgb): string {
  return `#${colour.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}
