import type { Db } from '../../server/db/database.ts';
import type { Deps } from '../../server/deps.ts';
import { answerIntroduction, askToIntroduce } from '../../server/introductions/service.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { makeEvent } from '../support/factories.ts';

type Person = { id: string };

/** An evening that is over, with those who were there, all seen by name unless said otherwise. */
export async function makeEvening(
  deps: Deps,
  chapterId: string,
  people: readonly Person[],
  options: { unseen?: readonly Person[]; absent?: readonly Person[]; startsAt?: Date; title?: string } = {},
) {
  const startsAt = options.startsAt ?? new Date(deps.clock().getTime() + 3_600_000);
  const event = await makeEvent(deps, chapterId, {
    title: options.title ?? 'Aperitivo di novembre',
    startsAt,
    endsAt: new Date(startsAt.getTime() + 7_200_000),
  });
  for (const person of people) {
    const visible = !options.unseen?.includes(person);
    await answerInvitation(deps, {
      eventId: event.id,
      personId: person.id,
      answer: 'yes',
      visible,
      source: 'link',
    });
    if (!options.absent?.includes(person)) await setPresent(deps.db, event, person.id, deps.clock());
  }
  return event;
}

/** That she was there, as somebody at the door would note it. */
export async function setPresent(
  db: Db,
  event: { id: string; chapterId: string },
  personId: string,
  recordedAt: Date,
): Promise<void> {
  await db
    .insertInto('attendance')
    .values({ eventId: event.id, chapterId: event.chapterId, personId, mode: 'room', recordedAt })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

type Member = Person & { linkEpoch: number };

/** Introductions by hand in each state that one of the two can find hers in; of each, hers first. */
export async function makeIntroductions(
  deps: Deps,
  chapter: { id: string; coordinator: Person },
  people: readonly Member[],
): Promise<{ state: 'asked' | 'agreed' | 'over' | 'told' | 'later'; id: string; pair: [Member, Member] }[]> {
  const [hers, ...others] = people;
  const made = [];
  for (const [at, state] of (['asked', 'agreed', 'over', 'told', 'later'] as const).entries()) {
    const other = others[at];
    if (!hers || !other) throw new Error('six people are needed');
    const asked = await askToIntroduce(deps, {
      chapterId: chapter.id,
      personIds: [hers.id, other.id],
      words: 'Tutte e due cercate uno studio in centro, due giorni a settimana.',
      byId: chapter.coordinator.id,
      actor: { kind: 'person', id: chapter.coordinator.id },
    });
    if (!asked.ok) throw new Error(asked.reason);
    const { introductionId: id } = asked;
    const says = (personId: string, yes: boolean) =>
      answerIntroduction(deps, { introductionId: id, personId, yes, contacts: ['email'] });
    if (state !== 'asked') await says(hers.id, state !== 'over');
    if (state === 'told' || state === 'later') {
      await says(other.id, true);
      // As the step does once the hour is over; no worker runs where these are looked at.
      await deps.db
        .updateTable('introductions')
        .set({ mailedAt: deps.clock() })
        .where('id', '=', id)
        .execute();
    }
    if (state === 'later')
      await deps.db
        .updateTable('introductionSides')
        .set({ askedLaterAt: deps.clock(), outcome: 'friendship' })
        .where('introductionId', '=', id)
        .execute();
    made.push({ state, id, pair: [hers, other] as [Member, Member] });
  }
  return made;
}
