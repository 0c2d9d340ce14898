import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Desk, type DeskChapter, deskFrame, roleInChapter } from '../organizers/guard.ts';

/** What a page may say has just been done; it comes back as `?done=` after the redirect that follows a form. */
const dones = [
  'created',
  'saved',
  'told',
  'published',
  'publishedMorning',
  'cancelled',
  'dropped',
  'testSent',
  'answered',
  'walkIn',
  'allPresent',
  'complete',
  'reopened',
  'held',
  'released',
  'skipped',
  'invited',
  'memberBack',
  'seriesStarted',
  'followingChanged',
  'dateAdded',
  'keptDraft',
  'standingGiven',
  'standingEnded',
  'seriesEnded',
  'stepMoved',
  'stepNow',
  'stepBack',
  'stepAdded',
  'textSaved',
  'textSame',
  'textOriginal',
  'textBack',
  'cohostAsked',
  'cohostJoined',
  'cohostLeft',
  'cohostDeclined',
  'hostAdded',
  'hostRemoved',
  'questionsSaved',
  'notesSaved',
  'copied',
  'placesChanged',
  'personAdded',
  'personWaits',
  'followedUp',
  'thanksMoved',
  'thanksHeld',
  'thanksReleased',
  'lineSaved',
  'lineRemoved',
  'linkAdded',
  'linkRemoved',
  'pitchesSaved',
  'holidaySkipped',
  'holidayMoved',
  'holidayKept',
  'dateResumed',
  'restCancelled',
] as const;
export type Done = (typeof dones)[number];

type Section = 'events' | 'members' | 'messages' | 'more';

/** What a page of the desk says of itself. `sheets` and `scripts` are files in templates/assets that it alone needs. */
export type DeskFrame = {
  title: string;
  chapter?: DeskChapter;
  section?: Section;
  sheets?: readonly string[];
  scripts?: readonly string[];
};

/** Sends a page of the desk: its frame, the form token, the way around, and what was just done. */
export function deskPage(
  request: FastifyRequest,
  reply: FastifyReply,
  view: string,
  page: DeskFrame,
  data: object = {},
): FastifyReply {
  const { desk } = request;
  const done = saidOf(request, 'done', dones);
  return reply.page(`desk/${view}`, deskFrame(request, page), {
    csrf: desk.csrf,
    who: desk.person.id,
    section: page.section ?? 'events',
    firstSteps: stepsOf(desk),
    chapterUrl: chapterUrl(desk, page.chapter),
    // Her own groups' events stand on one page; another's, which an administrator steps into, on its own.
    eventsUrl: eventsUrl(desk, page.chapter),
    administers: desk.isAdministrator,
    sheets: page.sheets ?? [],
    scripts: page.scripts ?? [],
    done: done ? desk.t(`desk.done.${done}`) : null,
    ...data,
  });
}

/** Which of some words a page's address says, after the redirect that follows a form. A form's own answer says none. */
export function saidOf<Word extends string>(
  request: FastifyRequest,
  name: 'done' | 'said',
  words: readonly Word[],
): Word | undefined {
  if (request.method !== 'GET') return undefined;
  const asked = (request.query as Record<string, unknown>)[name];
  return words.find((known) => known === asked);
}

/** The way to the first event, while it was not published: what is done, and what is next. */
function stepsOf({ firstSteps, t }: Desk) {
  if (!firstSteps) return null;
  const { slug, hasPeople, draftId } = firstSteps;
  const base = `/desk/chapters/${slug}`;
  return [
    { label: t('entry.first.group'), href: base, isDone: true, isNext: false },
    { label: t('entry.first.people'), href: `${base}/members/new`, isDone: hasPeople, isNext: !hasPeople },
    {
      label: t(draftId ? 'entry.first.publish' : 'entry.first.event'),
      href: draftId ? `/desk/events/${draftId}/publication` : `${base}/events/new`,
      isDone: false,
      isNext: hasPeople,
    },
  ];
}

/** Where the ways to a chapter's pages begin; null for a host, to whom only the door is open. */
function chapterUrl(desk: Desk, chapter: DeskChapter | undefined): string | null {
  const shown = chapter && roleInChapter(desk, chapter.id) ? chapter : desk.chapters[0];
  return shown ? `/desk/chapters/${shown.slug}` : null;
}

function eventsUrl(desk: Desk, chapter: DeskChapter | undefined): string {
  const isOthers = chapter && desk.isAdministrator && !desk.chapterIds.includes(chapter.id);
  return isOthers ? `/desk/chapters/${chapter.slug}/` : '/desk/';
}

/** For forms that bring a long text in two languages: each letter with an accent takes six bytes on the way. */
export const wordsLimit = { bodyLimit: 256 * 1024 };

/** One field of a form as text: what a browser sends once, or nothing. */
export function fieldOf(body: unknown, name: string): string {
  return fieldsOf(body, name).at(-1) ?? '';
}

/** A field that a form repeats. */
export function fieldsOf(body: unknown, name: string): string[] {
  const value = (body as Record<string, unknown> | null | undefined)?.[name];
  const texts = [value].flat().filter((item) => typeof item === 'string');
  // PostgreSQL keeps no NUL in a text, and no person types one.
  return texts.map((text) => text.replaceAll('\0', ''));
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a text from an address can be asked of the database. */
export function isId(text: string): boolean {
  return uuid.test(text);
}

/** Whether a text can name a chapter in an address. */
export function isSlug(text: string): boolean {
  return /^[a-z0-9-]{1,64}$/.test(text);
}
