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
/** Of the border of a field (WCAG 2.2, 1.4.11). */
const distinct = 3;

/** All colours of one scheme for an accent such as `#b4472e`. */
export function palette(accent: string, scheme: Scheme): Palette {
  const base = paper[scheme];
  const [page, card] = [parse(base.page), parse(base.card)];
  const given = parse(accent);
  // A bright wall would glare in the dark: there the accent is a shade of itself.
  const wall = scheme === 'light' ? given : mix(given, page, 0.5);
  const [surface, text] = legible(wall);
  const tint = mix(given, card, scheme === 'light' ? 0.9 : 0.84);
  const away = scheme === 'light' ? 'darker' : 'lighter';
  const on = (colour: Rgb, least: number) =>
    format(
      shade(colour, away, (shaded) =>
        [page, card, tint].every((ground) => contrast(shaded, ground) >= least),
      ),
    );
  return {
    ...base,
    // As they are on paper, unless a strong accent tints it too much.
    muted: on(parse(base.muted), readable),
    alert: on(parse(base.alert), readable),
    edge: on(parse(base.edge), distinct),
    accent: format(surface),
    'on-accent': format(text),
    strong: on(given, readable),
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
  return [shade(colour, 'darker', (shaded) => contrast(shaded, white) >= readable), white];
}

/**
 * The colour made lighter or darker by small steps until it will do. Its hue stays, and as much of its strength as the
 * screen can show at that lightness: mixed with white, a terracotta would go pale.
 */
function shade(colour: Rgb, direction: 'lighter' | 'darker', enough: (colour: Rgb) => boolean): Rgb {
  const [lightness, a, b] = toOklab(colour);
  const end = direction === 'lighter' ? 1 : 0;
  for (let step = 0; step <= 100; step += 1) {
    const shaded = fromOklab([lightness + ((end - lightness) * step) / 100, a, b]);
    if (enough(shaded)) return shaded;
  }
  return direction === 'lighter' ? white : black;
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
  const [red, green, blue] = toLinear(colour);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

type Triple = [number, number, number];

function toLinear(colour: Rgb): Triple {
  return colour.map((channel) => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as Triple;
}

// Oklab (CSS Color 4, section 9.2): lightness as the eye sees it, apart from hue.
function toOklab(colour: Rgb): Triple {
  const [r, g, b] = toLinear(colour);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** Back to a colour of the screen, with less chroma where the screen has no such colour. */
function fromOklab([lightness, a, b]: Triple): Rgb {
  for (let chroma = 1; chroma > 0; chroma -= 0.05) {
    const linear = oklabToLinear([lightness, a * chroma, b * chroma]);
    if (linear.every((value) => value > -0.001 && value < 1.001)) return fromLinear(linear);
  }
  return fromLinear(oklabToLinear([lightness, 0, 0]));
}

function oklabToLinear([lightness, a, b]: Triple): Triple {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

function fromLinear(linear: Triple): Rgb {
  const [red, green, blue] = linear.map((value) => {
    const kept = Math.min(1, Math.max(0, value));
    return Math.round(255 * (kept <= 0.0031308 ? 12.92 * kept : 1.055 * kept ** (1 / 2.4) - 0.055));
  }) as Triple;
  return [red, green, blue];
}

function parse(hex: string): Rgb {
  if (!/^#[0-9a-f]{6}$/i.test(hex)) throw new RangeError(`Not a colour: ${hex}`);
  const number = Number.parseInt(hex.slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

function format(colour: Rgb): string {
  return `#${colour.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}
