import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Actor } from '../audit.ts';
import { type Chapter, findChapterBySlug } from '../chapters/queries.ts';
import type { Deps } from '../deps.ts';
import { type EventWithChapter, findEvent } from '../events/queries.ts';
import { type DeliveryRow, type FoundMailing, findDelivery, findMailing } from '../mailings/queries.ts';
import { Problem } from '../web/errors.ts';
import { findToken } from './tokens.ts';

/** The program that calls. A null `chapterId` may see everything. */
export type Caller = { tokenId: string; chapterId: string | null };

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard before any call of the API runs. */
    caller: Caller;
  }
}

/** Guards everything below this point: a token, or 401; one that the call takes, or 403. */
export function guardApi(app: FastifyInstance, { db }: Pick<Deps, 'db'>): void {
  app.decorateRequest('caller');
  app.addHook('onRequest', async (request) => {
    const secret = /^Bearer +([\w.~+/-]+=*) *$/i.exec(request.headers.authorization ?? '')?.[1];
    const token = secret && (await findToken(db, secret));
    // RFC 6750 section 3: without a token the challenge stands alone.
    if (!token)
      throw unauthorized(request.headers.authorization === undefined ? '' : ', error="invalid_token"');
    request.caller = { tokenId: token.id, chapterId: token.chapterId };
    // What needs the whole network stands in one table, beside what needs a chapter's token alone.
    if (!request.is404 && request.routeOptions.config.token !== 'chapter' && token.chapterId !== null) {
      throw new Problem(403, 'This token belongs to one chapter: this call takes one for the whole network.');
    }
  });
}

function unauthorized(error: string): Problem {
  return new Problem(401, 'This call needs a valid token: Authorization: Bearer TOKEN.', {
    headers: { 'www-authenticate': `Bearer realm="ritrovo"${error}` },
  });
}

export function actorOf(request: FastifyRequest): Actor {
  return { kind: 'api_token', id: request.caller.tokenId };
}

/** A token of one chapter sees nothing of the others: for it they do not exist. */
function visible(request: FastifyRequest, chapterId: string | null): boolean {
  const own = request.caller.chapterId;
  return own === null || own === chapterId;
}

/** Whether a text is an id at all: the database would refuse to look for anything else. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

export function notFound(what: string): Problem {
  return new Problem(404, `There is no such ${what}, or this token may not see it.`);
}

export async function needChapter(
  deps: Pick<Deps, 'db'>,
  request: FastifyRequest,
  slug: string,
): Promise<Chapter> {
  const chapter = slug.includes('\0') ? undefined : await findChapterBySlug(deps.db, slug);
  if (!chapter || !visible(request, chapter.id)) throw notFound('chapter');
  return chapter;
}

export async function needEvent(
  deps: Pick<Deps, 'db'>,
  request: FastifyRequest,
  id: string,
): Promise<EventWithChapter> {
  const event = isId(id) ? await findEvent(deps.db, id) : undefined;
  if (!event || !visible(request, event.chapterId)) throw notFound('event');
  return event;
}

export async function needMailing(
  deps: Pick<Deps, 'db'>,
  request: FastifyRequest,
  id: string,
): Promise<FoundMailing> {
  const mailing = isId(id) ? await findMailing(deps.db, id) : undefined;
  if (!mailing || !visible(request, mailing.chapterId)) throw notFound('mailing');
  return mailing;
}

export async function needDelivery(
  deps: Pick<Deps, 'db'>,
  request: FastifyRequest,
  id: string,
): Promise<DeliveryRow> {
  const delivery = isId(id) ? await findDelivery(deps.db, id) : undefined;
  if (!delivery || !visible(request, delivery.chapterId)) throw notFound('delivery');
  return delivery;
}
