import { isUtf8 } from 'node:buffer';

/** The encodings that spreadsheets write, by the names that TextDecoder knows. */
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/** Why a file is no table at all. */
export type NotATable = 'empty' | 'spreadsheet' | 'pdf';

const sliceBytes = 64 * 1024;

/** What a file is by its first bytes, where it is something else than text. */
export function otherThanText(bytes: Buffer): NotATable | null {
  if (bytes.length === 0) return 'empty';
  // A zip (.xlsx, .ods, .numbers), and the container of the older .xls.
  const isSpreadsheet = [[0x50, 0x4b, 0x03, 0x04] as const, [0xd0, 0xcf, 0x11, 0xe0] as const].some((magic) =>
    magic.every((byte, at) => bytes[at] === byte),
  );
  if (isSpreadsheet) return 'spreadsheet';
  return bytes.subarray(0, 5).toString('latin1') === '%PDF-' ? 'pdf' : null;
}

/**
 * The encoding of a text file: its mark where it has one, UTF-16 where every other byte is zero, UTF-8 where all of it is
 * valid; else what Excel writes in Italy.
 */
export function findEncoding(bytes: Buffer): Encoding {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const head = bytes.subarray(0, 4_096);
  const zeros = [0, 0];
  for (const [at, byte] of head.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] as number) + 1;
  const [even = 0, odd = 0] = zeros;
  if (odd > head.length / 4 && even < odd / 4) return 'utf-16le';
  if (even > head.length / 4 && odd < even / 4) return 'utf-16be';
  return isUtf8(bytes) ? 'utf-8' : 'windows-1252';
}

/** The text piece by piece, so that a large file never stands in memory a second time. Without its mark. */
export function* decode(bytes: Buffer, encoding: Encoding): Generator<string> {
  const decoder = new TextDecoder(encoding);
  for (let at = 0; at < bytes.length; at += sliceBytes) {
    yield decoder.decode(bytes.subarray(at, at + sliceBytes), { stream: true });
  }
  yield decoder.decode();
}
