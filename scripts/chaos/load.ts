import type { Deps } from '../../server/deps.ts';
import { createEvent, publishEvent } from '../../server/events/service.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';

const actor = { kind: 'system' } as const;
const day = 86_400_000;

/** A network with one chapter of so many members. */
export async function makeNetwork({ db, clock }: Deps, members: number): Promise<string> {
  return db.transaction().execute(async (trx) => {
    await trx.insertInto('networks').values({ name: 'Rete' }).execute();
    const { id } = await trx
      .insertInto('chapters')
      .values({
        slug: 'bologna',
        name: 'Bologna',
        timeZone: 'Europe/Rome',
        quietFrom: '00:00',
        quietUntil: '00:00',
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const people = await trx
      .insertInto('people')
      .values(
        Array.from({ length: members }, (_, number) => ({
          email: `socia${number}@example.org`,
          firstName: `Socia${number}`,
          lastName: 'Prova',
          source: 'chaos',
        })),
      )
      .returning('id')
      .execute();
    await trx
      .insertInto('memberships')
      .values(
        people.map((person, number) => ({
          chapterId: id,
          personId: person.id,
          role: number === 0 ? 'coordinator' : 'member',
          source: 'chaos',
          startsAt: new Date(clock().getTime() - day),
        })),
      )
      .execute();
    return id;
  });
}

/** An event is published: everybody is invited. It is far enough ahead that nothing else of it falls due. */
export async function publishOne(deps: Deps, chapterId: string, title: string): Promise<string> {
  const startsAt = new Date(deps.clock().getTime() + 300 * day);
  const made = await createEvent(
    deps,
    chapterId,
    {
      title,
      format: 'in_person',
      timeZone: 'Europe/Rome',
      startsAt,
      endsAt: new Date(startsAt.getTime() + 7_200_000),
      seatsRoom: 20,
    },
    actor,
  );
  if (!made.ok) throw new Error(JSON.stringify(made));
  await publishEvent(deps, made.event.id, { actor });
  return made.event.id;
}

/** Somebody who is invited says yes: a confirmation, or her place in the line. */
export async function answerOne(deps: Deps, eventId: string, random: () => number): Promise<void> {
  const invited = await deps.db
    .selectFrom('invitations')
    .select('personId')
    .where('eventId', '=', eventId)
    .execute();
  const one = invited[Math.floor(random() * invited.length)];
  if (!one) return;
  await answerInvitation(deps, { eventId, personId: one.personId, answer: 'yes', source: 'link' });
}
