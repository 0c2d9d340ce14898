import type { Token } from 'markdown-it';
import type { Button } from './markdown.ts';

/**
 * The plain part of a mail, from the tokens of its Markdown: a paragraph is a line, as long as it is, so that every
 * screen breaks it to its own width; a link stands behind its words in angle brackets (RFC 3986 appendix C).
 */
export function markdownText(tokens: readonly Token[]): string {
  const parts: string[] = [];
  const lists: { ordered: boolean; next: number }[] = [];
  let prefix = '';
  let tight = false;
  for (const token of tokens) {
    switch (token.type) {
      case 'bullet_list_open':
      case 'ordered_list_open':
        lists.push({
          ordered: token.type === 'ordered_list_open',
          next: Number(token.attrGet('start') ?? 1),
        });
        break;
      case 'bullet_list_close':
      case 'ordered_list_close':
        lists.pop();
        tight = lists.length > 0;
        break;
      case 'list_item_open': {
        const list = lists.at(-1);
        if (!list) break;
        prefix = `${'  '.repeat(lists.length - 1)}${list.ordered ? `${list.next}. ` : '- '}`;
        list.next += 1;
        break;
      }
      case 'inline':
      case 'block':
      case 'buttons':
      case 'hr': {
        const text = textOf(token);
        // The items of a list stand under each other, everything else apart.
        parts.push(parts.length === 0 ? '' : tight && prefix ? '\n' : '\n\n', prefix + text);
        tight = lists.length > 0;
        prefix = '';
        break;
      }
    }
  }
  return parts.join('');
}

function textOf(token: Token): string {
  if (token.type === 'hr') return '* * *';
  if (token.type === 'block') return token.content.trim();
  if (token.type === 'buttons') {
    const { buttons } = token.meta as { buttons: Button[] };
    return buttons.map(({ label, href }) => `${label}: ${href}`).join('\n');
  }
  return inlineText(token.children ?? []);
}

function inlineText(tokens: readonly Token[]): string {
  let text = '';
  let link: { href: string; from: number } | null = null;
  for (const token of tokens) {
    if (token.type === 'softbreak' || token.type === 'hardbreak') text += '\n';
    else if (token.type === 'link_open') link = { href: String(token.attrGet('href')), from: text.length };
    else if (token.type === 'link_close' && link) {
      const label = text.slice(link.from);
      if (label !== link.href && !link.href.endsWith(`:${label}`)) text += ` <${link.href}>`;
      link = null;
    } else text += token.content;
  }
  return text;
}
