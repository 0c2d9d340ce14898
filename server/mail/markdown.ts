import MarkdownIt, { type Token } from 'markdown-it';
import { markdownText } from './markdown-text.ts';
import type { MailPalette } from './palette.ts';
import { asUrl, Block, hasBlock, hasSlot, isBlock, isSafeUrl, mayBeUrl } from './slots.ts';
import { buttonHtml, linkStyle, styles } from './styles.ts';

/** A text with its marks still in it: HTML and plain. */
export type Skeleton = { html: string; text: string };

// No HTML and no pictures, and nothing that turns an indented or underlined line into something else.
const off = ['image', 'code', 'fence', 'lheading', 'reference', 'html_block', 'html_inline'];

/** For texts with slots: what looks like a link is none, unless it is written as one. */
const withSlots = forSlots(false);
/** For such texts by a coordinator: a whole address that she pastes is a link, a word with a dot in it is none. */
const withSlotsAndLinks = forSlots(true);
withSlotsAndLinks.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });

function forSlots(linkify: boolean): InstanceType<typeof MarkdownIt> {
  const markdown = new MarkdownIt({ html: false, linkify, breaks: true }).disable(off);
  const normalize = markdown.normalizeLink.bind(markdown);
  markdown.normalizeLink = (url) => (hasSlot(url) ? asUrl(url) : normalize(url));
  markdown.validateLink = mayBeUrl;
  return markdown;
}

/** For what a coordinator writes about an event: an address that she pastes is a link. */
const plain = new MarkdownIt({ html: false, linkify: true, breaks: true }).disable(off);
plain.validateLink = isSafeUrl;

for (const markdown of [withSlots, withSlotsAndLinks, plain]) {
  markdown.renderer.rules.block = (tokens, index) => (tokens[index] as Token).content.trim();
  markdown.renderer.rules.buttons = (tokens, index, _options, env) => {
    const { buttons } = (tokens[index] as Token).meta as { buttons: Button[] };
    const { palette } = env as { palette: MailPalette | null };
    if (!palette) return pageButtons(buttons, markdown.utils.escapeHtml);
    const html = buttons.map(({ href, label }, at) =>
      buttonHtml(markdown.utils.escapeHtml(href), markdown.utils.escapeHtml(label), at === 0, palette),
    );
    return `<div class="buttons" style="margin:0 0 14px">${html.join('')}</div>`;
  };
}

/**
 * Renders Markdown. A paragraph of links with the title "button" becomes buttons, the first one the main one; a block
 * stands where its paragraph stood.
 * @param linked whether an address that stands by itself is a link
 * @throws Error for a block in the middle of a sentence
 */
export function renderSkeleton(source: string, palette: MailPalette, linked = false): Skeleton {
  return render(linked ? withSlotsAndLinks : withSlots, source, palette);
}

/** The same as a page of ours shows it, whose sheet gives the looks. */
export function renderPageSkeleton(source: string): string {
  const tokens = withBlocksAndButtons(withSlotsAndLinks.parse(source, {}));
  for (const token of tokens) plainTags(token);
  return withSlotsAndLinks.renderer.render(tokens, withSlotsAndLinks.options, { palette: null }).trim();
}

function pageButtons(buttons: readonly Button[], escaped: (text: string) => string): string {
  const links = buttons.map(
    ({ href, label }) => `<a class="button" href="${escaped(href)}">${escaped(label)}</a>`,
  );
  return `<div class="buttons">${links.join('')}</div>`;
}

const descriptions = new Map<string, Block>();

/** A coordinator's own Markdown about an event, the same for everybody it goes to. */
export function descriptionBlock(source: string, palette: MailPalette): Block {
  const key = `${palette.accent}${source}`;
  let block = descriptions.get(key);
  if (!block) {
    const { html, text } = render(plain, source, palette);
    block = new Block(html, text);
    if (descriptions.size >= 50) descriptions.clear();
    descriptions.set(key, block);
  }
  return block;
}

function render(markdown: InstanceType<typeof MarkdownIt>, source: string, palette: MailPalette): Skeleton {
  const tokens = withBlocksAndButtons(markdown.parse(source, {}));
  for (const token of tokens) style(token, palette);
  return {
    html: markdown.renderer.render(tokens, markdown.options, { palette }).trim(),
    text: markdownText(tokens),
  };
}

export type Button = { href: string; label: string };

function withBlocksAndButtons(tokens: Token[]): Token[] {
  const out: Token[] = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index] as Token;
    const inline = tokens[index + 1];
    if (token.type !== 'paragraph_open' || !inline) {
      out.push(token);
      continue;
    }
    const buttons = buttonsOf(inline);
    if (buttons || isBlock(inline.content)) {
      inline.type = buttons ? 'buttons' : 'block';
      inline.meta = { buttons };
      out.push(inline);
      index += 2;
      continue;
    }
    if (hasBlock(inline.content))
      throw new Error('card, changes, links, quotes, sections and markdown stand in a paragraph alone');
    out.push(token);
  }
  return out;
}

/** The buttons of a paragraph that is made of nothing else, or null. */
function buttonsOf(paragraph: Token): Button[] | null {
  const buttons: Button[] = [];
  let open: Token | null = null;
  let label = '';
  for (const token of paragraph.children ?? []) {
    if (token.type === 'link_open') {
      if (token.attrGet('title') !== 'button') return null;
      open = token;
      label = '';
    } else if (token.type === 'link_close' && open) {
      buttons.push({ href: String(open.attrGet('href')), label });
      open = null;
    } else if (open) {
      label += token.content;
    } else if (token.type !== 'softbreak' && token.type !== 'hardbreak' && token.content.trim() !== '') {
      return null;
    }
  }
  return buttons.length > 0 ? buttons : null;
}

const styleOf: Record<string, string> = {
  paragraph_open: styles.paragraph,
  heading_open: styles.heading,
  bullet_list_open: styles.list,
  ordered_list_open: styles.list,
  list_item_open: styles.item,
  blockquote_open: styles.quote,
  hr: styles.rule,
};

/** One size of heading, and no title that only a pointer finds. */
function plainTags(token: Token): void {
  if (token.type.startsWith('heading')) token.tag = 'h2';
  if (token.type === 'link_open') token.attrs = (token.attrs ?? []).filter(([name]) => name !== 'title');
  for (const child of token.children ?? []) plainTags(child);
}

function style(token: Token, palette: MailPalette): void {
  const own = styleOf[token.type];
  if (own) {
    const edge = token.type === 'hr' || token.type === 'blockquote_open' ? ` ${palette.light.line}` : '';
    token.attrSet('style', own + edge);
    if (edge) token.attrSet('class', 'line');
  }
  // One size of heading: the mail's own title is in its card.
  if (token.type.startsWith('heading')) token.tag = 'h2';
  if (token.type === 'link_open') {
    token.attrSet('class', 'strong');
    token.attrSet('style', linkStyle(palette));
    token.attrs = (token.attrs ?? []).filter(([name]) => name !== 'title');
  }
  for (const child of token.children ?? []) style(child, palette);
}
