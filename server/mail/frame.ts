import { readFileSync } from 'node:fs';
import { topicOf } from '../mailings/topics.ts';
import type { Translate } from '../web/i18n.ts';
import type { Palette } from '../web/palette.ts';
import type { MailPalette } from './palette.ts';
import { escapeHtml } from './slots.ts';
import type { Mail, MailLocale, MailTemplate } from './variables.ts';

/** Why she gets this mail, where her data is explained, and how to get no more of these. */
export type Footer = {
  /** In a first mail, before all else: who gave us her address, and the way out. */
  origin: { text: string; label: string; url: string } | null;
  because: string;
  links: { label: string; url: string }[];
};

type Reason =
  | 'invitation'
  | 'message'
  | 'personal_link'
  | 'answer'
  | 'standing'
  | 'calendar'
  | 'event'
  | 'guest'
  | 'introduction'
  | 'introduction_asked'
  | 'pitch'
  | 'host'
  | 'welcome'
  | 'coordinator'
  | 'sign_in'
  | 'office'
  | 'join'
  | 'join_how'
  | 'my_page';

const reasons: Record<MailTemplate, Reason> = {
  invitation: 'invitation',
  chase: 'invitation',
  personal_link: 'personal_link',
  feedback_link: 'personal_link',
  reminder: 'answer',
  confirmation: 'answer',
  standing_yes: 'standing',
  calendar_reply: 'calendar',
  offer: 'answer',
  guest_confirmed: 'guest',
  host: 'host',
  welcome: 'welcome',
  update: 'event',
  join_link: 'event',
  cancellation: 'event',
  thanks: 'event',
  thanks_attended: 'event',
  thanks_missed: 'event',
  thanks_declined: 'event',
  feedback: 'event',
  introduction: 'introduction',
  introduction_asked: 'introduction_asked',
  introduction_later: 'introduction',
  pitch_notes: 'pitch',
  announcement: 'message',
  digest: 'coordinator',
  sign_in: 'sign_in',
  office: 'office',
  my_page: 'my_page',
  join_how: 'join_how',
  join_confirm: 'join',
  join_answer: 'join',
};

/** Templates that ride on a kind of another name, which one opts out of. */
const kinds: Partial<Record<MailTemplate, string>> = {
  personal_link: 'invitation',
  introduction_asked: 'introduction',
  introduction_later: 'introduction',
  pitch_notes: 'feedback',
  join_how: 'feedback',
};

export function footerOf(template: MailTemplate, variables: Mail['variables'], t: Translate): Footer {
  const { links, network, chapter, person } = variables;
  const { origin } = person;
  const because = t(`frame.because.${reasons[template]}`, {
    network: network.name,
    chapter: chapter?.name ?? '',
  });
  const topic = topicOf(kinds[template] ?? template);
  return {
    origin: origin
      ? {
          text: t(`imports.mail.${origin.by ? 'addedBy' : 'added'}`, {
            by: origin.by,
            day: origin.day,
            network: network.name,
            chapter: origin.chapter,
          }),
          label: t('imports.mail.leave'),
          url: origin.leave,
        }
      : null,
    because,
    links: [
      ...('archive' in links ? [{ label: t('frame.archive'), url: links.archive }] : []),
      { label: t('frame.privacy'), url: links.privacy },
      ...(links.unsubscribe && topic ? [{ label: t(`frame.leave.${topic}`), url: links.unsubscribe }] : []),
    ],
  };
}

export function footerText({ origin, because, links }: Footer): string {
  // Two dashes and a space: what follows is no part of the message (RFC 3676 section 4.3).
  const first = origin ? [origin.text, `${origin.label}: ${origin.url}`, ''] : [];
  return ['-- ', ...first, because, ...links.map(({ label, url }) => `${label}: ${url}`)].join('\n');
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
  const link = ({ label, url }: { label: string; url: string }) =>
    `<a class="muted" href="${escapeHtml(url)}" style="color:${muted};text-decoration:underline">${escapeHtml(label)}</a>`;
  const { origin } = footer;
  const first = origin ? `${escapeHtml(origin.text)}<div style="line-height:1.8">${link(origin)}</div>` : '';
  const parts: Record<string, string> = {
    content,
    locale: mail.locale,
    subject: escapeHtml(mail.subject),
    preheader: `${escapeHtml(mail.preheader)}${nothing}`,
    chapterUrl: escapeHtml(chapter?.url ?? new URL('/', links.privacy).href),
    chapter: escapeHtml(chapter?.name ?? network.name),
    network: chapter ? ` · ${escapeHtml(network.name)}` : '',
    // Lines far enough apart for a thumb.
    footer: `${first}${escapeHtml(footer.because)}<div style="line-height:1.8">${footer.links.map(link).join('<br>')}</div>`,
  };
  return colouredFrame(palette).replace(/\[\[(\w+)\]\]/g, (_, name: string) => {
    const part = parts[name];
    if (part === undefined) throw new Error(`the frame names ${name}, which nobody gives it`);
    return part;
  });
}
