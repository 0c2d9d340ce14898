import { readFileSync } from 'node:fs';
import { topicOf } from '../mailings/topics.ts';
import type { Translate } from '../web/i18n.ts';
import type { Palette } from '../web/palette.ts';
import type { MailPalette } from './palette.ts';
import { escapeHtml } from './slots.ts';
import type { Mail, MailLocale, MailTemplate } from './variables.ts';

/** Why she gets this mail, where her data is explained, and how to get no more of these. */
export type Footer = { because: string; links: { label: string; url: string }[] };

type Reason =
  | 'invitation'
  | 'message'
  | 'personal_link'
  | 'answer'
  | 'standing'
  | 'event'
  | 'guest'
  | 'host'
  | 'coordinator'
  | 'sign_in'
  | 'office';

const reasons: Record<MailTemplate, Reason> = {
  invitation: 'invitation',
  chase: 'invitation',
  personal_link: 'personal_link',
  reminder: 'answer',
  confirmation: 'answer',
  standing_yes: 'standing',
  offer: 'answer',
  guest_confirmed: 'guest',
  host: 'host',
  update: 'event',
  cancellation: 'event',
  thanks: 'event',
  thanks_attended: 'event',
  thanks_missed: 'event',
  thanks_declined: 'event',
  announcement: 'message',
  digest: 'coordinator',
  sign_in: 'sign_in',
  office: 'office',
};

export function footerOf(template: MailTemplate, variables: Mail['variables'], t: Translate): Footer {
  const { links, network, chapter } = variables;
  const because = t(`frame.because.${reasons[template]}`, {
    network: network.name,
    chapter: chapter?.name ?? '',
  });
  const topic = topicOf(template === 'personal_link' ? 'invitation' : template);
  return {
    because,
    links: [
      ...('archive' in links ? [{ label: t('frame.archive'), url: links.archive }] : []),
      { label: t('frame.privacy'), url: links.privacy },
      ...(links.unsubscribe && topic ? [{ label: t(`frame.leave.${topic}`), url: links.unsubscribe }] : []),
    ],
  };
}

export function footerText({ because, links }: Footer): string {
  // Two dashes and a space: what follows is no part of the message (RFC 3676 section 4.3).
  return ['-- ', because, ...links.map(({ label, url }) => `${label}: ${url}`)].join('\n');
}

const frame = readFileSync(new URL('../../templates/frames/mail.html', import.meta.url), 'utf8');

const coloured = new WeakMap<MailPalette, string>();

function colouredFrame(palette: MailPalette): string {
  let html = coloured.get(palette);
  if (html === undefined) {
    html = frame.replace(
      /\[\[(light|dark)\.([\w-]+)\]\]/g,
      (_, scheme: 'light' | 'dark', name: keyof Palette) => palette[scheme][name],
    );
    coloured.set(palette, html);
  }
  return html;
}

/** Some mail programs show what follows the preheader as well: nothing that can be read does. */
const nothing = '&#847;&zwnj;&nbsp;'.repeat(40);

/** Puts a mail's content, as HTML, into the frame. */
export function frameHtml(
  content: string,
  mail: { subject: string; preheader: string; footer: Footer; locale: MailLocale },
  { network, chapter, links }: Mail['variables'],
  palette: MailPalette,
): string {
  const { footer } = mail;
  const { muted } = palette.light;
  const footerLinks = footer.links.map(
    ({ label, url }) =>
      `<a class="muted" href="${escapeHtml(url)}" style="color:${muted};text-decoration:underline">${escapeHtml(label)}</a>`,
  );
  const parts: Record<string, string> = {
    content,
    locale: mail.locale,
    subject: escapeHtml(mail.subject),
    preheader: `${escapeHtml(mail.preheader)}${nothing}`,
    chapterUrl: escapeHtml(chapter?.url ?? new URL('/', links.privacy).href),
    chapter: escapeHtml(chapter?.name ?? network.name),
    network: chapter ? ` · ${escapeHtml(network.name)}` : '',
    // Lines far enough apart for a thumb.
    footer: `${escapeHtml(footer.because)}<div style="line-height:1.8">${footerLinks.join('<br>')}</div>`,
  };
  return colouredFrame(palette).replace(/\[\[(\w+)\]\]/g, (_, name: string) => {
    const part = parts[name];
    if (part === undefined) throw new Error(`the frame names ${name}, which nobody gives it`);
    return part;
  });
}
