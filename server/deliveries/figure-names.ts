/** What the workers count together, by name: its kind and what it says. `labels` are few and never name anybody. */
export const figureNames = {
  ritrovo_mails_sent_total: { type: 'counter', help: 'Mails that their server took, by kind.' },
  ritrovo_mails_failed_total: {
    type: 'counter',
    help: 'Mails given up, by class: the enhanced status (RFC 3463) as far as class.subject, else the SMTP code, and the stage if known.',
  },
  ritrovo_mails_deferred_total: { type: 'counter', help: 'Tries put off for later, by the same class.' },
  ritrovo_mails_retried_total: { type: 'counter', help: 'Tries that were not the first of their mail.' },
  ritrovo_mails_unknown_total: {
    type: 'counter',
    help: 'Times that nobody could tell whether a mail arrived.',
  },
  ritrovo_mails_suppressed_total: {
    type: 'counter',
    help: 'Mails not sent to somebody who does not want them or cannot get them, by reason.',
  },
  ritrovo_mails_skipped_total: { type: 'counter', help: 'Mails that were true no more, by reason.' },
  ritrovo_inbound_mails_total: {
    type: 'counter',
    help: 'Mails that came in, by what they turned out to be.',
  },
  ritrovo_mailing_first_lag_seconds: {
    type: 'histogram',
    help: 'From the moment that a mailing is due until the first mail of it was taken by its server.',
  },
  ritrovo_mailing_last_lag_seconds: {
    type: 'histogram',
    help: 'From the moment that a mailing is due until the last mail of it was taken by its server.',
  },
} as const satisfies Record<string, { type: 'counter' | 'histogram'; help: string }>;

export type FigureName = keyof typeof figureNames;
export type Labels = Readonly<Record<string, string>>;

/** Upper ends of the buckets of a lag, in seconds: from "at once" to three days, when a mail is given up. */
export const lagBuckets = [0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3_600, 14_400, 86_400, 259_200];

/** The labels as one text, the same for the same labels in whatever order. */
export function labelText(labels: Labels): string {
  return JSON.stringify(Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/**
 * What kind of refusal a server's answer is, in few words: `5.1` of "550 5.1.1 no such user", `550` of "550 no",
 * `connection` where no answer came.
 */
export function classOf(response: string): string {
  const [, code, enhanced] = /^(\d{3})(?:[ -]+([245]\.\d{1,3})\.\d{1,3}\b)?/.exec(response) ?? [];
  if (enhanced) return enhanced;
  if (code) return code;
  return /^(connection lost|mail server away)/.test(response) ? 'connection' : 'other';
}

/** The first word of a cause: what follows is a server's, and of any length. */
export function causeOf(cause: string): string {
  return /^\w{1,40}/.exec(cause)?.[0] ?? 'other';
}
