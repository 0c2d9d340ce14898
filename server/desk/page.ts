import type { FastifyReply, FastifyRequest } from 'fastify';
import { type DeskChapter, deskFrame } from '../organizers/guard.ts';

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
] as const;
export type Done = (typeof dones)[number];

type Section = 'events' | 'members' | 'help';

/** Sends a page of the desk: its frame, the form token, the way around, and what was just done. */
export function deskPage(
  request: FastifyRequest,
  reply: FastifyReply,
  view: string,
  page: { title: string; chapter?: DeskChapter; section?: Section },
  data: object = {},
): FastifyReply {
  const { desk } = request;
  const asked = (request.query as { done?: unknown }).done;
  const done = request.method === 'GET' ? dones.find((known) => known === asked) : undefined;
  return reply.page(`desk/${view}`, deskFrame(request, page), {
    csrf: desk.csrf,
    section: page.section ?? 'events',
    membersUrl: `/desk/chapters/${(page.chapter ?? desk.chapters[0])?.slug}/members`,
    done: done ? desk.t(`desk.done.${done}`) : null,
    ...data,
  });
}

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
