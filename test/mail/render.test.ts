import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { asTest, renderMail } from '../../server/mail/render.ts';
import { sampleParts } from '../../server/mail/sample-parts.ts';
import { mailSamples } from '../../server/mail/samples.ts';
import { type Form, type MailLocale, mailTemplates } from '../../server/mail/variables.ts';

const locales: MailLocale[] = ['it', 'en'];
const forms: Form[] = ['feminine', 'masculine', 'neutral'];

describe.each(locales)('in %s', (locale) => {
  describe.each(forms)('to a %s reader', (form) => {
    test.each(mailSamples(locale, form))('$name is whole', ({ mail }) => {
      const { subject, preheader, html, text } = renderMail(mail.template, locale, mail.variables);
      for (const part of [subject, preheader, html, text]) {
        expect(part).not.toBe('');
        expect(part).not.toMatch(
          /\b(undefined|null|NaN)\b|\[object|\{\{|\}\}|\{%|%\}|\[\[|\]\]|[\ue000-\uf8ff]/,
        );
      }
      expect(Buffer.byteLength(html)).toBeLessThan(80_000);
      expect(Buffer.byteLength(html)).toBeGreaterThan(5_000);
      expect(text).not.toMatch(/&\w+;|<\/?[a-z]+>/);
      expect(text).not.toMatch(/\n{3}|\S {2}/);
      expect(subject).not.toMatch(/ {2}/);
      expect(html).not.toMatch(/<p[^>]*>\s*<\/p>/);
      expect(html).toContain(`lang="${locale}"`);
    });
  });

  test('every template has a sample', () => {
    expect(new Set(mailSamples(locale, 'feminine').map(({ mail }) => mail.template))).toEqual(
      new Set(mailTemplates),
    );
  });

  test('a mail about an event begins with what and when', () => {
    for (const { mail } of mailSamples(locale, 'feminine')) {
      // A message to the group says what its coordinator says; of a date on a holiday only the day is asked.
      if (mail.template === 'announcement' || !('event' in mail.variables) || 'holiday' in mail.variables)
        continue;
      const { title, whenShort } = mail.variables.event;
      const { subject } = renderMail(mail.template, locale, mail.variables);
      const begin = `${title} · ${whenShort}`;
      expect(mail.template === 'cancellation' ? subject : subject.slice(0, begin.length)).toContain(begin);
    }
  });

  test('a mail that asks for an answer says that one tap opens the page and one confirms', () => {
    const said = locale === 'it' ? /[Ii]l primo tocco .* il secondo / : /first tap .* second one /;
    for (const { name, mail } of mailSamples(locale, 'feminine')) {
      const { text } = renderMail(mail.template, locale, mail.variables);
      if (/\/r\/|\/f\/|sign-in\//.test(text)) expect(text, name).toMatch(said);
    }
  });

  test('every mail leads to the privacy notice, and one that can be left says how', () => {
    for (const { mail } of mailSamples(locale, 'feminine')) {
      const { html, text } = renderMail(mail.template, locale, mail.variables);
      const { privacy, unsubscribe } = mail.variables.links;
      expect(html).toContain(`href="${privacy}"`);
      expect(text).toContain(privacy);
      expect(text.includes('/u/')).toBe(unsubscribe !== null);
      if (unsubscribe) expect(html).toContain(`href="${unsubscribe}"`);
    }
  });

  test('whoever has a seat is told in every reminder how to give it up', () => {
    const { about, answer, bulk } = sampleParts(locale, 'feminine');
    const { html, text } = renderMail('reminder', locale, {
      ...about,
      links: bulk,
      answer,
      soon: false,
      welcomer: null,
      company: [],
    });
    expect(html).toContain(`href="${bulk.no}"`);
    expect(text).toContain(`<${bulk.no}>`);
  });

  test('the link to join stands only where it was given', () => {
    const { about, hybrid, joined, remote, bulk } = sampleParts(locale, 'feminine');
    const reminder = { ...about, links: bulk, answer: remote, soon: true, welcomer: null, company: [] };
    const withLink = renderMail('reminder', locale, { ...reminder, event: joined });
    expect(withLink.text).toContain(joined.joinUrl);
    expect(withLink.html).toContain(`href="${joined.joinUrl?.replace('&', '&amp;')}"`);
    const without = renderMail('reminder', locale, { ...reminder, event: hybrid });
    expect(without.text + without.html).not.toContain('meet.example');
  });

  test('old and new stand side by side in an update', () => {
    const { about, answer, changes } = sampleParts(locale, 'feminine');
    const { html, text } = renderMail('update', locale, {
      ...about,
      answer,
      changes,
      reason: null,
      unanswered: false,
      newLink: false,
      calendarByHand: false,
    });
    for (const { old, new: current } of changes) {
      const row = html.split('<tr>').find((each) => each.includes(`<s>${old}</s>`));
      expect(row).toContain(current);
      expect(text).toMatch(new RegExp(`: ${old}\n.*: ${current}`));
    }
  });
});

test('a reader is addressed in her own form', () => {
  const welcome = (form: Form) => {
    const { about, newcomer, answer } = sampleParts('it', form);
    return renderMail('confirmation', 'it', {
      ...about,
      person: newcomer,
      answer,
      cause: 'self',
      changes: [],
      calendarByHand: false,
    }).text;
  };
  expect(welcome('feminine')).toContain('Benvenuta tra noi!');
  expect(welcome('masculine')).toContain('Benvenuto tra noi!');
  expect(welcome('neutral')).toContain('Ti diamo il benvenuto!');
});

test('no Italian text elides a word before a value, whose first letter nobody knows', () => {
  for (const template of mailTemplates) {
    const source = readFileSync(new URL(`../../templates/mails/${template}.it.md`, import.meta.url), 'utf8');
    expect(source, template).not.toMatch(/[a-z][’']\{\{/i);
    // Nor does a preposition with an article stand before a title: "al Aperitivo".
    expect(source, template).not.toMatch(
      /\b(al|allo|alla|del|dello|della|dal|nel|sul|il|lo|la) [“"*]*\{\{ (event|next)\.title/,
    );
  }
});

test('a test mail is marked in its subject and is otherwise the same', () => {
  const { about, bulk } = sampleParts('it', 'feminine');
  const mail = renderMail('invitation', 'it', { ...about, links: bulk });
  expect(asTest(mail, 'it')).toEqual({ ...mail, subject: `[Prova] ${mail.subject}` });
  expect(asTest(mail, 'en').subject).toBe(`[Test] ${mail.subject}`);
});

test('a coordinator’s own words take the place of ours, in the same frame', () => {
  const { about, bulk } = sampleParts('it', 'feminine');
  const variables = { ...about, links: bulk };
  const own = renderMail('invitation', 'it', variables, {
    subject: 'Vieni, {{ person.firstName }}?',
    body: 'Cara {{ person.firstName }},\n\n{{ event | card }}\n\n[Sì]({{ links.yes }} "button")',
  });
  expect(own.subject).toBe('Vieni, Giulia?');
  expect(own.text).toMatch(/^Cara Giulia,\n\nAperitivo di novembre\nQuando: /);
  expect(own.text).toContain(`Sì: ${bulk.yes}`);
  expect(own.html).toContain(`href="${bulk.unsubscribe}"`);
  // And ours come back when hers are gone.
  expect(renderMail('invitation', 'it', variables).subject).toContain('ci sei?');
});

test('a field with another name does not pass the type check', () => {
  const { about } = sampleParts('it', 'feminine');
  const { title: name, ...rest } = about.event;
  // @ts-expect-error the title is called title
  expect(() => renderMail('invitation', 'it', { ...about, event: { ...rest, name } })).toThrow(
    'invitation.it.md, line 2: undefined variable: event.title',
  );
});
