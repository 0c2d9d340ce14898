import { sql } from 'kysely';
import { type Actor, audit } from '../audit.ts';
import { isCurrent } from '../chapters/current.ts';
import type { Db, Trx } from '../db/database.ts';
import { containing } from '../db/like.ts';
import type { Deps } from '../deps.ts';
import { sendToOne } from '../mailings/personal.ts';
import { splitName } from '../people/rules.ts';
import { ensurePerson } from '../people/service.ts';
import { lockEvent } from '../rsvps/queries.ts';
import { holdersOf } from './holders.ts';

/** Who welcomes people at an event's door. */
export async function listHosts(db: Db, eventId: string) {
  return db
    .selectFrom('eventHosts as h')
    .innerJoin('people as p', 'p.id', 'h.personId')
    .select(['p.id', 'p.firstName', 'p.lastName'])
    .select(sql<boolean>`(p.email is not null)`.as('hasMail'))
    .where('h.eventId', '=', eventId)
    .where('p.erasedAt', 'is', null)
    .orderBy(sql`p.first_name collate "it-x-icu"`)
    .orderBy('p.id')
    .execute();
}

/**
 * Members of the chapters that hold an event in whose name some words stand. Each is looked up from her membership: the
 * network's people are many more than any chapter's.
 */
export async function searchMembers(
  db: Db,
  event: { id: string; chapterId: string },
  words: string,
  now: Date,
): Promise<{ id: string; firstName: string; lastName: string; hasMail: boolean }[]> {
  const pattern = containing(words.toLowerCase());
  const { rows } = await sql<{ id: string; firstName: string; lastName: string; hasMail: boolean }>`
    select p.id, p.first_name as "firstName", p.last_name as "lastName", p.email is not null as "hasMail"
    from (
      select distinct m.person_id from memberships m
      where m.chapter_id = ${holdersOf(event)} and ${isCurrent('m', now)}
    ) hers
    cross join lateral (select * from people where id = hers.person_id offset 0) p
    where p.erased_at is null and lower(p.first_name || ' ' || p.last_name) like ${pattern}
    order by p.first_name collate "it-x-icu", p.last_name collate "it-x-icu", p.id
    limit 20
  `.execute(db);
  return rows;
}

export type HostOutcome =
  | { ok: true }
  | { ok: false; reason: 'not_found' | 'address_erased' | 'address_missing' | 'over' };

/**
 * Makes somebody a host of the day: a member of a chapter that holds the event, or anybody by name and address. The
 * door is open to her, nothing else; a mail says where it is, once the event is published.
 */
export async function addHost(
  deps: Pick<Deps, 'db' | 'clock' | 'links'>,
  input: { eventId: string; actor: Actor } & ({ personId: string } | { name: string; email: string }),
): Promise<HostOutcome> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx): Promise<HostOutcome> => {
    const event = await lockEvent(trx, input.eventId);
    if (!event) return { ok: false, reason: 'not_found' };
    if (event.state === 'cancelled' || event.endsAt <= now) return { ok: false, reason: 'over' };
    const found = await findOrMake(trx, deps, event, input, now);
    if (!found.ok) return found;
    // Without an address nobody can sign in.
    if (!found.person.email) return { ok: false, reason: 'address_missing' };
    await trx
      .insertInto('eventHosts')
      .values({ eventId: event.id, personId: found.person.id, chapterId: event.chapterId, createdAt: now })
      .onConflict((conflict) => conflict.columns(['eventId', 'personId']).doNothing())
      .execute();
    if (event.state === 'published') await tellHosts(trx, event, now);
    await audit(trx, {
      actor: input.actor,
      chapterId: event.chapterId,
      action: 'event.host_added',
      subjectType: 'event',
      subjectId: event.id,
      detail: { personId: found.person.id },
    });
    return { ok: true };
  });
}

async function findOrMake(
  trx: Trx,
  deps: Pick<Deps, 'links'>,
  event: { id: string; chapterId: string },
  input: { personId: string } | { name: string; email: string },
  now: Date,
) {
  if (!('personId' in input)) {
    const person = { ...splitName(input.name), email: input.email };
    return ensurePerson(trx, deps.links, person, { source: 'host', now });
  }
  const person = await trx
    .selectFrom('people as p')
    .select(['p.id', 'p.email'])
    .where('p.id', '=', input.personId)
    .where('p.erasedAt', 'is', null)
    .where('p.id', 'in', (members) =>
      members
        .selectFrom('memberships as m')
        .select('m.personId')
        .where('m.personId', '=', input.personId)
        .where('m.chapterId', '=', holdersOf(event))
        .where(isCurrent('m', now)),
    )
    .executeTakeFirst();
  return person ? ({ ok: true, person } as const) : ({ ok: false, reason: 'not_found' } as const);
}

/** Mails an event's hosts where its door is, each once. */
export async function tellHosts(
  trx: Trx,
  event: { id: string; chapterId: string },
  now: Date,
): Promise<void> {
  const hosts = await trx
    .selectFrom('eventHosts')
    .select(['personId', 'createdAt'])
    .where('eventId', '=', event.id)
    .execute();
  await sendToOne(
    trx,
    hosts.map(({ personId, createdAt }) => ({
      kind: 'confirmation' as const,
      template: 'host',
      personId,
      chapterId: event.chapterId,
      eventId: event.id,
      // Who was taken off and asked again later hears of it again.
      cause: `host:${event.id}:${personId}:${createdAt.toISOString()}`,
    })),
    now,
  );
}

/** The door is closed to her again. */
export async function removeHost(
  deps: Pick<Deps, 'db'>,
  input: { eventId: string; personId: string; actor: Actor },
): Promise<{ ok: boolean }> {
  return deps.db.transaction().execute(async (trx) => {
    const gone = await trx
      .deleteFrom('eventHosts')
      .where('eventId', '=', input.eventId)
      .where('personId', '=', input.personId)
      .returning('chapterId')
      .executeTakeFirst();
    if (!gone) return { ok: false };
    // What has not left yet does not leave.
    await sql`update mailings set state = 'cancelled', reason = 'superseded'
      where event_id = ${input.eventId} and person_id = ${input.personId} and template = 'host'`.execute(trx);
    await audit(trx, {
      actor: input.actor,
      chapterId: gone.chapterId,
      action: 'event.host_removed',
      subjectType: 'event',
      subjectId: input.eventId,
      detail: { personId: input.personId },
    });
    return { ok: true };
  });
}
