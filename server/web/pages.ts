import { fileURLToPath } from 'node:url';
import view from '@fastify/view';
import { Eta } from 'eta';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { assetRoutes, assetUrl, styleUrl } from './assets.ts';
import { type Form, type Locale, translator } from './i18n.ts';

/** What surrounds a page: language, colours, head and foot. */
export type PageFrame = {
  locale: Locale;
  /** How the reader is addressed. Left out: in the neutral form, as somebody nobody knows. */
  form?: Form | undefined;
  title: string;
  /** The chapter's accent, `#rrggbb`. */
  accent?: string | undefined;
  /** What the head says, and where it leads. */
  brand: { name: string; href: string };
  /** The network's name, for the foot. */
  network?: string | undefined;
  /** For search engines and cards; a page without a description is not indexed. */
  card?: { description: string; url: string; indexed: boolean } | undefined;
  /** Where a feed reader finds the chapter's feed. */
  feed?: string | undefined;
  /** schema.org data, already made safe by `jsonLd`. */
  data?: string | undefined;
  /** The sheet in templates/assets that the page uses. */
  style?: string;
};

declare module 'fastify' {
  interface FastifyReply {
    /** Sends `templates/pages/{name}.eta` with its frame; in the template `it` is the data and `t` says messages. */
    page(name: string, frame: PageFrame, data?: object): FastifyReply;
    /** The same as HTML that is not sent yet. */
    pageHtml(name: string, frame: PageFrame, data?: object): Promise<string>;
  }
}

export const defaultAccent = '#b4472e';

/** Pages, compiled once each, and the files they use. */
export async function registerPages(app: FastifyInstance): Promise<void> {
  const root = fileURLToPath(new URL('../../templates/pages/', import.meta.url));
  const eta = new Eta({
    views: root,
    cache: true,
    autoEscape: true,
    rmWhitespace: true,
    functionHeader: 'const { t, frame } = it;',
  });
  await app.register(view, { engine: { eta }, root, viewExt: 'eta', production: true });
  const dataOf = (frame: PageFrame, data?: object) => ({
    ...data,
    frame,
    t: translator(frame.locale, frame.form ?? 'neutral'),
    asset: assetUrl,
    style: styleUrl(frame.style ?? 'ritrovo.css', frame.accent ?? defaultAccent),
  });
  app.decorateReply('page', function page(this: FastifyReply, name: string, frame: PageFrame, data?: object) {
    return this.view(name, dataOf(frame, data));
  });
  app.decorateReply(
    'pageHtml',
    function pageHtml(this: FastifyReply, name: string, frame: PageFrame, data?: object) {
      return this.viewAsync(name, dataOf(frame, data));
    },
  );
  assetRoutes(app);
}

/** Data for a `<script type="application/ld+json">`: nothing in it can end the script or begin a comment. */
export function jsonLd(data: object): string {
  return JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
