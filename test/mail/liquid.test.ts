import { describe, expect, test } from 'vitest';
import { renderMail } from '../../server/mail/render.ts';
import { sampleParts } from '../../server/mail/sample-parts.ts';
import { MailTemplateError } from '../../server/mail/template-error.ts';

const { about, bulk } = sampleParts('it', 'feminine');
const variables = { ...about, links: bulk };
const write = (body: string, subject = 'Oggetto') =>
  renderMail('invitation', 'it', variables, { subject, body });
const firstLine = (body: string) => write(body).text.split('\n')[0];

describe('what a text may say', () => {
  test('if, unless, case and comment', () => {
    expect(firstLine('{% if event.cost %}a{% else %}b{% endif %}')).toBe('a');
    expect(firstLine('{% unless event.cost %}a{% else %}b{% endunless %}')).toBe('b');
    expect(firstLine('{% case event.format %}{% when "in_person" %}qui{% else %}là{% endcase %}')).toBe(
      'qui',
    );
    expect(firstLine('a{% comment %}{{ nobody.knows }}{% endcomment %}b')).toBe('ab');
  });

  test.each([
    '{% for x in event %}{% endfor %}',
    '{% assign x = 1 %}',
    '{% capture x %}{% endcapture %}',
    '{% include "x" %}',
    '{% render "x" %}',
    '{% layout "x" %}',
    '{% raw %}{% endraw %}',
    '{% increment x %}',
    '{% tablerow x in y %}{% endtablerow %}',
    '{% liquid echo 1 %}',
    '{% echo 1 %}',
    '{% # nothing %}',
  ])('but not %s', (tag) => {
    expect(() => write(tag)).toThrow(/^invitation \(it\), line 1: tag "[\w#]*" not found/);
  });

  test.each(['raw', 'escape', 'date', 'upcase', 'json', 'inspect', 'where', 'find', 'map', 'append', 'join'])(
    'nor the filter %s',
    (filter) => {
      expect(() => write(`{{ event.title | ${filter} }}`)).toThrow(
        `invitation (it), line 1: undefined filter: ${filter}`,
      );
    },
  );

  test('nothing beyond its own variables', () => {
    for (const path of ['event.constructor', 'event.__proto__', 'toString', 'person.firstName.constructor']) {
      expect(() => write(`{{ ${path} }}`)).toThrow(/undefined variable/);
    }
  });
});

describe('what is wrong is said with text, line and name', () => {
  test.each([
    ['ciao\n\n{{ event.titel }}', 'invitation (it), line 3: undefined variable: event.titel'],
    ['a\n{{ nobody }}', 'invitation (it), line 2: undefined variable: nobody'],
    ['a\n\n{% if event.titel %}x{% endif %}', 'invitation (it), line 3: undefined variable: event.titel'],
    ['a\n{% if event.cost %}x', 'invitation (it), line 2: tag {% if event.cost %} not closed'],
    ['{{ "una|un" | form }}', 'invitation (it), line 1: form needs three texts'],
    ['a\n\n{{ event.title | card }}', 'invitation (it), line 3: card takes an event'],
    [
      'Ecco: {{ event | card }}',
      'invitation (it): card, changes, links, quotes, sections and markdown stand in a paragraph alone',
    ],
    ['[x]({{ event.title }})', 'invitation (it): not an address for a link: "Aperitivo di novembre"'],
  ])('%j', (body, message) => {
    expect(() => write(body)).toThrow(MailTemplateError);
    expect(() => write(body)).toThrow(message);
  });

  test('in a subject as well', () => {
    expect(() => write('x', '{{ event.titel }}')).toThrow(
      'invitation (it) subject, line 1: undefined variable: event.titel',
    );
  });

  test('a text without end is refused', () => {
    expect(() => write('x'.repeat(50_001))).toThrow('invitation (it)');
  });
});

describe('filters', () => {
  test('names joins as the language does', () => {
    const confirm = (locale: 'it' | 'en', guests: string[]) => {
      const parts = sampleParts(locale, 'feminine');
      const answer = { ...parts.answer, guests };
      const said = { answer, cause: 'self' as const, changes: [], calendarByHand: false };
      return renderMail('confirmation', locale, { ...parts.about, ...said }).text;
    };
    expect(confirm('it', ['Marta'])).toContain('Con te: Marta.');
    expect(confirm('it', ['Marta', 'Lia', 'Bea'])).toContain('Con te: Marta, Lia e Bea.');
    expect(confirm('en', ['Marta', 'Lia'])).toContain('With you: Marta and Lia.');
  });

  test('truncate cuts at a word and says so', () => {
    expect(firstLine('{{ event.title | truncate: 15 }}')).toBe('Aperitivo di…');
    expect(firstLine('{{ event.title | truncate: 80 }}')).toBe('Aperitivo di novembre');
  });

  test('default speaks where there is nothing', () => {
    expect(firstLine('{{ event.bring | default: "nulla" }}')).toBe('nulla');
    expect(firstLine('{{ event.cost | default: "nulla" }}')).toBe('15 €, si paga sul posto');
  });

  test('tel makes a number that a phone dials', () => {
    expect(firstLine('[Chiama]({{ coordinator.phone | tel }})')).toBe('Chiama <tel:+39051000000>');
  });

  test('a card with a mode names only the place where she will be', () => {
    const { hybrid, joined, links } = sampleParts('it', 'feminine');
    const card = (event: typeof hybrid, body: string) =>
      renderMail('invitation', 'it', { ...about, event, links }, { subject: 'x', body }).text;
    expect(card(hybrid, '{{ event | card }}')).toContain('(oppure online)');
    expect(card(hybrid, '{{ event | card: "room" }}')).not.toContain('online');
    const online = card(joined, '{{ event | card: "online" }}');
    expect(online).not.toContain('Enoteca');
    expect(online).toContain(`Per collegarti: ${joined.joinUrl}`);
  });
});
