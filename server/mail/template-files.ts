import { readFileSync } from 'node:fs';
import { MailTemplateError } from './template-error.ts';
import type { MailLocale, MailTemplate } from './variables.ts';

const folder = new URL('../../templates/mails/', import.meta.url);

export type TemplateFile = {
  name: string;
  subject: string;
  preheader: string;
  body: string;
  bodyLine: number;
};

const files = new Map<string, TemplateFile>();

/**
 * One of our own texts, read once: a head between two lines of dashes with `subject` and `preheader`, and the body.
 * @throws MailTemplateError for a head that says something else
 */
export function templateFile(template: MailTemplate, locale: MailLocale): TemplateFile {
  const name = `${template}.${locale}.md`;
  let file = files.get(name);
  if (!file) {
    file = parse(name, readFileSync(new URL(name, folder), 'utf8'));
    files.set(name, file);
  }
  return file;
}

function parse(name: string, source: string): TemplateFile {
  const [whole, head = ''] = /^---\n([\s\S]*?\n)---\n/.exec(source) ?? [];
  if (!whole) throw new MailTemplateError(name, 1, 'begins with a head between two lines of dashes');
  const [, subject, preheader] = /^subject: (.+)\npreheader: (.+)\n$/.exec(head) ?? [];
  if (!subject || !preheader)
    throw new MailTemplateError(name, 2, 'its head is a line `subject:` and a line `preheader:`');
  return { name, subject, preheader, body: source.slice(whole.length), bodyLine: whole.split('\n').length };
}
