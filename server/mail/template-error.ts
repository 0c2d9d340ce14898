/** A mail's text that cannot be rendered: which one, in which line, and why. */
export class MailTemplateError extends Error {
  override name = 'MailTemplateError';
  readonly template: string;
  readonly line: number | null;
  readonly reason: string;

  constructor(template: string, line: number | null, reason: string) {
    super(`${template}${line === null ? '' : `, line ${line}`}: ${reason}`);
    this.template = template;
    this.line = line;
    this.reason = reason;
  }
}
