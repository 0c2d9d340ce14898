import { encodeWord } from 'nodemailer/lib/mime-funcs';

/**
 * The words of a header: what people typed, so that every mail program reads just that. Encoded words (RFC 2047) where
 * a plain text would be read otherwise, or could not be folded.
 */

/** An encoded word of this length leaves room for `Subject: ` and `List-ID: ` within 76 octets. */
const longestWord = 52;

/** A header's text, such as the subject (RFC 5322 section 2.2.1). */
export function unstructured(text: string): string {
  const line = oneLine(text);
  return isPlain(line) ? line : encoded(line);
}

/** The name before an address or a list's id (RFC 5322 section 3.2.5): bare, quoted or encoded; none, where it is empty. */
export function phrase(text: string): string {
  const line = oneLine(text);
  if (/^(?:[A-Za-z0-9]+(?: [A-Za-z0-9]+)*)?$/.test(line) && isPlain(line)) return line;
  // Some programs decode what looks like an encoded word even between quotes (RFC 2047 section 5 forbids it).
  return isPlain(line) ? `"${line.replace(/["\\]/g, '\\$&')}"` : encoded(line);
}

/**
 * A header as it goes over the wire: lines of at most 78 octets where there is a blank to break at (RFC 5322 section
 * 2.1.1), and not one header more than was asked for.
 * @param value printable, as this module makes it; letters beyond ASCII only in an address (RFC 6532)
 * @throws Error for a value that would end the header
 */
export function headerField(name: string, value: string): string {
  if (/\p{Cc}/u.test(value)) throw new Error(`The header ${name} holds a control character`);
  const whole = `${name}: ${value}`;
  if (whole.length <= 78) return whole;
  const [first = '', ...words] = value.split(' ');
  let folded = `${name}: ${first}`;
  let column = folded.length;
  for (const word of words) {
    if (column + 1 + word.length > 78) {
      folded += `\r\n ${word}`;
      column = 1 + word.length;
    } else {
      folded += ` ${word}`;
      column += 1 + word.length;
    }
  }
  return folded;
}

/** Printable ASCII that nobody decodes, in words short enough to fold between, with one blank between them. */
function isPlain(line: string): boolean {
  return /^[\x21-\x7e]*(?: [\x21-\x7e]+)*$/.test(line) && !line.includes('=?') && !/[^ ]{60}/.test(line);
}

function encoded(line: string): string {
  const letters = line.replace(/[^A-Za-z0-9 ]/g, '').length;
  // Q can be read by eye where most is ASCII, and B is shorter where little is.
  return encodeWord(line, letters * 2 > line.length ? 'Q' : 'B', longestWord);
}

/** No header can be ended, and no other one begun, by what somebody typed. */
function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim();
}
