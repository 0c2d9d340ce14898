import type { Role } from '../../server/organizers/access.ts';
import { seedId } from './network.ts';

export type Page = { name: string; path(chapter: number): string };

/** Events to show a page with: one to come, one that is over, a draft. Not every page is there for each. */
const eventStates = [22, 21, 24];

/** What is tried beside the plain page: searches, filters and whole lists. */
const variants: Readonly<Record<string, readonly string[]>> = {
  'GET /desk/': ['?past=all'],
};

/** Streams and other addresses that are no page. */
const notPages = new Set<string>([]);

/**
 * Every page in the table of access, each with an example that it answers.
 * @param status what a path answers to the coordinator of a chapter
 * @throws where no example opens a page: a parameter that is not known here, or a state that the network lacks
 */
export async function pagesOf(
  access: Readonly<Record<string, Role>>,
  status: (path: string, chapter: number) => Promise<number>,
): Promise<Page[]> {
  const pages: Page[] = [];
  for (const key of Object.keys(access)) {
    if (!key.startsWith('GET ') || notPages.has(key)) continue;
    const route = key.slice('GET '.length);
    // Only the first chapter's coordinator administers the network.
    const isNetworks = access[key] === 'administrator';
    const found = await firstAnswered(route, status);
    if (found === undefined) throw new Error(`no example opens ${route}`);
    for (const query of ['', ...(variants[key] ?? [])]) {
      pages.push({
        name: key + query,
        path: (chapter) => fill(route, isNetworks ? 0 : chapter, found) + query,
      });
    }
  }
  return pages;
}

async function firstAnswered(
  route: string,
  status: (path: string, chapter: number) => Promise<number>,
): Promise<number | undefined> {
  for (const event of route.includes(':eventId') ? eventStates : eventStates.slice(0, 1)) {
    if ((await status(fill(route, 0, event), 0)) === 200) return event;
  }
  return undefined;
}

/** A route with the values of one chapter and one of its events. */
function fill(route: string, chapter: number, event: number): string {
  return route.replace(/:(\w+)/g, (_whole, name: string) => {
    const value = values[name];
    if (!value) throw new Error(`${route}: no value for :${name}`);
    return value(chapter, event);
  });
}

const values: Readonly<Record<string, (chapter: number, event: number) => string>> = {
  slug: (chapter) => `gruppo-${chapter}`,
  eventId: (chapter, event) => seedId('event', chapter, event),
  personId: (chapter) => seedId('person', chapter, 7),
};
