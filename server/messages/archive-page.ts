import { parseLiquid, type RenderState, renderLiquid } from '../mail/liquid.ts';
import { renderPageSkeleton } from '../mail/markdown.ts';
import { mailPalette } from '../mail/palette.ts';
import type { MailSource } from '../mail/render.ts';
import { fillHtml, fillText, type Slot } from '../mail/slots.ts';
import type { AnnouncementMail, MailLocale } from '../mail/variables.ts';
import { translator } from '../web/i18n.ts';

/** A message as its reader's page shows it: the words of the mail that she got, in the looks of the page. Safe to print. */
export function messageHtml(source: MailSource, variables: AnnouncementMail, locale: MailLocale): string {
  const state = stateFor(variables, locale);
  const markdown = renderLiquid(parseLiquid('message', source.body), variables, state);
  // A block has a mail's own styles in it, which no page may have: its text says the same.
  const slots: Slot[] = state.slots.map(({ text }) => ({ text, html: null }));
  return fillHtml(renderPageSkeleton(markdown), slots);
}

/** Its subject, as text. */
export function messageSubject(subject: string, variables: AnnouncementMail, locale: MailLocale): string {
  const state = stateFor(variables, locale);
  const text = renderLiquid(parseLiquid('subject', subject), variables, state);
  return fillText(text, state.slots).replace(/\s+/g, ' ').trim();
}

function stateFor(variables: AnnouncementMail, locale: MailLocale): RenderState {
  const { form } = variables.person;
  const palette = mailPalette(variables.chapter.accentColour);
  return { locale, form, palette, t: translator(locale, form), slots: [] };
}
