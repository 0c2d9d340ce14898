import { addWalkIn, completeAttendance, markPresent } from '../../server/attendance/service.ts';
import type { Actor } from '../../server/audit.ts';
import { addMember, createChapter } from '../../server/chapters/service.ts';
import type { Deps } from '../../server/deps.ts';
import { createEvent, publishEvent } from '../../server/events/service.ts';
import { endEvents } from '../../server/mailings/due.ts';
import type { TimelineRule } from '../../server/mailings/timing.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { bolognaTime } from './calendar.ts';
import { at, type Cast, idOf, must } from './context.ts';
import { type PastEvent, pastEvents } from './past-events.ts';
import { addressOf, chapter, coordinator, type DemoPerson, type Name, network, people } from './people.ts';
import { isSeen, tellOfThemselves } from './told.ts';

const day = 86_400_000;
const cli: Actor = { kind: 'cli' };

/** When the thanks for yesterday leave: late enough to see to the list before, soon enough to see them leave. */
export function thanksMoment(now: Date): Date {
  const five = 5 * 60_000;
  return new Date(Math.ceil((now.getTime() + 15 * 60_000) / five) * five);
}

/**
 * The network, its people and what they did together, told through the use cases with the clock of those days. Nobody
 * has an address while the past is told: no mail of the past can leave now, and the ledger says of none that it was
 * sent. The thanks for yesterday are the first ones that Ritrovo writes.
 */
export async function tellThePast(deps: Deps, now: Date): Promise<Cast> {
  const cast = await gather(at(deps, new Date(now.getTime() - 400 * day)));
  await tellOfThemselves(at(deps, new Date(now.getTime() - 300 * day)), cast);
  await Promise.all(pastEvents.map((event) => relive(deps, cast, event, now)));
  await endEvents(at(deps, now));
  await giveAddresses(deps, cast);
  return cast;
}

async function gather(deps: Deps): Promise<Cast> {
  await deps.db.insertInto('networks').values(network).execute();
  const nameless = (person: DemoPerson) => ({ ...person, email: null });
  const [first, ...others] = people;
  const made = must(await createChapter(deps, chapter, nameless(first), cli));
  const ids = new Map<Name, string>([[first.firstName, made.coordinator]]);
  for (const person of others) {
    const member = must(
      await addMember(deps, made.chapter.id, nameless(person), { actor: cli, source: 'import' }),
    );
    ids.set(person.firstName, member.person.id);
  }
  // Anna looks after the network as well: its pages are hers to see.
  const createdAt = deps.clock();
  await deps.db
    .insertInto('networkAdministrators')
    .values({ personId: made.coordinator, createdAt })
    .execute();
  return { chapterId: made.chapter.id, ids };
}

async function relive(deps: Deps, cast: Cast, past: PastEvent, now: Date): Promise<void> {
  const startsAt = bolognaTime(now, -past.daysAgo, past.from);
  const endsAt = bolognaTime(now, -past.daysAgo, past.until);
  const publishedAt = bolognaTime(now, -past.daysAgo - 12, '20:40');
  const anna: Actor = { kind: 'person', id: idOf(cast, coordinator) };
  const then = at(deps, publishedAt);
  const { event } = must(
    await createEvent(
      then,
      cast.chapterId,
      {
        title: past.title,
        description: past.description,
        format: past.format,
        timeZone: chapter.timeZone,
        startsAt,
        endsAt,
        venueName: past.venueName ?? null,
        venueAddress: past.venueAddress ?? null,
        joinUrl: past.joinUrl ?? null,
        [past.format === 'online' ? 'seatsOnline' : 'seatsRoom']: past.seats,
      },
      anna,
      past.complete ? [] : thanksAt(thanksMoment(now), endsAt),
    ),
  );
  must(await publishEvent(then, event.id, { actor: anna }));

  const answers = [
    ...(past.withdrew ? [{ who: past.withdrew, answer: 'yes' as const }] : []),
    ...past.going.map((who) => ({ who, answer: 'yes' as const })),
    ...past.declined.map((who) => ({ who, answer: 'no' as const })),
  ];
  const spread = (startsAt.getTime() - 2 * day - publishedAt.getTime()) / answers.length;
  const say = async (who: Name, answer: 'yes' | 'no', moment: Date) =>
    must(
      await answerInvitation(at(deps, moment), {
        eventId: event.id,
        personId: idOf(cast, who),
        answer,
        ...(answer === 'yes' && { visible: isSeen(who) }),
        source: 'link',
      }),
    );
  for (const [index, { who, answer }] of answers.entries()) {
    await say(who, answer, new Date(publishedAt.getTime() + (index + 0.5) * spread));
  }
  if (past.withdrew) await say(past.withdrew, 'no', new Date(startsAt.getTime() - 3 * 3_600_000));
  await tickOff(deps, cast, past, { id: event.id, startsAt, endsAt }, anna);
}

/** Who came, as far as the coordinator got with the list. */
async function tickOff(
  deps: Deps,
  cast: Cast,
  past: PastEvent,
  event: { id: string; startsAt: Date; endsAt: Date },
  anna: Actor,
): Promise<void> {
  const mode = past.format === 'online' ? 'online' : 'room';
  const door = at(deps, new Date(event.startsAt.getTime() + 10 * 60_000));
  for (const who of past.present) {
    must(await markPresent(door, { eventId: event.id, personId: idOf(cast, who), mode }, anna));
  }
  for (const name of past.walkIns ?? []) {
    must(await addWalkIn(door, { eventId: event.id, name, email: null, mode }, anna));
  }
  if (past.complete) {
    const later = at(deps, new Date(event.endsAt.getTime() + 3_600_000));
    must(await completeAttendance(later, { eventId: event.id, mode }, anna));
  }
}

/** One of the four thanks for each, at one exact moment. */
function thanksAt(moment: Date, endsAt: Date): TimelineRule[] {
  const offset = `PT${Math.round((moment.getTime() - endsAt.getTime()) / 1000)}S`;
  const rule = (kind: TimelineRule['kind'], audience: TimelineRule['audience']) =>
    ({ kind, anchor: 'end', offset, audience }) as const;
  return [
    rule('thanks', 'going'),
    rule('thanks_attended', 'attended'),
    rule('thanks_missed', 'missed'),
    rule('thanks_declined', 'declined'),
  ];
}

async function giveAddresses(deps: Deps, cast: Cast): Promise<void> {
  for (const person of people as readonly (DemoPerson & { firstName: Name })[]) {
    await deps.db
      .updateTable('people')
      .set({ email: addressOf(person), phone: person.phone ?? null, form: person.form ?? null })
      .where('id', '=', idOf(cast, person.firstName))
      .execute();
  }
}
