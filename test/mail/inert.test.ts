import { describe, expect, test } from 'vitest';
import { renderMail } from '../../server/mail/render.ts';
import { sampleParts } from '../../server/mail/sample-parts.ts';
import type { InvitationMail } from '../../server/mail/variables.ts';

const { about, bulk, event, answer, common } = sampleParts('it', 'feminine');
const invitation = (person: Partial<InvitationMail['person']>, own: Partial<InvitationMail['event']> = {}) =>
  renderMail('invitation', 'it', {
    ...about,
    person: { ...about.person, ...person },
    event: { ...event, ...own },
    links: bulk,
  });

/** What a mail program would make links and tags of. */
const hrefs = (html: string) => [...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href);

describe.each([
  '[clicca qui](https://evil.example)',
  '[clicca qui](https://evil.example "button")',
  '<https://evil.example>',
  '<b>grassetto</b>',
  '<script>alert(1)</script>',
  '*corsivo* **grassetto** `codice`',
  '# Titolo',
  '- elenco',
  '1. elenco',
  '> citazione',
  '    rientro',
  '![](https://evil.example/pixel.gif)',
  '{{ links.yes }}{% if x %}',
  '"><img src=x onerror=alert(1)>',
  '&lt;b&gt; &amp;',
  '\\*',
  '[[content]]',
  '$& $1 $$',
  '\ue000t0\ue001',
  '~~no~~ | tabella | \n---|---',
])('a value such as %j', (typed) => {
  test('stays what it is as a name and as a title', () => {
    const plain = invitation({ firstName: 'Giulia' });
    for (const mail of [
      invitation({ firstName: typed }),
      invitation({}, { title: typed, cost: typed, bring: typed }),
    ]) {
      expect(mail.text).toContain(typed);
      expect(new Set(hrefs(mail.html))).toEqual(new Set(hrefs(plain.html)));
      const tags = (html: string) => new Set(html.match(/<[a-z]+/gi));
      expect(tags(mail.html)).toEqual(tags(plain.html));
    }
  });
});

test('a name is written out in the HTML as it was typed', () => {
  expect(invitation({ firstName: '<b>Anna</b> & "Co"' }).html).toContain(
    'Ciao &lt;b&gt;Anna&lt;/b&gt; &amp; &quot;Co&quot;,',
  );
});

test('nothing that is typed makes a second line of a subject or a preheader', () => {
  const { subject, preheader } = renderMail('reminder', 'it', {
    ...about,
    event: {
      ...event,
      title: 'Cena\r\nBcc: tutte@example.org\u2028\u0085\u0000fine',
      venue: { name: 'Bar\r\n\r\n<b>', address: '', mapUrl: 'https://maps.example/' },
    },
    answer,
    links: bulk,
    soon: false,
    welcomer: null,
    company: [],
  });
  expect(subject).toMatch(/^Cena Bcc: tutte@example\.org fine · gio 26 nov/);
  expect(preheader).toBe('Bar <b>');
});

test('a reason of several lines keeps its lines', () => {
  const { html, text } = renderMail('cancellation', 'it', {
    ...about,
    reason: 'Uno\n<b>due</b>',
    calendarByHand: false,
  });
  expect(html).toContain('Uno<br>&lt;b&gt;due&lt;/b&gt;');
  expect(text).toContain('Uno\n<b>due</b>');
});

describe('an address that is none', () => {
  test.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'https://',
    '',
    'https://a.example/" onclick="x',
    'ftp://a.example',
  ])('%j becomes no link', (url) => {
    expect(() => renderMail('invitation', 'it', { ...about, links: { ...bulk, yes: url } })).toThrow(
      `invitation.it.md: not an address for a link: ${JSON.stringify(url)}`,
    );
  });

  test('behind the map or the name of a section is left out', () => {
    const venue = { name: 'Bar', address: 'via Po 1', mapUrl: 'javascript:alert(1)' };
    const mail = invitation({}, { venue });
    expect(mail.html + mail.text).not.toContain('javascript');
    expect(mail.text).toContain('Dove: Bar, via Po 1\n');
    const digest = renderMail('digest', 'it', {
      ...common,
      links: { desk: 'https://a.example/', privacy: 'https://a.example/p', unsubscribe: null },
      variant: 'evening',
      headline: 'Una risposta',
      sections: [{ heading: 'X', note: null, url: 'javascript:alert(1)', lines: [] }],
    });
    expect(digest.html).not.toContain('javascript');
  });

  test('in a coordinator’s own words stays text', () => {
    const { html } = renderMail(
      'invitation',
      'it',
      { ...about, links: bulk },
      {
        subject: 'x',
        body: '[a](javascript:alert(1)) [b](data:text/html,x) [c](javascript:{{ links.yes }})',
      },
    );
    expect(html).not.toMatch(/href="(javascript|data)/);
  });
});

test('values inside an address are parts of it and nothing more', () => {
  const { html, text } = renderMail(
    'invitation',
    'it',
    { ...about, event: { ...event, title: 'A&b="c" d/e?f#g' }, links: bulk },
    { subject: 'x', body: '[cerca](https://search.example/?q={{ event.title }}&hl=it)' },
  );
  const part = encodeURIComponent('A&b="c" d/e?f#g');
  expect(html).toContain(`href="https://search.example/?q=${part}&amp;hl=it"`);
  expect(text).toContain(`<https://search.example/?q=${part}&hl=it>`);
});

test('the description is Markdown without HTML, pictures and scripts', () => {
  const description = [
    '**Forte** e *piano*, https://menu.example e [qui](https://qui.example).',
    '<img src="https://evil.example/x.gif"> ![](https://evil.example/y.gif) [x](javascript:alert(1))',
    '{{ links.yes }} {% if %}',
  ].join('\n\n');
  const { html, text } = invitation({}, { description });
  expect(html).toContain('<strong>Forte</strong> e <em>piano</em>');
  expect(html).toMatch(/<a href="https:\/\/menu\.example"[^>]*>https:\/\/menu\.example<\/a>/);
  expect(html).toMatch(/<a href="https:\/\/qui\.example"[^>]*>qui<\/a>/);
  expect(html).not.toMatch(/<img|href="javascript/);
  expect(html).toContain('{{ links.yes }} {% if %}');
  expect(text).toContain('Forte e piano, https://menu.example e qui <https://qui.example>.');
});

test('no mail loads anything: no picture, no font, no style sheet from elsewhere', () => {
  const { html } = invitation({});
  expect(html).not.toMatch(/<img|<link|@import|url\(|<script|src=/i);
});
