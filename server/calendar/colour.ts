/** Some of the names of CSS Color Module Level 3, the only ones that COLOR takes (RFC 7986 section 5.9). */
const named: Record<string, string> = {
  black: '#000000',
  dimgray: '#696969',
  silver: '#c0c0c0',
  brown: '#a52a2a',
  firebrick: '#b22222',
  crimson: '#dc143c',
  tomato: '#ff6347',
  chocolate: '#d2691e',
  sienna: '#a0522d',
  saddlebrown: '#8b4513',
  darkorange: '#ff8c00',
  goldenrod: '#daa520',
  gold: '#ffd700',
  olive: '#808000',
  darkolivegreen: '#556b2f',
  seagreen: '#2e8b57',
  forestgreen: '#228b22',
  darkgreen: '#006400',
  teal: '#008080',
  steelblue: '#4682b4',
  royalblue: '#4169e1',
  mediumblue: '#0000cd',
  navy: '#000080',
  slateblue: '#6a5acd',
  indigo: '#4b0082',
  purple: '#800080',
  darkmagenta: '#8b008b',
  mediumvioletred: '#c71585',
  palevioletred: '#db7093',
  rosybrown: '#bc8f8f',
  darkslategray: '#2f4f4f',
};

const channels = (hex: string) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));

/** The name of the colour that comes nearest. @param hex `#rrggbb` */
export function nearestColour(hex: string): string {
  const wanted = channels(hex);
  const distance = (name: string) =>
    channels(named[name] as string).reduce(
      (sum, value, at) => sum + (value - (wanted[at] as number)) ** 2,
      0,
    );
  return Object.keys(named).reduce((best, name) => (distance(name) < distance(best) ? name : best));
}
