/**
 * What somebody typed never passes through Markdown. While a text is rendered each value is a slot: a mark of three
 * private characters that Markdown takes for a word. The value goes in last, escaped for the place where it stands.
 */
export type Slot = { text: string; html: string | null };

/** A value made of several lines and its own markup, such as the event's card: it stands in a paragraph of its own. */
export class Block {
  readonly html: string;
  readonly text: string;

  constructor(html: string, text: string) {
    this.html = html;
    this.text = text;
  }
}

const value = '\ue000';
const url = '\ue002';
const urlPart = '\ue003';
const end = '\ue001';
const marks = /[\ue000-\ue003]/g;
const slot = /([\ue000\ue002\ue003])[tb](\d+)\ue001/g;

/** Takes the marks out of a text that is not ours. */
export function withoutMarks(text: string): string {
  return text.replace(marks, '');
}

/** Keeps a value and gives the mark that stands for it. */
export function keep(slots: Slot[], given: unknown): string {
  const block = given instanceof Block;
  slots.push(
    block ? given : { text: given === null || given === undefined ? '' : String(given), html: null },
  );
  return `${value}${block ? 'b' : 't'}${slots.length - 1}${end}`;
}

export function hasSlot(text: string): boolean {
  return text.includes(value);
}

/** Whether a text is one block and nothing else. */
export function isBlock(text: string): boolean {
  return /^\s*\ue000b\d+\ue001\s*$/.test(text);
}

export function hasBlock(text: string): boolean {
  return text.includes(`${value}b`);
}

/** The marks of a link's address: the first value may be a whole address, the others are parts of one. */
export function asUrl(address: string): string {
  return address.replaceAll(value, (_, at: number) => (at === 0 ? url : urlPart));
}

/** @throws Error for a value that stands where an address must and is none */
export function fillHtml(skeleton: string, slots: readonly Slot[]): string {
  return skeleton.replace(slot, (_, mark: string, index: string) => {
    const { text, html } = slots[Number(index)] as Slot;
    if (mark === value) return html ?? escapeHtml(text).replace(/\r?\n/g, '<br>');
    return escapeHtml(mark === url ? safeUrl(text) : encodeURIComponent(text));
  });
}

/** @throws Error for a value that stands where an address must and is none */
export function fillText(skeleton: string, slots: readonly Slot[]): string {
  return skeleton.replace(slot, (_, mark: string, index: string) => {
    const { text } = slots[Number(index)] as Slot;
    if (mark === value) return text;
    return mark === url ? safeUrl(text) : encodeURIComponent(text);
  });
}

const safe = /^(https?:\/\/|mailto:|tel:)[^\s<>"]+$/i;

/**
 * Whether an address with marks may stand in a link: a whole value, which is looked at when it is filled in, or one of
 * our own with values in its parts.
 */
export function mayBeUrl(address: string): boolean {
  return address.startsWith(url) || isSafeUrl(withoutMarks(address));
}

export function isSafeUrl(text: string): boolean {
  return safe.test(text) && URL.canParse(text);
}

function safeUrl(text: string): string {
  if (!isSafeUrl(text)) throw new Error(`not an address for a link: ${JSON.stringify(text)}`);
  return text;
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] as string);
}
