import { escapeHtml } from '../mail/slots.ts';

/** One bar: what stands under it, and its parts from the bottom up. */
export type Bar = { label: string; parts: number[] };

const width = 340;
const height = 150;
const floor = 118;
const top = 18;

/**
 * Bars as a picture in the page: no script, no style but classes. Each part has a pattern of its own beside its colour,
 * and each bar its number; the table beside it says the same.
 * @param title what a screen reader says instead of the picture
 */
export function barChart(id: string, title: string, bars: readonly Bar[]): string {
  const totals = bars.map(({ parts }) => parts.reduce((sum, part) => sum + part, 0));
  const most = Math.max(1, ...totals);
  const step = width / Math.max(1, bars.length);
  const thick = Math.min(36, step * 0.72);
  // Labels that would touch are left out; the table has them all.
  const every = Math.ceil(bars.length / 8);
  const drawn = bars.map(({ label, parts }, index) => {
    const x = round(index * step + (step - thick) / 2);
    const middle = round(index * step + step / 2);
    let y = floor;
    const pieces = parts.map((part, kind) => {
      const size = round((part / most) * (floor - top));
      y = round(y - size);
      if (part === 0) return '';
      const box = `x="${x}" y="${y}" width="${round(thick)}" height="${size}"`;
      const hatch = kind === 0 ? '' : `<rect ${box} fill="url(#${id}-p${kind})"/>`;
      return `<rect ${box} class="part-${kind}"/>${hatch}`;
    });
    const total = totals[index] as number;
    const number = total > 0 ? `<text x="${middle}" y="${round(y - 4)}" class="count">${total}</text>` : '';
    const name =
      index % every === 0 ? `<text x="${middle}" y="${floor + 16}">${escapeHtml(label)}</text>` : '';
    return pieces.join('') + number + name;
  });
  return (
    `<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}">` +
    `<defs>${hatching(id, 1, 'M0 6L6 0')}${hatching(id, 2, 'M3 0V6')}</defs>` +
    `<path class="floor" d="M0 ${floor}H${width}"/>${drawn.join('')}</svg>`
  );
}

function hatching(id: string, kind: number, path: string): string {
  return (
    `<pattern id="${id}-p${kind}" width="6" height="6" patternUnits="userSpaceOnUse">` +
    `<path class="hatch" d="${path}"/></pattern>`
  );
}

const round = (number: number) => Math.round(number * 10) / 10;

/** "64 %", or "9 su 14" where so few are no percentage: below 20. */
export function share(part: number, whole: number): { percent: number | null; part: number; whole: number } {
  return { percent: whole >= 20 ? Math.round((part / whole) * 100) : null, part, whole };
}
