/** The order matters: every browser claims to be the ones that came before it. */
const browsers: [RegExp, string][] = [
  [/\bEdg(e|A|iOS)?\//, 'Edge'],
  [/\bOPR\/|\bOpera/, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bVivaldi\//, 'Vivaldi'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b(Chrome|Chromium|CriOS)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];

const systems: [RegExp, string][] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bMacintosh\b/, 'Mac'],
  [/\bWindows\b/, 'Windows'],
  [/\bCrOS\b/, 'Chromebook'],
  [/\bLinux\b/, 'Linux'],
];

/** "Safari · iPhone", from what a browser says of itself; null where it says nothing that its owner would know. */
export function deviceInWords(userAgent: string | undefined): string | null {
  const text = (userAgent ?? '').slice(0, 500);
  const named = (list: [RegExp, string][]) => list.find(([pattern]) => pattern.test(text))?.[1];
  return [named(browsers), named(systems)].filter(Boolean).join(' · ') || null;
}
