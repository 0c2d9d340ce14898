/** The side of the square that a photo becomes, in points. */
const side = 512;
/** More points than the cameras of telephones have that fit into an upload; a file that claims more is not unpacked. */
const mostPoints = 64_000_000;

export type PhotoRefusal = 'none' | 'too_large' | 'heic' | 'no_photo' | 'too_many_points' | 'broken';
export type MadePhoto = { ok: true; bytes: Buffer } | { ok: false; reason: PhotoRefusal };

/**
 * Makes a square JPEG of a photo, upright, without anything else that its file says: the place, the day, the telephone.
 * What a file is, its first bytes say, whatever it is called; of all that the library can read only three kinds reach it.
 */
export async function makePhoto(upload: { bytes: Buffer; tooLarge: boolean } | null): Promise<MadePhoto> {
  if (!upload || upload.bytes.length === 0) return { ok: false, reason: 'none' };
  if (upload.tooLarge) return { ok: false, reason: 'too_large' };
  const kind = kindOf(upload.bytes);
  if (kind === 'heic') return { ok: false, reason: 'heic' };
  if (kind === 'other') return { ok: false, reason: 'no_photo' };
  return oneAfterTheOther(() => squareOf(upload.bytes));
}

async function squareOf(bytes: Buffer): Promise<MadePhoto> {
  // Loaded where it is first needed: most processes never see a photo.
  const { default: sharp } = await import('sharp');
  sharp.cache(false);
  try {
    const photo = sharp(bytes, { limitInputPixels: mostPoints, failOn: 'error' });
    const made = await photo
      .autoOrient()
      .resize(side, side, { fit: 'cover', position: 'attention' })
      .flatten({ background: '#ffffff' })
      .jpeg({ quality: 80, mozjpeg: true })
      .timeout({ seconds: 20 })
      .toBuffer();
    return { ok: true, bytes: made };
  } catch (error) {
    // The library tells what it could not read by its words alone.
    const isLarge = error instanceof Error && /pixel limit/i.test(error.message);
    return { ok: false, reason: isLarge ? 'too_many_points' : 'broken' };
  }
}

function kindOf(bytes: Buffer): 'photo' | 'heic' | 'other' {
  const text = (from: number, to: number) => bytes.toString('latin1', from, to);
  if (text(0, 3) === '\xff\xd8\xff' || text(0, 8) === '\x89PNG\r\n\x1a\n') return 'photo';
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'photo';
  return text(4, 8) === 'ftyp' && /^(hei|hev|mif|msf)/.test(text(8, 12)) ? 'heic' : 'other';
}

let last: Promise<unknown> = Promise.resolve();

/** A large photo takes much memory while it is made smaller: one at a time. */
function oneAfterTheOther<Made>(make: () => Promise<Made>): Promise<Made> {
  const made = last.then(make, make);
  last = made.catch(() => undefined);
  return made;
}
