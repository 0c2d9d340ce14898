import { type Palette, palette } from '../web/palette.ts';

/** The colours of the pages, for mails: both schemes, because a style sheet may be all that a mail program keeps. */
export type MailPalette = { accent: string; light: Palette; dark: Palette };

const made = new Map<string, MailPalette>();

/** @param accent as `#rrggbb` */
export function mailPalette(accent: string): MailPalette {
  let colours = made.get(accent);
  if (!colours) {
    colours = { accent, light: palette(accent, 'light'), dark: palette(accent, 'dark') };
    if (made.size > 500) made.clear();
    made.set(accent, colours);
  }
  return colours;
}
