import { sql } from 'kysely';
import { audit } from '../audit.ts';
import { calendarFeed, type FeedEntry } from '../calendar/ics.ts';
import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { placeOf } from '../events/views.ts';
import type { Translate } from '../web/i18n.ts';
import { type Links, nobody, publicIdOf, split } from '../web/links.ts';
import { findOwner, type Owner } from './owner.ts';

/** How far back her calendar remembers what took place. */
const pastMs = 90 * 86_400_000;

/**
 * Reads a `/cal/` link. One sent under a row that was merged into another opens hers who stayed.
 * @returns null for a link that opens nothing: which part of it was wrong is not said, nor can it be timed
 */
export async function openFeed(
  deps: Pick<Deps, 'db' | 'clock' | 'links'>,
  token: string,
): Promise<Owner | null> {
  const personId = publicIdOf(token) ?? nobody;
  const stated = await findStated(deps.db, personId);
  const genuine = deps.links.isFeedMac(split(token).mac, {
    personId: stated ? personId : nobody,
    linkEpoch: stated?.linkEpoch ?? 0,
    feedEpoch: stated?.feedEpoch ?? 0,
  });
  if (!stated || !genuine) return null;
  return findOwner(deps.db, stated.keptId, deps.clock());
}

async function findStated(db: Db, personId: string) {
  const person = await db
    .selectFrom('people')
    .select(['id as keptId', 'linkEpoch', 'feedEpoch'])
    .where('id', '=', personId)
    .where('erasedAt', 'is', null)
    .executeTakeFirst();
  if (person) return person;
  return db
    .selectFrom('mergedPeople')
    .select(['keptId', 'linkEpoch', 'feedEpoch'])
    .where('id', '=', personId)
    .executeTakeFirst();
}

/** Her calendar as it stands: what she comes to, may come to or waits for, in all her chapters; nobody else's name. */
export async function writeFeed(
  deps: Pick<Deps, 'db' | 'clock' | 'links'>,
  { person, locale, t, network }: Owner,
): Promise<string> {
  const since = new Date(deps.clock().getTime() - pastMs);
  const rows = await listEntries(deps.db, person.id, since);
  return calendarFeed({
    name: t('feed.name', { network: network.name }),
    locale,
    entries: rows.map((row) => entryOf(row, deps.links, t)),
  });
}

type Row = Awaited<ReturnType<typeof listEntries>>[number];

async function listEntries(db: Db, personId: string, since: Date) {
  return db
    .selectFrom('invitations as i')
    .innerJoin('rsvps as r', (join) =>
      join.onRef('r.eventId', '=', 'i.eventId').onRef('r.personId', '=', 'i.personId'),
    )
    .innerJoin('events as e', 'e.id', 'i.eventId')
    .select(['e.id', 'e.title', 'e.startsAt', 'e.endsAt', 'e.timeZone', 'e.state as eventState'])
    .select([
      'e.venueName',
      'e.venueAddress',
      'e.joinUrl',
      'i.calendarUid',
      'i.sequence',
      'r.state',
      'r.mode',
    ])
    .select(
      // When anything of it last changed, the same for as long as nothing does.
      sql<Date>`greatest(e.changed_at, (select max(h.at) from rsvp_history h
        where h.event_id = i.event_id and h.person_id = i.person_id))`.as('changedAt'),
    )
    .where('i.personId', '=', personId)
    .where('r.state', 'in', ['going', 'maybe', 'waitlisted', 'offered'])
    .where('e.state', '<>', 'draft')
    .where('e.endsAt', '>', since)
    .orderBy('e.startsAt')
    .orderBy('e.id')
    .limit(500)
    .execute();
}

/**
 * Its page is the event's, not her own: whoever reads her calendar, and that is more programs than she thinks of, cannot
 * answer for her.
 */
function entryOf(row: Row, links: Links, t: Translate): FeedEntry {
  const { state } = row;
  const online = row.mode === 'online';
  const joinUrl = online && state === 'going' ? row.joinUrl : null;
  const waits = state === 'waitlisted' || state === 'offered';
  return {
    uid: row.calendarUid,
    sequence: row.sequence,
    dtstamp: row.changedAt,
    event: {
      title: state === 'going' ? row.title : t(`feed.title.${state}`, { title: row.title }),
      description: waits ? t(`feed.${state}`) : joinUrl,
      location: online ? joinUrl : placeOf(row),
      conference: joinUrl,
      startsAt: row.startsAt,
      endsAt: row.endsAt,
      timeZone: row.timeZone,
    },
    organizer: null,
    url: links.url(`/e/${row.id}`),
    cancelled: row.eventState === 'cancelled',
    tentative: state !== 'going',
  };
}

/** Gives her calendar another address: the old one, also under rows merged into hers, opens nothing from now on. */
export async function renewFeed(deps: Pick<Deps, 'db'>, personId: string): Promise<void> {
  await deps.db.transaction().execute(async (trx) => {
    const raised = { feedEpoch: sql<number>`feed_epoch + 1` };
    await trx.updateTable('people').set(raised).where('id', '=', personId).execute();
    await trx.updateTable('mergedPeople').set(raised).where('keptId', '=', personId).execute();
    await audit(trx, {
      actor: { kind: 'person', id: personId },
      chapterId: null,
      action: 'person.feed_renewed',
      subjectType: 'person',
      subjectId: personId,
    });
  });
}
