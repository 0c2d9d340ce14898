import type { Mode } from '../rsvps/rules.ts';
import type { RenderState } from './liquid.ts';
import { Block, escapeHtml, isSafeUrl } from './slots.ts';
import { linkStyle, serif } from './styles.ts';
import type { MailChange, MailEvent, MailLink, MailQuote, MailSection } from './variables.ts';

const table = 'role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"';

/**
 * What, when and where, for a phone's first screen: the title, its day under an arch, place, cost and what else there
 * is to know.
 */
export function eventCard(given: unknown, mode: Mode | undefined, state: RenderState): Block {
  const event = given as MailEvent;
  if (typeof event?.title !== 'string' || typeof event.when !== 'string')
    throw new Error('card takes an event');
  const { light } = state.palette;
  const rows = factsOf(event, mode, state);
  const when = [event.when, event.zoneNote].filter((text) => text !== null).join(', ');
  // A long title must not push the buttons off a phone's first screen.
  const size = event.title.length > 60 ? 18 : 23;
  const html =
    `<table ${table} class="tint" style="background:${light.tint};border-radius:16px;border-collapse:separate;margin:0 0 18px">` +
    `<tr>${leafHtml(event.whenShort, state)}<td valign="top" style="padding:16px 16px 10px;overflow-wrap:anywhere">` +
    `<div class="ink" style="font:400 ${size}px/1.22 ${serif};color:${light.ink}">${escapeHtml(event.title)}</div>` +
    `<div class="ink" style="padding-top:6px;font-weight:600;color:${light.ink}">${escapeHtml(when)}</div></td></tr>` +
    `<tr><td colspan="2" style="padding:0 16px 14px">${rows.map((row) => factHtml(row, state)).join('')}</td></tr></table>`;
  const lines = rows.map(({ label, text }) => (label ? `${label}: ${text}` : text));
  return new Block(html, [event.title, `${state.t('frame.when')}: ${when}`, ...lines].join('\n'));
}

/** One line of the card. `html` where it is more than its text. */
type Fact = { label: string | null; text: string; html?: string };

function factsOf(event: MailEvent, mode: Mode | undefined, state: RenderState): Fact[] {
  const { t } = state;
  const facts: Fact[] = [];
  const { joinUrl } = event;
  const venue = mode === 'online' ? null : event.venue;
  if (venue) {
    const place = [venue.name, venue.address].filter(Boolean).join(', ');
    const online = event.format === 'hybrid' && mode === undefined ? ` (${t('frame.or_online')})` : '';
    facts.push({
      label: t('frame.where'),
      text: `${place}${online}${isSafeUrl(venue.mapUrl) ? `\n${t('frame.map')}: ${venue.mapUrl}` : ''}`,
      html: `${escapeHtml(place + online)} ${link(venue.mapUrl, t('frame.open_map'), state)}`,
    });
  } else if (event.format === 'online' || mode === 'online') {
    const later = joinUrl ? '' : `: ${t('frame.link_to_come')}`;
    facts.push({ label: t('frame.where'), text: `${t('frame.online')}${later}` });
  }
  if (joinUrl) {
    facts.push({
      label: t('frame.join'),
      text: joinUrl,
      // Shown as it is: she may have to type it into another machine.
      html: link(joinUrl, joinUrl, state),
    });
  }
  if (event.cost) facts.push({ label: t('frame.cost'), text: event.cost });
  if (event.bring) facts.push({ label: t('frame.bring'), text: event.bring });
  if (event.answerBy) facts.push({ label: t('frame.answer_by'), text: event.answerBy });
  if (event.seatsLeftNote) facts.push({ label: null, text: event.seatsLeftNote });
  return facts;
}

function factHtml({ label, text, html }: Fact, { palette }: RenderState): string {
  const { light } = palette;
  const value = `<span class="ink" style="color:${light.ink}">${html ?? breaks(text)}</span>`;
  const name = label
    ? `<span class="muted" style="color:${light.muted}">${escapeHtml(label)}</span>&ensp;`
    : '';
  return `<div style="padding-top:6px;overflow-wrap:anywhere">${name}${value}</div>`;
}

/** The day as on the pages: under an arch. Nothing where the short date is not a weekday, a number and a month. */
function leafHtml(whenShort: string, { palette }: RenderState): string {
  const [, weekday, day, month] = /^(\S+) (\d+) ([^\s,]+)/.exec(whenShort) ?? [];
  if (!weekday || !day || !month) return '';
  const { accent } = palette.light;
  const ink = palette.light['on-accent'];
  return (
    `<td width="64" valign="top" style="padding:16px 0 10px 16px;width:64px">` +
    `<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="border-collapse:separate"><tr>` +
    `<td class="wall" width="64" align="center" bgcolor="${accent}" style="width:64px;padding:13px 0 9px;` +
    `border-radius:32px 32px 8px 8px;background:${accent};color:${ink};font-size:13px;line-height:1.15">` +
    `${escapeHtml(weekday)}<br><span style="font:400 28px/1.1 ${serif}">${day}</span><br>${escapeHtml(month)}</td>` +
    `</tr></table></td>`
  );
}

/** Old and new side by side. */
export function changesBlock(given: unknown, { palette, t }: RenderState): Block {
  if (!Array.isArray(given)) throw new Error('changes takes a list of changes');
  const changes = given as MailChange[];
  const { light } = palette;
  const cell = (name: string, text: string, now: boolean) =>
    `<td class="line" width="50%" valign="top" style="padding:8px ${now ? '0 10px 12px' : '12px 10px 0'};` +
    `border-top:1px solid ${light.line};${now ? `border-left:1px solid ${light.line};` : ''}overflow-wrap:anywhere">` +
    `<div class="strong" style="font-size:14px;color:${light.strong}">${escapeHtml(name)}</div>` +
    (now
      ? `<div class="ink" style="font-weight:600;color:${light.ink}">${breaks(text)}</div></td>`
      : `<div class="muted" style="color:${light.muted}"><s>${breaks(text)}</s></div></td>`);
  const html = changes.map(
    ({ what, old, new: current }) =>
      `<tr>${cell(`${what}, ${t('frame.before').toLowerCase()}`, old, false)}` +
      `${cell(`${what}, ${t('frame.now').toLowerCase()}`, current, true)}</tr>`,
  );
  const text = changes.map(
    ({ what, old, new: current }) =>
      `${what}\n  ${t('frame.before')}: ${old}\n  ${t('frame.now')}: ${current}`,
  );
  return new Block(`<table ${table} style="margin:0 0 14px">${html.join('')}</table>`, text.join('\n\n'));
}

/** A code, large; the digits stand together, so that they are copied as they are typed. */
export function codeBlock(given: unknown, { palette }: RenderState): Block {
  const code = String(given);
  const { light } = palette;
  const html =
    `<div class="tint ink" style="margin:0 0 16px;padding:14px 8px;border-radius:12px;background:${light.tint};` +
    `color:${light.ink};font:600 34px/1.2 ui-monospace,Menlo,Consolas,monospace;letter-spacing:6px;` +
    `text-align:center">${escapeHtml(code)}</div>`;
  return new Block(html, code);
}

/** Headings with lines under them. */
export function sectionsBlock(given: unknown, state: RenderState): Block {
  if (!Array.isArray(given)) throw new Error('sections takes a list of sections');
  const sections = given as MailSection[];
  const { light } = state.palette;
  const muted = (text: string) =>
    `<div class="muted" style="font-size:15px;color:${light.muted}">${breaks(text)}</div>`;
  const html = sections.map(({ heading, note, url, lines }) => {
    const title = url ? link(url, heading, state) : escapeHtml(heading);
    const rows = lines.map(
      (line) =>
        `<tr><td class="line" style="padding:7px 0;border-top:1px solid ${light.line}">${escapeHtml(line.text)}` +
        `${line.note ? muted(`“${line.note}”`) : ''}</td></tr>`,
    );
    return (
      `<div class="ink" style="margin:18px 0 6px;font:400 20px/1.3 ${serif};color:${light.ink}">${title}</div>` +
      `${note ? `<div style="padding-bottom:6px">${muted(note)}</div>` : ''}<table ${table}>${rows.join('')}</table>`
    );
  });
  const text = sections.map(({ heading, note, url, lines }) =>
    [
      note ? `${heading}\n${note}` : heading,
      ...lines.map(
        (line) => `- ${line.text}${line.note ? `\n  “${line.note.replace(/\r?\n/g, '\n  ')}”` : ''}`,
      ),
      ...(url ? [url] : []),
    ].join('\n'),
  );
  return new Block(`${html.join('')}<div style="height:18px"></div>`, text.join('\n\n'));
}

/** Photos and links, one under the other, each with who is in it. */
export function linksBlock(given: unknown, state: RenderState): Block {
  if (!Array.isArray(given)) throw new Error('links takes a list of links');
  const links = given as MailLink[];
  const { light } = state.palette;
  const html = links.map(
    ({ title, url, note }) =>
      `<tr><td class="line" style="padding:9px 0;border-top:1px solid ${light.line};overflow-wrap:anywhere">` +
      `${link(url, title, state)}` +
      `${note ? `<div class="muted" style="font-size:15px;color:${light.muted}">${escapeHtml(note)}</div>` : ''}</td></tr>`,
  );
  const text = links.map(({ title, url, note }) => `- ${title}: ${url}${note ? `\n  ${note}` : ''}`);
  return new Block(`<table ${table} style="margin:0 0 14px">${html.join('')}</table>`, text.join('\n'));
}

/** What people wrote, each in its own frame, with a name where it is signed. */
export function quotesBlock(given: unknown, { palette }: RenderState): Block {
  if (!Array.isArray(given)) throw new Error('quotes takes a list of quotes');
  const quotes = given as MailQuote[];
  const { light } = palette;
  const html = quotes.map(
    ({ text, by }) =>
      `<div class="tint ink" style="margin:0 0 12px;padding:12px 16px;border-radius:12px;background:${light.tint};` +
      `color:${light.ink};overflow-wrap:anywhere">${breaks(text)}` +
      `${by ? `<div class="muted" style="padding-top:6px;font-size:15px;color:${light.muted}">${escapeHtml(by)}</div>` : ''}</div>`,
  );
  const text = quotes.map(({ text: words, by }) => {
    const lines = words.split(/\r?\n/).map((line) => `  ${line}`);
    return [...lines, ...(by ? [`  (${by})`] : [])].join('\n');
  });
  return new Block(`${html.join('')}<div style="height:6px"></div>`, text.join('\n\n'));
}

function link(url: string, label: string, { palette }: RenderState): string {
  if (!isSafeUrl(url)) return '';
  return `<a class="strong" href="${escapeHtml(url)}" style="${linkStyle(palette)}">${escapeHtml(label)}</a>`;
}

function breaks(text: string): string {
  return escapeHtml(text).replace(/\r?\n/g, '<br>');
}
