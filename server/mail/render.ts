import type { MailLocale, MailTemplate, MailVariables } from './variables.ts';

/** A coordinator's own words in place of a template's. */
export type MailSource = { subject: string; body: string };

export type RenderedMail = { subject: string; preheader: string; html: string; text: string };

/**
 * Makes a mail of a template and what it is given.
 * @param source a coordinator's words in place of the template's
 * @throws MailTemplateError naming template, line and variable
 */
export function renderMail<T extends MailTemplate>(
  template: T,
  locale: MailLocale,
  variables: MailVariables[T],
  source?: MailSource,
): RenderedMail {
  throw new Error(`${template} ${locale} ${typeof variables} ${source?.subject}`);
}

/** The same mail, marked as a test that a coordinator sends to herself. */
export function asTest(mail: RenderedMail, locale: MailLocale): RenderedMail {
  return { ...mail, subject: `${locale === 'it' ? '[Prova]' : '[Test]'} ${mail.subject}` };
}
