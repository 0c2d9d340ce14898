import { createHmac } from 'node:crypto';
import csrf from '@fastify/csrf-protection';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { type Form, type Locale, pickLocale, type Translate, translator } from '../web/i18n.ts';
import { isForeign } from '../web/origin.ts';
import { mayUse, type Role } from './access.ts';
import { type FirstSteps, findFirstSteps } from './first-steps.ts';
import { findAdministration, findCoordinatedChapters, findHostedEvents } from './queries.ts';
import { extendSession, findSession, type Session, sessionSeconds } from './sessions.ts';
import { signInMinutes } from './sign-in.ts';

/** Who is at the desk, and what she may see. */
export type Desk = {
  person: Pick<Session, 'firstName' | 'lastName' | 'email'> & { id: string };
  sessionId: string;
  /** Administers the network: every chapter and event is open to her, though her own pages show her own chapters. */
  isAdministrator: boolean;
  /** The chapters that she coordinates now. */
  chapters: DeskChapter[];
  chapterIds: string[];
  /** The events, not long over, at whose door she helps. */
  hosted: HostedEvent[];
  /** Where her only chapter is new: how far it is. */
  firstSteps: FirstSteps | null;
  network: { name: string };
  locale: Locale;
  form: Form;
  t: Translate;
  /** The hidden field of every form. */
  csrf: string;
};

export type DeskChapter = Awaited<ReturnType<typeof findCoordinatedChapters>>[number];
export type HostedEvent = Awaited<ReturnType<typeof findHostedEvents>>[number];

declare module 'fastify' {
  interface FastifyRequest {
    /** What `@fastify/csrf-protection` makes its tokens from. */
    session: { csrfSecret: string };
    /** Set by the guard before any route of the desk runs. */
    desk: Desk;
  }
}

export const sessionCookie = 'ritrovo_desk';
export const nextCookie = 'ritrovo_next';
/** Marks the browser that asked to sign in, as long as the code lasts. */
export const askedCookie = 'ritrovo_asked';

/**
 * Guards everything below this point once: a session, the chapters that it opens, and for every form a token that no
 * other site can know.
 */
export async function guardDesk(app: FastifyInstance, deps: Deps): Promise<void> {
  app.decorateRequest('desk');
  app.decorateRequest('session');
  // The tokens stand on our session: there is no second cookie that could get lost or be planted.
  await app.register(csrf, {
    sessionPlugin: '@fastify/session',
    sessionKey: 'csrfSecret',
    getToken: readToken,
    logLevel: 'info',
  });

  app.addHook('onRequest', async (request, reply) => {
    const now = deps.clock();
    const secret = request.cookies[sessionCookie];
    const session = secret ? await findSession(deps.db, secret, now) : null;
    if (!session || !secret) return toSignIn(request, reply, deps);
    if (session.stale) {
      await extendSession(deps.db, session.id, now);
      setSessionCookie(reply, deps, secret);
    }
    const [network, chapters, hosted, isAdministrator] = await Promise.all([
      deps.db.selectFrom('networks').selectAll().executeTakeFirstOrThrow(),
      findCoordinatedChapters(deps.db, session.personId, now),
      findHostedEvents(deps.db, session.personId, now),
      findAdministration(deps.db, session.personId),
    ]);
    // Where her time as coordinator is over, the session opens nothing any more.
    if (chapters.length + hosted.length === 0 && !isAdministrator) {
      // To sign in again would bring nothing back: a phone at a door may forget what it keeps.
      return asksForData(request) ? reply.code(404).send({}) : toSignIn(request, reply, deps);
    }
    const [only] = chapters;
    const firstSteps = only && chapters.length === 1 ? await findFirstSteps(deps.db, only, now) : null;
    const locale = pickLocale(session.locale, undefined, (chapters[0]?.locale ?? network.locale) as Locale);
    const form = (session.form ?? chapters[0]?.form ?? network.form) as Form;
    request.session = { csrfSecret: csrfSecretOf(secret) };
    request.desk = {
      person: { ...session, id: session.personId },
      sessionId: session.id,
      isAdministrator,
      chapters,
      chapterIds: chapters.map((chapter) => chapter.id),
      hosted,
      firstSteps,
      network: { name: network.name },
      locale,
      form,
      t: translator(locale, form),
      csrf: reply.generateCsrf(),
    };
    // What a coordinator sees is nobody else's, and is not kept on a phone that others use.
    reply.header('cache-control', 'no-store');
    // What she may not use anywhere is not there; where a route names a chapter or an event, its scope asks again.
    if (!request.is404 && !mayUse(request, highestRole(request.desk))) reply.callNotFound();
  });

  // Before the body is read: whatever changes something comes from a page of this site.
  app.addHook('onRequest', async (request, reply) => {
    if (isReading(request) || !isForeign(request, deps.links.publicUrl)) return;
    return refuseForm(request, reply);
  });
  // After the body was read, before any route's own hook or handler.
  app.addHook('preValidation', (request, reply, done) => {
    if (isReading(request)) done();
    else app.csrfProtection(request, reply, done);
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    // What is no form of hers is answered as such; all else as everywhere.
    if (error.code?.startsWith('FST_CSRF_')) return refuseForm(request, reply);
    throw error;
  });
}

const isReading = ({ method }: FastifyRequest) => method === 'GET' || method === 'HEAD';

function refuseForm(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { t } = request.desk;
  return reply.code(403).page('desk/refused', deskFrame(request, { title: t('desk.refused.title') }));
}

/** Where a form or a script of the desk says its token: a field, a part of an upload, or a header. */
function readToken(request: FastifyRequest): string {
  const field = (request.body as { _csrf?: unknown } | null | undefined)?._csrf;
  const part = (field as { value?: unknown } | null | undefined)?.value;
  const found = [field, part, request.headers['csrf-token']].find((value) => typeof value === 'string');
  return (found as string | undefined) ?? '';
}

/** Known to nobody who does not hold the session's cookie, and the same for as long as it lasts. */
function csrfSecretOf(sessionSecret: string): string {
  return createHmac('sha256', sessionSecret).update('csrf').digest('base64url');
}

/** What she may at most be, somewhere. */
function highestRole(desk: Desk): Role {
  return desk.isAdministrator ? 'administrator' : desk.chapters.length > 0 ? 'coordinator' : 'host';
}

/** What she is to a chapter: nothing, where it is another's. */
export function roleInChapter(desk: Desk, chapterId: string): Role | null {
  if (desk.isAdministrator) return 'administrator';
  return desk.chapterIds.includes(chapterId) ? 'coordinator' : null;
}

/** What she is to an event: of a chapter that holds it, or a host of that day. */
export function roleAtEvent(
  desk: Desk,
  event: { id: string; chapterId: string; cohostIds: readonly string[] },
): Role | null {
  const isHost = desk.hosted.some(({ eventId }) => eventId === event.id);
  const isHeldByHers = [event.chapterId, ...event.cohostIds].some((id) => roleInChapter(desk, id) !== null);
  if (!isHeldByHers) return isHost ? 'host' : null;
  return desk.isAdministrator ? 'administrator' : 'coordinator';
}

/** The frame of a page of the desk. With one chapter its name and colour stand above everything. */
export function deskFrame(request: FastifyRequest, page: { title: string; chapter?: DeskChapter }) {
  const { desk } = request;
  const chapter = page.chapter ?? (desk.chapters.length === 1 ? desk.chapters[0] : undefined);
  return {
    locale: desk.locale,
    form: desk.form,
    title: page.title,
    accent: chapter?.accentColour,
    brand: { name: chapter?.name ?? desk.network.name, href: '/desk/' },
    network: desk.network.name,
  };
}

/** Whether a script asks, and not somebody who reads a page. */
const asksForData = ({ headers }: FastifyRequest) => headers.accept === 'application/json';

function toSignIn(request: FastifyRequest, reply: FastifyReply, deps: Deps): FastifyReply {
  // What a script asks for is no place to go to.
  if (request.method === 'GET' && (request.headers['sec-fetch-mode'] ?? 'navigate') === 'navigate') {
    // A mail's link to an event leads there once she has signed in on this phone.
    reply.setCookie(nextCookie, request.url, { ...cookieOptions(deps), path: '/sign-in', maxAge: 3600 });
  }
  return reply.header('cache-control', 'no-store').redirect('/sign-in', 303);
}

/** Where to go after signing in: a page of the desk on this site, whatever the cookie says. */
export function localTarget(path: string | undefined): string {
  return path && /^\/desk\/[\w\-./?=&%]*$/.test(path) && !path.includes('//') ? path : '/desk/';
}

export function setSessionCookie(reply: FastifyReply, deps: Deps, secret: string): void {
  reply.setCookie(sessionCookie, secret, { ...cookieOptions(deps), path: '/desk', maxAge: sessionSeconds });
}

export function clearSessionCookie(reply: FastifyReply, deps: Deps): void {
  reply.clearCookie(sessionCookie, { ...cookieOptions(deps), path: '/desk' });
}

export function setAskedCookie(reply: FastifyReply, deps: Deps, browser: string): void {
  reply.setCookie(askedCookie, browser, {
    ...cookieOptions(deps),
    path: '/sign-in',
    maxAge: signInMinutes * 60,
  });
}

export function clearAskedCookie(reply: FastifyReply, deps: Deps): void {
  reply.clearCookie(askedCookie, { ...cookieOptions(deps), path: '/sign-in' });
}

function cookieOptions(deps: Deps) {
  return { httpOnly: true, sameSite: 'lax', secure: deps.links.publicUrl.startsWith('https:') } as const;
}
