const carriageReturn = 0x0d;
const lineFeed = 0x0a;
const equals = 0x3d;
const longest = 75;
const hex = Buffer.from('0123456789ABCDEF');

/** Most lines of a mailing's mails are the same in each: they are encoded once. */
const known = new Map<string, string>();
const mostKnown = 4000;
const longestKnown = 20_000;

/**
 * Text in UTF-8 as quoted-printable (RFC 2045 section 6.7), with CRLF line ends. Written out here because it takes most
 * of the time of a mail: one pass over the bytes is several times as fast as a string built letter by letter.
 */
export function quotedPrintable(text: string): string {
  const lines = (text.includes('\r') ? text.replace(/\r\n|\r/g, '\n') : text).split('\n');
  for (let at = 0; at < lines.length; at += 1) lines[at] = encoded(lines[at] as string);
  return lines.join('\r\n');
}

function encoded(line: string): string {
  if (line.length > longestKnown) return encode(line);
  let found = known.get(line);
  if (found === undefined) {
    found = encode(line);
    if (known.size >= mostKnown) known.clear();
    known.set(line, found);
  }
  return found;
}

/** @param line holds no line end */
function encode(line: string): string {
  const bytes = Buffer.from(line);
  // Three letters for a byte at most, and three more for each line that is broken.
  const out = Buffer.allocUnsafe(Math.ceil(bytes.length * 3 * (1 + 3 / (longest - 2))) + 3);
  let at = 0;
  let column = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] as number;
    const blank = byte === 0x20 || byte === 0x09;
    // A blank at the end of a line would be lost on the way.
    const atEnd = blank && index + 1 === bytes.length;
    const plain = blank ? !atEnd : byte > 0x20 && byte < 0x7f && byte !== equals;
    if (column + (plain ? 1 : 3) > longest) {
      out[at++] = equals;
      out[at++] = carriageReturn;
      out[at++] = lineFeed;
      column = 0;
    }
    if (plain) {
      out[at++] = byte;
      column += 1;
    } else {
      out[at++] = equals;
      out[at++] = hex[byte >> 4] as number;
      out[at++] = hex[byte & 15] as number;
      column += 3;
    }
  }
  return out.toString('latin1', 0, at);
}
