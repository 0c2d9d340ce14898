/** Which answer decided: to the greeting or the session as a whole, MAIL, RCPT, DATA, or the final dot. */
export type Stage = 'connection' | 'mail' | 'rcpt' | 'data' | 'message';

/** What became of one mail. */
export type Outcome =
  /** The server answered the final dot with 250: the mail is its own now. */
  | { kind: 'sent'; response: string }
  /** 4xx, and what is about the session or about us: to be tried again. */
  | { kind: 'deferred'; response: string; code: number; stage: Stage }
  /** 5xx, or an address or size that the server could only refuse: for good. */
  | { kind: 'refused'; response: string; code: number; stage: Stage }
  /** The connection broke. `before_body`: nothing of the mail left. `after_body`: nobody knows whether it arrived. */
  | { kind: 'dropped'; phase: 'before_body' | 'after_body'; error: string }
  /** `beforeBody` said no: nothing of the mail left. */
  | { kind: 'withheld' };

/** What nodemailer hangs on its errors, as far as it matters here. */
type WireError = Error & { code?: string; command?: string; response?: string; responseCode?: number };

/** Where the dialogue stood: whether 354 had come, and whether the body had begun to leave. */
export type Progress = { asked: boolean; begun: boolean };

/**
 * Answers that say nothing of the mail: a wrong order of commands (503), and a server that wants STARTTLS, credentials or
 * other ones first (RFC 3207 section 4, RFC 4954 section 6). An operator puts that right, and the mail leaves.
 */
export const aboutUs: ReadonlySet<number> = new Set([503, 530, 534, 535, 538]);

/** Reads the outcome from an error of nodemailer's. `tidy` cleans and shortens what the server said. */
export function classifyError(
  error: Error,
  { asked, begun }: Progress,
  tidy: (text: string) => string,
): Exclude<Outcome, { kind: 'sent' | 'withheld' }> {
  const { code, command, response, responseCode, message } = error as WireError;
  const stage = asked ? 'message' : stageOf(command);
  if (responseCode !== undefined && responseCode >= 400 && responseCode < 600) {
    const kind = responseCode >= 500 && !aboutUs.has(responseCode) ? 'refused' : 'deferred';
    return { kind, response: tidy(response ?? message), code: responseCode, stage };
  }
  // Never asked of the server: it is larger than what EHLO announced.
  if (code === 'EMESSAGE' && command === 'MAIL FROM') {
    return { kind: 'refused', response: tidy(`552 ${message}`), code: 552, stage: 'mail' };
  }
  // Nor this: an address with a line break or an angle bracket.
  if (code === 'EENVELOPE' && command === 'API') {
    return { kind: 'refused', response: tidy(`553 ${message}`), code: 553, stage: 'rcpt' };
  }
  return {
    kind: 'dropped',
    phase: begun ? 'after_body' : 'before_body',
    error: tidy(message || code || 'unknown'),
  };
}

/** Servers may say a megabyte; the ledger keeps what a person would read. */
export function shorten(text: string): string {
  return text.length > 1000 ? `${text.slice(0, 999)}…` : text;
}

function stageOf(command: string | undefined): Stage {
  if (command === 'MAIL FROM') return 'mail';
  if (command === 'RCPT TO') return 'rcpt';
  return command === 'DATA' ? 'data' : 'connection';
}
