import MarkdownIt from 'markdown-it';

// No HTML and no pictures: nothing a coordinator pastes can run, or call on somebody else's server.
const markdown = new MarkdownIt({ html: false, linkify: true, breaks: true, typographer: false }).disable(
  'image',
);

/**
 * Markdown as HTML for a page; safe to print as it is. Headings become paragraphs in bold where the page has its own,
 * else they begin at the second level.
 */
export function renderMarkdown(text: string, { headings = false } = {}): string {
  const html = rendered(text);
  if (headings) return html.replace(/<(\/?)h[1-6]>/g, '<$1h2>');
  return html.replace(/<(\/?)h[1-6]>/g, (_, close: string) => (close ? '</strong></p>' : '<p><strong>'));
}

// A whole chapter opens the same description within minutes of its invitation.
const recent = new Map<string, string>();
const recentPlain = new Map<string, string>();

function once(known: Map<string, string>, text: string, make: (text: string) => string): string {
  const found = known.get(text);
  if (found !== undefined) return found;
  const made = make(text);
  if (known.size >= 100) known.clear();
  known.set(text, made);
  return made;
}

const rendered = (text: string) => once(recent, text, (markup) => markdown.render(markup));

/** Markdown as plain text on one line, cut at a word, for cards and descriptions. */
export function plainText(text: string, length: number): string {
  const plain = once(recentPlain, text, plainly);
  if (plain.length <= length) return plain;
  return `${plain.slice(0, length).replace(/\s+\S*$/, '')}…`;
}

function plainly(text: string): string {
  return markdown
    .parse(text, {})
    .flatMap((block) =>
      (block.children ?? []).map((part) => (/break/.test(part.type) ? ' ' : part.content)).concat(' '),
    )
    .join('')
    .replace(/\s+/g, ' ')
    .trim();
}
