import type { MailPalette } from './palette.ts';

/**
 * Styles as they stand in the tags, because many mail programs drop a style sheet. A class beside each colour lets the
 * frame's style sheet turn it for a dark screen.
 */
export const sans = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";
export const serif = "Georgia,'Times New Roman',serif";

export const styles = {
  paragraph: 'margin:0 0 16px',
  heading: `margin:24px 0 8px;font:400 20px/1.3 ${serif}`,
  list: 'margin:0 0 16px;padding:0 0 0 22px',
  item: 'margin:0 0 6px',
  quote: 'margin:0 0 16px;padding:2px 0 2px 16px;border-left:3px solid',
  rule: 'margin:24px 0;border:0;border-top:1px solid',
} as const;

export function linkStyle({ light }: MailPalette): string {
  return `color:${light.strong};text-decoration:underline`;
}

/** A button that also stands where padding on a link is ignored: the cell carries the colour. Text on it is computed. */
export function buttonHtml(href: string, label: string, main: boolean, { light }: MailPalette): string {
  const [ground, text] = main ? [light.strong, light.card] : [light.card, light.strong];
  return (
    `<table role="presentation" class="button" cellpadding="0" cellspacing="0" border="0" ` +
    `style="display:inline-table;margin:0 8px 10px 0;border-collapse:separate"><tr>` +
    `<td class="${main ? 'main' : 'other'}" align="center" bgcolor="${ground}" ` +
    `style="border-radius:12px;border:2px solid ${light.strong};background:${ground}">` +
    `<a class="${main ? 'main' : 'other'}" href="${href}" style="display:block;padding:14px 26px;` +
    `font:600 18px/1.25 ${sans};color:${text};text-decoration:none;border-radius:10px">${label}</a></td></tr></table>`
  );
}
