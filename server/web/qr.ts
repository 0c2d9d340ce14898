import QRCode from 'qrcode';

type Code = { size: number; path: string };

// Whoever comes opens her page more than once before the evening, and drawing takes longer than all the rest of it.
const recent = new Map<string, Code>();

/**
 * A text as a QR code: the path of an SVG, and how many modules wide it is with the quiet zone of four that readers
 * need. Drawn in black on white by the page, in light and dark alike.
 */
export function qrPath(text: string): Code {
  const known = recent.get(text);
  if (known) return known;
  const code = draw(text);
  if (recent.size >= 500) recent.clear();
  recent.set(text, code);
  return code;
}

function draw(text: string): Code {
  const { modules } = QRCode.create(text, { errorCorrectionLevel: 'M' });
  const quiet = 4;
  let path = '';
  for (let row = 0; row < modules.size; row += 1) {
    for (let column = 0; column < modules.size; column += 1) {
      if (modules.get(row, column)) path += `M${column + quiet} ${row + quiet}h1v1h-1z`;
    }
  }
  return { size: modules.size + 2 * quiet, path };
}
