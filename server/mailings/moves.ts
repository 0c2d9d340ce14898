import { createHash } from 'node:crypto';
import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { audienceOfMove, whatMoved } from '../events/rules.ts';
import type { LockedEvent } from '../rsvps/queries.ts';
import { closeOpen, insertMailing } from './planned.ts';
import { outOfQuietHours } from './timing.ts';

/** The time, place and format that people know of, before a move. */
export type MovedFrom = {
  startsAt: string;
  endsAt: string;
  timeZone: string;
  format: string;
  venueName: string | null;
  venueAddress: string | null;
};

/** What a mail of a move carries. `newLink`: the join link changed as well, which those online had (`hadLink`) or had not. */
type UpdateData = { old: MovedFrom; revision: number; newLink: boolean; hadLink: boolean };

/**
 * Plans the one mail that tells those concerned of a move. An earlier one that has not left yet gives way to it and
 * hands over what it would have said stood there before; where the event is back there, nobody need hear of it.
 * @param oldLink the join link before, where it changed with the move; undefined where it did not
 * @returns what people know stood there before, or null where the event is back
 */
export async function planUpdate(
  trx: Trx,
  deps: Deps,
  event: LockedEvent,
  old: MovedFrom,
  oldLink: string | null | undefined,
  now: Date,
): Promise<MovedFrom | null> {
  const earlier = await findOpenUpdate(trx, event.id, 'update');
  const said = earlier?.data as Partial<UpdateData> | undefined;
  const known = said?.old ?? old;
  if (earlier) await closeOpen(trx, [earlier.id], 'cancelled', 'superseded', now);
  const knownStart = new Date(known.startsAt);
  const moved = whatMoved({ ...known, startsAt: knownStart, endsAt: new Date(known.endsAt) }, event);
  const audience = audienceOfMove(moved, event.format);
  const isOtherLink = oldLink !== undefined || said?.newLink === true;
  let hadLink = said?.newLink ? said.hadLink === true : oldLink !== null;
  let newLink = isOtherLink;
  if (audience === 'affected') {
    // The mail of the move brings the link along, and what another mail would have said of it.
    const link = await findOpenUpdate(trx, event.id, 'join_link');
    if (link) {
      newLink = true;
      hadLink = (link.data as LinkData).hadLink;
      await closeOpen(trx, [link.id], 'cancelled', 'superseded', now);
    }
  } else if (isOtherLink) {
    // Nobody tells those online of a move: they hear of the link by itself.
    await planNewLink(trx, deps, event, hadLink ? oldLink : null, now);
    newLink = false;
  }
  if (audience === null) return null;
  await insertMailing(trx, deps, {
    event,
    kind: 'update',
    template: 'update',
    audience,
    cause: `update:${event.id}:${event.revision}`,
    exact: true,
    // Who knows of an earlier start would be on her way by then.
    dueAt: soon(event, knownStart < event.startsAt ? knownStart : event.startsAt, now),
    data: { old: known, revision: event.revision, newLink, hadLink } satisfies UpdateData,
  });
  return known;
}

/**
 * Plans the one mail that tells those confirmed online of another join link. It is planned once, however often the link
 * changes before it leaves: a mail brings the link of the moment at which it is written. One that tells them of a move
 * brings it along.
 * @param oldLink the link that they know; undefined where that is not known here
 */
export async function planNewLink(
  trx: Trx,
  deps: Deps,
  event: LockedEvent,
  oldLink: string | null | undefined,
  now: Date,
): Promise<void> {
  const move = await findOpenUpdate(trx, event.id, 'update');
  const said = move?.data as Partial<UpdateData> | undefined;
  if (move?.audience === 'affected') {
    await trx
      .updateTable('mailings')
      .set({
        data: JSON.stringify({
          ...said,
          newLink: true,
          hadLink: said?.newLink ? said.hadLink : oldLink !== null,
        }),
      })
      .where('id', '=', move.id)
      .execute();
    return;
  }
  const earlier = await findOpenUpdate(trx, event.id, 'join_link');
  const knew = (earlier?.data as LinkData | undefined) ?? {
    hadLink: oldLink !== null,
    oldHash: oldLink ? hashOf(oldLink) : null,
  };
  if (earlier) await closeOpen(trx, [earlier.id], 'cancelled', 'superseded', now);
  const isBack = event.joinUrl ? knew.oldHash === hashOf(event.joinUrl) : !knew.hadLink;
  if (isBack) return;
  await insertMailing(trx, deps, {
    event,
    kind: 'update',
    template: 'join_link',
    audience: 'going_online',
    cause: `join_link:${event.id}:${event.revision}`,
    exact: true,
    dueAt: soon(event, event.startsAt, now),
    data: { ...knew, revision: event.revision } satisfies LinkData & { revision: number },
  });
}

/** Never the link itself: a mailing's data is no secret. */
type LinkData = { hadLink: boolean; oldHash: string | null };

const hashOf = (link: string) => createHash('sha256').update(link).digest('base64url');

/** The mail about a change that has not begun to leave: it has, and another follows it, or it never will. */
async function findOpenUpdate(trx: Trx, eventId: string, template: 'update' | 'join_link') {
  return trx
    .selectFrom('mailings')
    .select(['id', 'data', 'audience'])
    .where('eventId', '=', eventId)
    .where('kind', '=', 'update')
    .where('template', '=', template)
    .where('state', 'in', ['planned', 'held'])
    .forUpdate()
    .executeTakeFirst();
}

/** Calls off all that was planned for an event, and plans the one mail that says so. */
export async function planCancellation(
  trx: Trx,
  deps: Deps,
  event: LockedEvent,
  notify: boolean,
  now: Date,
): Promise<void> {
  const open = await trx
    .selectFrom('mailings')
    .select('id')
    .where('eventId', '=', event.id)
    .where('state', 'in', ['planned', 'held'])
    .execute();
  await closeOpen(
    trx,
    open.map((mailing) => mailing.id),
    'cancelled',
    'event_cancelled',
    now,
  );
  if (!notify) return;
  await insertMailing(trx, deps, {
    event,
    kind: 'cancellation',
    template: 'cancellation',
    audience: 'not_declined',
    cause: `cancellation:${event.id}`,
    exact: true,
    dueAt: soon(event, event.startsAt, now),
  });
}

/** At once if the start that people know of is less than a day away, else when the quiet hours are over. */
function soon(event: LockedEvent, start: Date, now: Date): Date {
  if (start.getTime() - now.getTime() < 24 * 3_600_000) return now;
  return outOfQuietHours(now, event.timeZone, { from: event.quietFrom, until: event.quietUntil });
}
