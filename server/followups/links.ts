import { type Actor, audit } from '../audit.ts';
import type { Db, Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { tidyName } from '../people/rules.ts';
import { lockEvent } from '../rsvps/queries.ts';

/** So many fit a mail; an album is one link. */
export const mostLinks = 20;
export const longestTitle = 120;
const longestUrl = 1000;

export type LinkFields = { kind: string; url: string; title: string };
export type LinkProblem = {
  field: 'url' | 'title' | 'kind';
  reason: 'no_https' | 'no_title' | 'title_too_long';
};

/** What is wrong with a link, or its fields as they are kept: an address of the secure web, and words for it. */
export function readLink(
  fields: LinkFields,
):
  | { ok: true; link: { kind: 'photo' | 'link'; url: string; title: string } }
  | { ok: false; problem: LinkProblem } {
  const wrong = (field: LinkProblem['field'], reason: LinkProblem['reason']) =>
    ({ ok: false, problem: { field, reason } }) as const;
  const typed = fields.url.trim();
  const address = /^[a-z][a-z0-9+.-]*:/i.test(typed) ? typed : `https://${typed}`;
  const url = URL.canParse(address) ? new URL(address) : null;
  // No name and no word to sign in with: it would be everybody's.
  const isGood = url?.protocol === 'https:' && url.hostname.includes('.') && !url.username && !url.password;
  if (!url || !isGood || url.href.length > longestUrl || /[\s<>"]/.test(url.href))
    return wrong('url', 'no_https');
  const title = tidyName(fields.title);
  if (title === '') return wrong('title', 'no_title');
  if ([...title].length > longestTitle) return wrong('title', 'title_too_long');
  return { ok: true, link: { kind: fields.kind === 'photo' ? 'photo' : 'link', url: url.href, title } };
}

type Scope = { eventId: string; actor: Actor };

/** Adds a photo or a link to what an event left behind. Of those who are in it, those stay who let it be said. */
export async function addLink(
  deps: Deps,
  { eventId, actor }: Scope,
  link: { kind: 'photo' | 'link'; url: string; title: string; personIds: readonly string[] },
): Promise<{ ok: true } | { ok: false; reason: 'not_found' | 'too_many' }> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const event = await lockEvent(trx, eventId);
    if (!event) return { ok: false, reason: 'not_found' } as const;
    const known = await trx
      .selectFrom('eventLinks')
      .select('position')
      .where('eventId', '=', eventId)
      .orderBy('position', 'desc')
      .execute();
    if (known.length >= mostLinks) return { ok: false, reason: 'too_many' } as const;
    const { personIds, ...fields } = link;
    const { id } = await trx
      .insertInto('eventLinks')
      .values({
        ...fields,
        eventId,
        chapterId: event.chapterId,
        position: (known[0]?.position ?? -1) + 1,
        addedBy: actor.kind === 'person' ? actor.id : null,
        addedAt: now,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    if (fields.kind === 'photo')
      await namePeople(trx, { id, eventId, chapterId: event.chapterId }, personIds);
    await note(trx, actor, event, id, 'event_link.added');
    return { ok: true } as const;
  });
}

/** Says who is in a photo. */
export async function nameInPhoto(
  deps: Deps,
  { eventId, actor }: Scope,
  photo: { linkId: string; personIds: readonly string[] },
): Promise<{ ok: boolean }> {
  return deps.db.transaction().execute(async (trx) => {
    const event = await lockEvent(trx, eventId);
    const found = event && (await findLink(trx, eventId, photo.linkId));
    if (!event || found?.kind !== 'photo') return { ok: false };
    await namePeople(trx, { id: photo.linkId, eventId, chapterId: event.chapterId }, photo.personIds);
    await note(trx, actor, event, photo.linkId, 'event_link.people_named');
    return { ok: true };
  });
}

export async function removeLink(
  deps: Deps,
  { eventId, actor }: Scope,
  linkId: string,
): Promise<{ ok: boolean }> {
  return deps.db.transaction().execute(async (trx) => {
    const event = await lockEvent(trx, eventId);
    if (!event || !(await findLink(trx, eventId, linkId))) return { ok: false };
    await trx.deleteFrom('eventLinks').where('id', '=', linkId).execute();
    await note(trx, actor, event, linkId, 'event_link.removed');
    return { ok: true };
  });
}

const findLink = (db: Db, eventId: string, linkId: string) =>
  db
    .selectFrom('eventLinks')
    .select(['id', 'kind'])
    .where('eventId', '=', eventId)
    .where('id', '=', linkId)
    .executeTakeFirst();

/** Exactly these are in it from now on, so far as they let it be said; whoever took her yes back is forgotten here too. */
async function namePeople(
  trx: Trx,
  link: { id: string; eventId: string; chapterId: string },
  personIds: readonly string[],
): Promise<void> {
  await trx.deleteFrom('eventLinkPeople').where('linkId', '=', link.id).execute();
  const may = await listNameable(trx, link.eventId);
  const rows = may
    .filter(({ id }) => personIds.includes(id))
    .map(({ id }) => ({ linkId: link.id, personId: id, chapterId: link.chapterId }));
  if (rows.length > 0) await trx.insertInto('eventLinkPeople').values(rows).execute();
}

/** Those who let it be said that they are in a photo of an event. */
export async function listNameable(db: Db, eventId: string) {
  return db
    .selectFrom('invitations')
    .innerJoin('people', 'people.id', 'invitations.personId')
    .select(['people.id', 'people.firstName', 'people.lastName'])
    .where('invitations.eventId', '=', eventId)
    .where('invitations.inPhotos', '=', true)
    .where('people.erasedAt', 'is', null)
    .orderBy('people.firstName')
    .orderBy('people.lastName')
    .orderBy('people.id')
    .execute();
}

/** Who was said to be in which photo of an event, by the photo's id: those alone who still let it be said. */
export async function listSeen(db: Db, eventId: string): Promise<Map<string, Set<string>>> {
  const rows = await db
    .selectFrom('eventLinkPeople as s')
    .innerJoin('eventLinks as l', 'l.id', 's.linkId')
    .innerJoin('invitations as i', (join) =>
      join.onRef('i.eventId', '=', 'l.eventId').onRef('i.personId', '=', 's.personId'),
    )
    .select(['s.linkId', 's.personId'])
    .where('l.eventId', '=', eventId)
    .where('i.inPhotos', '=', true)
    .execute();
  const seen = new Map<string, Set<string>>();
  for (const { linkId, personId } of rows) seen.set(linkId, (seen.get(linkId) ?? new Set()).add(personId));
  return seen;
}

function note(
  trx: Trx,
  actor: Actor,
  event: { id: string; chapterId: string },
  linkId: string,
  action: string,
): Promise<void> {
  const { chapterId } = event;
  return audit(trx, {
    actor,
    chapterId,
    action,
    subjectType: 'event',
    subjectId: event.id,
    detail: { link: linkId },
  });
}
