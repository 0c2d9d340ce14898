import { memberFilters } from '../../server/desk/people/member-list.ts';
import type { Role } from '../../server/organizers/access.ts';
import { seedId } from './network.ts';

/** A page of each chapter; `who` says whose coordinator opens it. */
export type Page = { name: string; path(chapter: number): string; who(chapter: number): number };

/** What a page may be shown with. Not every page is there for each event, message or import. */
type Example = { event: number; message: number; import: number };
const examples: readonly Example[] = [
  // What is to come, what was sent, what was taken in; an event that is over; then drafts.
  { event: 22, message: 1, import: 0 },
  { event: 21, message: 1, import: 0 },
  { event: 24, message: 0, import: 1 },
];

/** What is tried beside the plain page: searches, filters and whole lists. */
const variants: Readonly<Record<string, readonly string[]>> = {
  'GET /desk/': ['?past=all'],
  'GET /desk/chapters/:slug/members': ['?q=giulia', ...memberFilters.map((filter) => `?filter=${filter}`)],
  'GET /desk/chapters/:slug/people/:personId/merge': ['?q=giulia'],
  'GET /desk/chapters/:slug/messages': ['?all=yes'],
  'GET /desk/chapters/:slug/coordinators/new': ['?q=giulia'],
  'GET /desk/events/:eventId/hosts': ['?q=giulia'],
  'GET /desk/events/:eventId/additions': ['?q=giulia'],
  'GET /desk/events/:eventId/list': ['?notes=1'],
};

/** What an address must be asked with. */
const needed: Readonly<Record<string, string>> = {
  'GET /desk/chapters/:slug/messages/count': '?audience=members',
};

/** Addresses that are no page: a stream that does not end, and a mail of a step, of which the network has none planned. */
const notPages = new Set([
  'GET /desk/events/:eventId/live',
  'GET /desk/events/:eventId/follow-up/:mailingId/mail',
]);

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
    const plain = needed[key] ?? '';
    const found = await firstAnswered(route, plain, status);
    if (found === undefined)
      throw new Error(`no example opens ${route}: look at what it answers, or add one here`);
    for (const query of [plain, ...(variants[key] ?? [])]) {
      pages.push({
        name: key + query,
        path: (chapter) => fill(route, chapter, found) + query,
        who: (chapter) => (isNetworks ? 0 : chapter),
      });
    }
  }
  return pages;
}

async function firstAnswered(
  route: string,
  query: string,
  status: (path: string, chapter: number) => Promise<number>,
): Promise<Example | undefined> {
  for (const example of examples) {
    if ((await status(fill(route, 0, example) + query, 0)) === 200) return example;
  }
  return undefined;
}

/** A route with the values of one chapter and one example. */
function fill(route: string, chapter: number, example: Example): string {
  return route.replace(/:(\w+)/g, (_whole, name: string) => {
    // The event that a neighbour holds, and would like to hold together.
    if (route.includes('/cohosting/') && name === 'eventId') return seedId('event', chapter ^ 1, 23);
    const value = values[name];
    if (!value) throw new Error(`${route}: no value for :${name}`);
    return value(chapter, example);
  });
}

const values: Readonly<Record<string, (chapter: number, example: Example) => string>> = {
  slug: (chapter) => `gruppo-${chapter}`,
  eventId: (chapter, { event }) => seedId('event', chapter, event),
  personId: (chapter) => seedId('person', chapter, 7),
  seriesId: (chapter) => seedId('series', chapter, 0),
  messageId: (chapter, { message }) => seedId('message', chapter, message),
  importId: (chapter, example) => seedId('import', chapter, example.import),
  kind: () => 'invitation',
};
