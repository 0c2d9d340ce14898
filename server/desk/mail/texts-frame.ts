import type { RenderedMail } from '../../mail/render.ts';
import { escapeHtml } from '../../mail/slots.ts';
import type { Desk } from '../../organizers/guard.ts';
import type { Locale } from '../../web/i18n.ts';

/** Documents for the frame beside the editor: a mail as a phone shows it, its plain text, or why there is none. */

const css = `body{margin:0}
.subject{margin:0;padding:14px 16px;font:600 16px/1.35 system-ui,sans-serif;background:#fff;color:#1d1b1a;border-bottom:1px solid #d8d2cc;overflow-wrap:anywhere}
.subject small{display:block;font-weight:400;font-size:13px;color:#5d5753}
.plain{margin:0;padding:16px;font:14px/1.55 ui-monospace,Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere;background:#fff;color:#1d1b1a}
.wrong{padding:18px 16px;font:16px/1.5 system-ui,sans-serif;background:#fff;color:#1d1b1a}
.wrong li+li{margin-top:8px}`;

export function framedMail(desk: Desk, mail: RenderedMail, locale: Locale, asText: boolean): string {
  const head = `<p class="subject"><small>${escapeHtml(desk.t('wording.subject'))}</small>${escapeHtml(mail.subject)}</p>`;
  if (asText) return page(locale, mail.subject, `${head}<pre class="plain">${escapeHtml(mail.text)}</pre>`);
  // Its links lead nowhere from here: a new window is what the frame may not open.
  return mail.html
    .replace('</head>', `<base target="_blank"><style>${css}</style></head>`)
    .replace(/<body[^>]*>/, (body) => `${body}${head}`);
}

export function framedProblems(desk: Desk, problems: readonly string[]): string {
  const { t, locale } = desk;
  const title = t('wording.notYet', { count: problems.length });
  const items = problems.map((problem) => `<li>${escapeHtml(problem)}</li>`).join('');
  return page(locale, title, `<div class="wrong"><p><b>${escapeHtml(title)}</b></p><ul>${items}</ul></div>`);
}

function page(locale: Locale, title: string, body: string): string {
  return `<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${css}</style></head><body>${body}</body></html>`;
}
