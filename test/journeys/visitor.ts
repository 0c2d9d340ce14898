/** A browser without script, as far as forms go: it follows redirects, keeps cookies, and posts what a page holds. */

export type Visited = {
  url: string;
  status: number;
  html: string;
  /** What a reader sees, in one line. */
  text: string;
};

export type Visitor = {
  open(url: string): Promise<Visited>;
  /**
   * Presses a button of the page that was opened last: its form is posted with what it holds. `fields` are typed over
   * those that the form has; one that it has not is an error.
   */
  press(label: string, fields?: Record<string, string | string[]>): Promise<Visited>;
  /** What is on the screen. */
  readonly page: Visited;
};

/** @param base the site's address, such as `http://localhost:3000` */
export function visitor(base: string, cookies: Record<string, string> = {}): Visitor {
  const jar = new Map(Object.entries(cookies));
  let page: Visited = { url: base, status: 0, html: '', text: '' };

  async function request(url: string, init: RequestInit = {}): Promise<Visited> {
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: {
        accept: 'text/html,application/xhtml+xml',
        'accept-language': 'it',
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
        ...init.headers,
      },
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      jar.set(name, value);
    }
    const next = response.headers.get('location');
    if (next && response.status >= 300 && response.status < 400) return request(new URL(next, url).href);
    const html = await response.text();
    return { url, status: response.status, html, text: textOf(html) };
  }

  return {
    get page() {
      return page;
    },
    async open(url) {
      page = await request(new URL(url, base).href);
      return page;
    },
    async press(label, fields = {}) {
      const form = formWith(page, label);
      for (const [name, typed] of Object.entries(fields)) {
        if (!form.fields.has(name)) throw new Error(`${page.url} has no field ${name} beside "${label}"`);
        form.fields.delete(name);
        for (const value of [typed].flat()) form.fields.append(name, value);
      }
      if (form.button.name) form.fields.append(form.button.name, form.button.value);
      page = await request(new URL(form.action, page.url).href, {
        method: 'POST',
        headers: { origin: new URL(page.url).origin, 'content-type': 'application/x-www-form-urlencoded' },
        body: form.fields.toString(),
      });
      return page;
    },
  };
}

function formWith({ html, url, text }: Visited, label: string) {
  for (const [form, head = ''] of html.matchAll(/<form\b([^>]*)>[\s\S]*?<\/form>/g)) {
    for (const [, attributes = '', content = ''] of form.matchAll(/<button\b([^>]*)>([\s\S]*?)<\/button>/g)) {
      if (textOf(content) !== label) continue;
      return {
        action: attribute(head, 'action') ?? url,
        button: { name: attribute(attributes, 'name'), value: attribute(attributes, 'value') ?? '' },
        fields: fieldsOf(form),
      };
    }
  }
  throw new Error(`no button "${label}" at ${url}: ${text}`);
}

/** What a browser would send of a form (https://html.spec.whatwg.org/#constructing-the-form-data-set). */
function fieldsOf(form: string): URLSearchParams {
  const fields = new URLSearchParams();
  for (const [, attributes = '', content] of form
    .matchAll(/<(?:input\b([^>]*)>|textarea\b([^>]*)>([\s\S]*?)<\/textarea>)/g)
    .map(([, input, area, inner]) => ['', input ?? area ?? '', inner] as const)) {
    const name = attribute(attributes, 'name');
    const type = attribute(attributes, 'type');
    if (!name) continue;
    if ((type === 'radio' || type === 'checkbox') && !/\schecked\b/.test(attributes)) continue;
    // A newline right after the tag is the page's own.
    const words = content === undefined ? attribute(attributes, 'value') : decode(content.replace(/^\n/, ''));
    fields.append(name, words ?? '');
  }
  return fields;
}

function attribute(attributes: string, name: string): string | undefined {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(attributes)?.[1];
  return value === undefined ? undefined : decode(value);
}

/** The words of a piece of HTML, without its markup and its styles. */
export function textOf(html: string): string {
  return decode(html.replace(/<(style|script|head)\b[\s\S]*?<\/\1>/g, ' ').replace(/<[^>]+>/g, ' '))
    .replace(/\u034f/g, ' ')
    .replace(/[\s\u200c\u00ad]+/g, ' ')
    .replace(/ ([.,:;!?])/g, '$1')
    .trim();
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

function decode(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (decimal) return String.fromCodePoint(Number(decimal));
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    return entities[name] ?? whole;
  });
}
