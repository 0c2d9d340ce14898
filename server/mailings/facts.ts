import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { MailContext } from '../deliveries/context.ts';
import { listNewcomers } from '../encounters/newcomers.ts';
import { findToldJsons } from '../encounters/told.ts';
import { loadAfterwords } from '../followups/afterwords.ts';
import { loadPitchNotes } from '../followups/pitch-facts.ts';
import { loadIntroduction } from '../introductions/facts.ts';
import { findRequest } from '../joining/queries.ts';
import { findNextEvent } from '../rsvps/next-event.ts';
import { findQueuePlace } from '../rsvps/queries.ts';
import { capacityOf, closesAt, type Mode, otherMode, type RsvpState } from '../rsvps/rules.ts';
import { planOf, rhythmsOf, ruleOf } from '../series/rules.ts';
import type { DigestEvent, DigestFacts, MailFacts } from './emails.ts';

/**
 * The facts of some mails, in their order: what a template needs beyond its delivery's own rows, and nothing for those
 * that need nothing. What is the same for all of a mailing is asked once.
 */
export async function loadMailFacts(
  db: Db,
  mails: readonly { context: MailContext; now: Date }[],
): Promise<MailFacts[]> {
  const told = new Map<string, Map<string, string>>();
  for (const [key, group] of Map.groupBy(mails, ({ context }) => context.mailing.id)) {
    const [first] = group;
    if (!first) continue;
    const { mailing, event } = first.context;
    if (!event || !hasEventFacts(mailing)) continue;
    const personIds = group.map(({ context }) => context.person.id);
    const of = { eventId: event.event.id, personIds, data: mailing.data };
    told.set(key, await findToldJsons(db, mailing.template, of));
  }
  const seats = new Map<string, number | null>();
  const all: MailFacts[] = [];
  for (const { context, now } of mails) {
    const { mailing, person, event: about } = context;
    const facts = await loadOwnFacts(db, context, now);
    if (about && hasEventFacts(mailing)) {
      facts.toldJson = told.get(mailing.id)?.get(person.id) ?? null;
      if (saysSeats.has(mailing.template)) {
        const { event } = about;
        const left = seats.has(event.id) ? (seats.get(event.id) ?? null) : await countSeatsLeft(db, event);
        seats.set(event.id, left);
        facts.seatsLeft = left;
      }
    }
    all.push(facts);
  }
  return all;
}

const saysSeats: ReadonlySet<string> = new Set(['invitation', 'chase', 'personal_link']);

/** Whether a mail speaks of its event, and not of something else that happened there. */
function hasEventFacts({ template, data }: { template: string; data: unknown }): boolean {
  const { introductionId, pitchEventId } = data as { introductionId?: string; pitchEventId?: string };
  return template !== 'digest' && template !== 'office' && !introductionId && !pitchEventId;
}

async function loadOwnFacts(db: Db, context: MailContext, now: Date): Promise<MailFacts> {
  const { mailing, person, event: about } = context;
  const facts: MailFacts = {
    queuePlace: null,
    seatsLeft: null,
    elsewhere: false,
    history: [],
    next: null,
    guest: null,
    inviter: null,
    series: null,
    digest: null,
    introduction: null,
    afterwords: null,
    pitchNotes: null,
    toldJson: null,
    origin: null,
    held: null,
  };
  if (mailing.template === 'digest') return { ...facts, digest: await loadDigest(db, context) };
  if (mailing.template === 'office') {
    const { otherId } = mailing.data as { otherId?: string | null };
    return { ...facts, guest: otherId ? await findName(db, otherId) : null };
  }
  const { introductionId } = mailing.data as { introductionId?: string };
  if (introductionId)
    return {
      ...facts,
      introduction: await loadIntroduction(db, { introductionId, personId: person.id, now }),
    };
  const { pitchEventId: eventId, round } = mailing.data as { pitchEventId?: string; round?: number };
  if (eventId && round)
    return { ...facts, pitchNotes: await loadPitchNotes(db, { eventId, personId: person.id, round }) };
  if (!about) return facts;
  const { event, rsvp } = about;
  if (rsvp?.state === 'waitlisted') {
    facts.queuePlace = await findQueuePlace(db, event.id, person.id);
    const isOpen = event.format === 'hybrid' && now < closesAt(event);
    facts.elsewhere = isOpen && (await fitsElsewhere(db, event, rsvp));
  }
  switch (mailing.template) {
    case 'personal_link':
      facts.inviter = await findNamedInviter(db, about.invitation);
      break;
    case 'confirmation':
      facts.history = await findLatestHistory(db, event.id, person.id);
      break;
    case 'standing_yes':
      facts.history = await findLatestHistory(db, event.id, person.id);
      facts.series = await findRhythm(db, event);
      break;
    case 'guest_confirmed': {
      const { guestId } = mailing.data as { guestId?: string };
      facts.guest = guestId ? await findName(db, guestId) : null;
      break;
    }
    case 'thanks':
    case 'thanks_attended':
    case 'thanks_missed':
    case 'thanks_declined':
      facts.next =
        (await findNextEvent(db, { chapterId: event.chapterId, personId: person.id, now })) ?? null;
      facts.afterwords = await loadAfterwords(db, { eventId: event.id, personId: person.id });
      break;
  }
  return facts;
}

async function findLatestHistory(db: Db, eventId: string, personId: string) {
  return db
    .selectFrom('rsvpHistory')
    .select(['state', 'mode', 'guests', 'source'])
    .where('eventId', '=', eventId)
    .where('personId', '=', personId)
    .orderBy('id', 'desc')
    .limit(20)
    .execute();
}

/** The rhythm that an event belongs to; for a mail to look at, one that it could have. */
async function findRhythm(db: Db, event: Parameters<typeof planOf>[0] & { seriesId: string | null }) {
  const row = await db
    .selectFrom('series')
    .select(['rule', 'startsAtTime'])
    .where('id', '=', event.seriesId)
    .executeTakeFirst();
  if (row) return row;
  const { day, startsAtTime } = planOf(event);
  return { startsAtTime, rule: ruleOf(rhythmsOf(day).at(2) ?? 'weekly', day) ?? 'FREQ=WEEKLY' };
}

/**
 * The member whom a newcomer named. Her own words are not repeated: they may have been written to reach a third person's
 * mailbox. Nor is a name told to whoever wrote an address.
 */
async function findNamedInviter(
  db: Db,
  invitation: { invitedBy: string | null; invitedByPersonId: string | null } | null,
) {
  if (!invitation?.invitedByPersonId || invitation.invitedBy?.includes('@')) return null;
  return findName(db, invitation.invitedByPersonId);
}

async function findName(db: Db, personId: string) {
  const row = await db
    .selectFrom('people')
    .select(['firstName', 'lastName', 'phone'])
    .where('id', '=', personId)
    .executeTakeFirst();
  return row ?? null;
}

type Seated = { id: string; format: string; seatsRoom: number | null; seatsOnline: number | null };

/** Seats left of an event; of a hybrid one those in the room, which are the ones that run out. */
async function countSeatsLeft(db: Db, event: Seated): Promise<number | null> {
  return countFree(db, event, event.format === 'online' ? 'online' : 'room');
}

/** Whether there are seats for her whole party in the other way of taking part. */
async function fitsElsewhere(
  db: Db,
  event: Seated,
  rsvp: { mode: string; guests: number },
): Promise<boolean> {
  const free = await countFree(db, event, otherMode(rsvp.mode as Mode));
  return free === null || free > rsvp.guests;
}

async function countFree(db: Db, event: Seated, mode: Mode): Promise<number | null> {
  const seats = capacityOf(event, mode);
  if (seats === null) return null;
  const { taken } = await db
    .selectFrom('rsvps')
    .select(sql<number>`coalesce(sum(1 + guests), 0)::int`.as('taken'))
    .where('eventId', '=', event.id)
    .where('mode', '=', mode)
    .where('state', 'in', ['going', 'offered'])
    .executeTakeFirstOrThrow();
  return Math.max(0, seats - taken);
}

function seatsInAll(event: {
  format: string;
  seatsRoom: number | null;
  seatsOnline: number | null;
}): number | null {
  const offered = [
    ...(event.format === 'online' ? [] : [event.seatsRoom]),
    ...(event.format === 'in_person' ? [] : [event.seatsOnline]),
  ];
  return offered.every((seats) => seats !== null) ? offered.reduce((sum, seats) => sum + seats, 0) : null;
}

async function loadDigest(db: Db, context: MailContext): Promise<DigestFacts> {
  const { mailing } = context;
  const data = mailing.data as { variant: string; since?: string; who?: string; requestId?: string };
  if (data.variant === 'evening') {
    const ids = await findChangedEvents(
      db,
      mailing.chapterId as string,
      new Date(data.since ?? 0),
      mailing.dueAt,
    );
    const changed: DigestEvent[] = [];
    for (const { eventId, people } of ids) changed.push(await loadDigestEvent(db, eventId, people));
    return { changed, who: null, offered: null, newcomers: [], request: null };
  }
  if (data.variant === 'joining') {
    const request = data.requestId ? await findRequest(db, data.requestId) : undefined;
    return { changed: [], who: null, offered: null, newcomers: [], request: request ?? null };
  }
  const event = await loadDigestEvent(db, mailing.eventId as string, null);
  const who = data.who ? await findName(db, data.who) : null;
  const offered =
    data.variant === 'withdrawal'
      ? await db
          .selectFrom('rsvps')
          .innerJoin('people', 'people.id', 'rsvps.personId')
          .select(['people.firstName', 'people.lastName', 'rsvps.offerExpiresAt'])
          .where('rsvps.eventId', '=', mailing.eventId)
          .where('rsvps.state', '=', 'offered')
          .orderBy('rsvps.offerExpiresAt', 'desc')
          .executeTakeFirst()
      : undefined;
  return {
    changed: [event],
    who,
    offered: offered?.offerExpiresAt ? { ...offered, until: offered.offerExpiresAt } : null,
    request: null,
    newcomers: data.variant === 'newcomers' ? await listNewcomers(db, mailing.eventId as string) : [],
  };
}

async function findChangedEvents(db: Db, chapterId: string, since: Date, until: Date) {
  const rows = await db
    .selectFrom('rsvpHistory')
    .select(['eventId', 'personId'])
    .distinct()
    .where('chapterId', '=', chapterId)
    .where('at', '>', since)
    .where('at', '<=', until)
    .execute();
  const byEvent = Map.groupBy(rows, (row) => row.eventId);
  return [...byEvent].map(([eventId, people]) => ({ eventId, people: people.map((row) => row.personId) }));
}

/** Who comes, guests included; in one mode or in all. */
function headsOf(rows: readonly { state: string; mode: string; guests: number }[], mode?: Mode): number {
  return rows
    .filter((row) => row.state === 'going' && (mode === undefined || row.mode === mode))
    .reduce((sum, row) => sum + 1 + row.guests, 0);
}

/** An event's figures, and the answers of some people or of all. */
async function loadDigestEvent(db: Db, eventId: string, people: string[] | null): Promise<DigestEvent> {
  const event = await db.selectFrom('events').selectAll().where('id', '=', eventId).executeTakeFirstOrThrow();
  const rows = await db
    .selectFrom('rsvps')
    .innerJoin('people', 'people.id', 'rsvps.personId')
    .select(['people.id', 'people.firstName', 'people.lastName'])
    .select(['rsvps.state', 'rsvps.mode', 'rsvps.guests', 'rsvps.note'])
    .select((select) =>
      select
        .selectFrom('rsvpGuests')
        .whereRef('rsvpGuests.eventId', '=', 'rsvps.eventId')
        .whereRef('rsvpGuests.personId', '=', 'rsvps.personId')
        .select(sql<string[]>`coalesce(array_agg(rsvp_guests.name order by position), '{}')`.as('names'))
        .as('guestNames'),
    )
    .where('rsvps.eventId', '=', eventId)
    .orderBy(sql`people.first_name collate "it-x-icu"`)
    .orderBy(sql`people.last_name collate "it-x-icu"`)
    .execute();
  const wanted = people && new Set(people);
  return {
    ...event,
    seats: seatsInAll(event),
    going: headsOf(rows),
    byMode:
      event.format === 'hybrid'
        ? {
            room: { going: headsOf(rows, 'room'), seats: event.seatsRoom },
            online: { going: headsOf(rows, 'online'), seats: event.seatsOnline },
          }
        : null,
    waiting: rows.filter((row) => row.state === 'waitlisted').length,
    people: rows
      .filter((row) => wanted === null || wanted.has(row.id))
      .map((row) => ({
        name: `${row.firstName} ${row.lastName}`.trim(),
        state: row.state as RsvpState,
        mode: row.mode as Mode,
        guestNames: row.guestNames ?? [],
        note: row.note,
      })),
  };
}
