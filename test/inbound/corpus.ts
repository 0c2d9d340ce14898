/**
 * Reports as mail servers write them: the shape of each is that server's, the words are ours. `verp` is where our mail had
 * come from, `to` whom it was for.
 */
export type Written = { verp: string; to: string };

const crlf = (text: string) => text.replace(/^\n/, '').replaceAll('\n', '\r\n');

function report(parts: {
  from: string;
  to: string;
  subject: string;
  head?: string;
  notice: string;
  status: string;
  type?: string;
  original?: string;
}): string {
  const { from, to, subject, head = '', notice, status, type = 'message/delivery-status', original } = parts;
  return crlf(`
Return-Path: <>
From: ${from}
To: ${to}
Subject: ${subject}
Date: Mon, 10 Nov 2031 10:05:00 +0100
Auto-Submitted: auto-replied
MIME-Version: 1.0
${head}Content-Type: multipart/report; report-type=delivery-status;
	boundary="=_report"

--=_report
Content-Type: text/plain; charset=us-ascii

${notice}

--=_report
Content-Type: ${type}

${status}

--=_report
Content-Type: ${original ? 'text/rfc822-headers' : 'message/rfc822'}

${original ?? `Return-Path: <${to}>\nFrom: ritrovo@incontri.example\nSubject: Aperitivo di rete\n\nCiao`}

--=_report--
`);
}

/** Postfix: a group for the message, one for each recipient, the other server's words after `smtp;`. */
export const postfix = ({ verp, to }: Written, status = '5.1.1', action = 'failed') =>
  report({
    from: 'MAILER-DAEMON@mx.example.net (Mail Delivery System)',
    to: verp,
    subject:
      action === 'delayed' ? 'Delayed Mail (still being retried)' : 'Undelivered Mail Returned to Sender',
    notice: `<${to}>: host mx.example.org[192.0.2.1] said: 550 ${status} no mailbox here`,
    status: `Reporting-MTA: dns; mx.example.net
X-Postfix-Queue-ID: 4BQx
X-Postfix-Sender: rfc822; ${verp}
Arrival-Date: Mon, 10 Nov 2031 10:00:00 +0100

Final-Recipient: rfc822; ${to}
Original-Recipient: rfc822;${to}
Action: ${action}
Status: ${status}
Remote-MTA: dns; mx.example.org
Diagnostic-Code: smtp; 550 ${status} <${to}>:
    no mailbox here`,
  });

/** Exim: a letter, then the report; the recipient also in a header. */
export const exim = ({ verp, to }: Written) =>
  report({
    from: 'Mail Delivery System <Mailer-Daemon@mx.example.net>',
    to: verp,
    subject: 'Mail delivery failed: returning message to sender',
    head: `X-Failed-Recipients: ${to}\n`,
    notice: `A message could not be delivered to:\n\n  ${to}\n    host mx.example.org [192.0.2.1]\n    550 no such user`,
    status: `Reporting-MTA: dns; mx.example.net

Action: failed
Final-Recipient: rfc822;${to}
Status: 5.0.0
Remote-MTA: dns; mx.example.org
Diagnostic-Code: smtp; 550 no such user`,
  });

/** Exchange Online: 5.1.10 where a directory knows nobody, and a very long diagnostic. */
export const exchange = ({ verp, to }: Written) =>
  report({
    from: 'Microsoft Outlook <postmaster@tenant.example.org>',
    to: verp,
    subject: 'Undeliverable: Aperitivo di rete',
    notice: 'Your message was not delivered.',
    status: `Reporting-MTA: dns;AM0PR01MB0001.eurprd01.prod.exchange.example
Received-From-MTA: dns;AM0PR01MB0002.eurprd01.prod.exchange.example
Arrival-Date: Mon, 10 Nov 2031 09:00:00 +0000

Final-Recipient: rfc822;${to}
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup
X-Display-Name: ${to}`,
  });

/** Gmail: the code repeated on each line of a folded diagnostic. */
export const gmail = ({ verp, to }: Written) =>
  report({
    from: 'Mail Delivery Subsystem <mailer-daemon@googlemail.example>',
    to: verp,
    subject: 'Delivery Status Notification (Failure)',
    notice: `** Address not found **`,
    status: `Reporting-MTA: dns; googlemail.example
Received-From-MTA: dns; ${verp}
Arrival-Date: Mon, 10 Nov 2031 01:00:00 -0800 (PST)
X-Original-Message-ID: <x@incontri.example>

Final-Recipient: rfc822; ${to}
Action: failed
Status: 5.1.1
Remote-MTA: dns; gmail-smtp-in.l.example. (192.0.2.7, the server for the domain.)
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.
 550-5.1.1 Please try double-checking the address.
 550 5.1.1 x - gsmtp
Last-Attempt-Date: Mon, 10 Nov 2031 01:00:01 -0800 (PST)`,
  });

/** A mailbox that is full, told by an Italian provider: 5.2.2, and only the headers of ours. */
export const full = ({ verp, to }: Written) =>
  report({
    from: 'Mail Delivery Subsystem <MAILER-DAEMON@posta.example>',
    to: verp,
    subject: 'Messaggio non recapitato',
    notice: 'La casella del destinatario è piena.',
    status: `Reporting-MTA: dns; posta.example

Final-Recipient: RFC822; ${to}
Action: failed
Status: 5.2.2 (mailbox full)
Diagnostic-Code: SMTP; 552 5.2.2 over quota`,
    original: 'Subject: Aperitivo di rete',
  });

/** RFC 6533: the report of a server that speaks UTF-8 addresses. */
export const global = ({ verp, to }: Written) =>
  report({
    from: 'postmaster@mx.example.net',
    to: verp,
    subject: 'Undelivered',
    notice: 'No.',
    type: 'message/global-delivery-status',
    status: `Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: utf-8; ${to}\nAction: failed\nStatus: 5.1.1`,
  });

/** qmail writes a letter and no report. */
export const qmail = ({ verp, to }: Written) =>
  crlf(`
Return-Path: <>
From: MAILER-DAEMON@mx.example.net
To: ${verp}
Subject: failure notice

The mail server at mx.example.net was not able to deliver this to:

<${to}>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 no mailbox here by that name

--- Below this line is a copy of the message.

Subject: Aperitivo di rete
`);

/** RFC 5965: the mail came from `verp`, as the report's own field and the copy say. */
export const complaint = ({ verp, to }: Written, how: 'field' | 'copy' = 'field') =>
  crlf(`
From: <fbl@provider.example>
To: <abuse@incontri.example>
Subject: FW: Aperitivo di rete
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="=_fbl"

--=_fbl
Content-Type: text/plain

Somebody marked this mail as unwanted.

--=_fbl
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Provider-FBL/1.0
Version: 1${how === 'field' ? `\nOriginal-Mail-From: <${verp}>` : ''}
Original-Rcpt-To: <${to}>

--=_fbl
Content-Type: message/rfc822

Return-Path: <${verp}>
From: ritrovo@incontri.example
Subject: Aperitivo di rete

Ciao
--=_fbl--
`);

/** Somebody is on holiday, and her mail program says so to the return path. */
export const holiday = ({ verp }: Written) =>
  crlf(`
From: Giulia <giulia@example.org>
To: <${verp}>
Subject: Re: Aperitivo di rete
Auto-Submitted: auto-replied (vacation)

I am away until Monday.
`);

/** A report that was cut off in the middle, one whose groups are empty, and one with line feeds alone. */
export const broken = {
  cut: (of: Written) => postfix(of).slice(0, postfix(of).indexOf('Final-Recipient')),
  empty: ({ verp }: Written) =>
    report({
      from: 'MAILER-DAEMON@mx.example.net',
      to: verp,
      subject: 'Undelivered',
      notice: '',
      status: '',
    }),
  lineFeeds: (of: Written) => postfix(of).replaceAll('\r\n', '\n'),
};
