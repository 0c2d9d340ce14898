import { describe, expect, test } from 'vitest';
import { descriptionBlock, renderSkeleton } from '../../server/mail/markdown.ts';
import { mailPalette } from '../../server/mail/palette.ts';

const palette = mailPalette('#b4472e');
const render = (source: string) => renderSkeleton(source, palette);
const text = (source: string) => render(source).text;

describe('a paragraph of links with the title "button"', () => {
  const source = '[Ci sarò](https://a.example/?a=yes&b=1 "button")\n[No](https://a.example/?a=no "button")';

  test('is big buttons in HTML, the first one the main one', () => {
    const { html } = render(source);
    expect(html.match(/<td class="(main|other)"/g)).toEqual(['<td class="main"', '<td class="other"']);
    expect(html).toContain('href="https://a.example/?a=yes&amp;b=1"');
    expect(html).not.toContain('title=');
  });

  test('is a line for each in the text', () => {
    expect(text(source)).toBe('Ci sarò: https://a.example/?a=yes&b=1\nNo: https://a.example/?a=no');
  });

  test('may stand on one line', () => {
    expect(text('[A](https://a.example/ "button") [B](https://b.example/ "button")')).toBe(
      'A: https://a.example/\nB: https://b.example/',
    );
  });

  test('is a sentence with links as soon as there is another word', () => {
    const { html, text } = render('Oppure [A](https://a.example/ "button")');
    expect(html).not.toContain('class="button"');
    expect(text).toBe('Oppure A <https://a.example/>');
  });

  test('and one without the title is a link', () => {
    expect(render('[A](https://a.example/)').html).not.toContain('class="button"');
  });
});

describe('the text part', () => {
  test.each([
    ['Una\nriga\n\nAltra', 'Una\nriga\n\nAltra'],
    ['# Titolo\n\n**forte** *piano* `codice`', 'Titolo\n\nforte piano codice'],
    ['Ecco:\n\n- uno\n- due\n\nFine', 'Ecco:\n\n- uno\n- due\n\nFine'],
    ['- uno\n  - dentro\n- due', '- uno\n  - dentro\n- due'],
    ['3. tre\n4. quattro', '3. tre\n4. quattro'],
    ['a\n\n***\n\nb', 'a\n\n* * *\n\nb'],
    ['A &amp; B &lt; C', 'A & B < C'],
    ['<b>x</b>', '<b>x</b>'],
    ['un\\*asterisco', 'un*asterisco'],
    ['[qui](https://a.example/x_y*z)', 'qui <https://a.example/x_y*z>'],
    ['[https://a.example](https://a.example)', 'https://a.example'],
    ['<https://a.example>', 'https://a.example'],
    ['    rientrata', 'rientrata'],
    ['riga\n---', 'riga\n\n* * *'],
  ])('of %j is %j', (source, expected) => {
    expect(text(source)).toBe(expected);
  });

  test('leaves the width of a paragraph to the screen', () => {
    const long = 'parola '.repeat(60).trim();
    expect(text(long)).toBe(long);
  });
});

test('addresses in our texts are links only where they are written as such, in a description everywhere', () => {
  const source = 'Vedi https://a.example e anna@a.example';
  expect(render(source).html).not.toContain('<a ');
  expect(descriptionBlock(source, palette).html.match(/href="[^"]*"/g)).toEqual([
    'href="https://a.example"',
    'href="mailto:anna@a.example"',
  ]);
});

test('a description is the same for everybody and is rendered once for each colour', () => {
  const first = descriptionBlock('**x**', palette);
  expect(descriptionBlock('**x**', palette)).toBe(first);
  expect(descriptionBlock('[x](https://a.example)', mailPalette('#1a237e')).html).not.toBe(
    descriptionBlock('[x](https://a.example)', palette).html,
  );
});
