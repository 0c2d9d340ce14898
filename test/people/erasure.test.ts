import { beforeAll, describe, expect, it } from 'vitest';
import { addMember } from '../../server/chapters/service.ts';
import { claimDeliveries, settleDelivery } from '../../server/deliveries/ledger.ts';
import type { Deps } from '../../server/deps.ts';
import { createSession } from '../../server/organizers/sessions.ts';
import { erasePerson } from '../../server/people/erasure.ts';
import { exportPerson } from '../../server/people/export.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { testClock } from '../support/clock.ts';
import { useDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

const database = useDatabase();
const clock = testClock('2026-11-10T09:00:00Z');
const cli = { kind: 'cli' } as const;
let deps: Deps;

beforeAll(() => {
  deps = testDeps(database.db, clock);
});

const answer = (eventId: string, personId: string, yes: 'yes' | 'no' = 'yes', more: object = {}) =>
  answerInvitation(deps, { eventId, personId, answer: yes, source: 'link', ...more });
const stateOf = async (eventId: string, personId: string) =>
  (
    await deps.db
      .selectFrom('rsvps')
      .select('state')
      .where('eventId', '=', eventId)
      .where('personId', '=', personId)
      .executeTakeFirst()
  )?.state;

describe('erasing a person', () => {
  it('frees her seat for the next in line, who is told; she is not', async () => {
    const chapter = await makeChapter(deps.db);
    const [anna, bea] = [
      await makeMember(deps.db, chapter.id, { firstName: 'Anna' }),
      await makeMember(deps.db, chapter.id, { firstName: 'Bea' }),
    ];
    const event = await makeEvent(deps, chapter.id, { seatsRoom: 1 });
    await answer(event.id, anna.id);
    await answer(event.id, bea.id);
    const mails = async (personId: string) =>
      (
        await deps.db
          .selectFrom('deliveries')
          .select(['kind', 'state'])
          .where('personId', '=', personId)
          .orderBy('id')
          .execute()
      ).map((row) => `${row.kind} ${row.state}`);
    await erasePerson(deps, anna.id, cli);
    expect(await stateOf(event.id, anna.id)).toBe('withdrawn');
    expect(await stateOf(event.id, bea.id)).toBe('offered');
    expect(await mails(anna.id)).toEqual(['confirmation suppressed']);
    expect(await mails(bea.id)).toContain('offer queued');
  });

  it('cuts off her links and stops what a sender has in its hands, whose answer is not written down', async () => {
    const chapter = await makeChapter(deps.db);
    const anna = await makeMember(deps.db, chapter.id, { firstName: 'Anna' });
    const event = await makeEvent(deps, chapter.id);
    await deps.db.updateTable('deliveries').set({ nextAttemptAt: null }).execute();
    await answer(event.id, anna.id);
    const [claim] = await claimDeliveries(deps.db, { limit: 10, leaseSeconds: 30, now: clock() });
    await deps.db.updateTable('deliveries').set({ phase: 'data' }).where('id', '=', claim!.id).execute();
    await erasePerson(deps, anna.id, cli);
    const kept = await settleDelivery(
      deps.db,
      claim!,
      { kind: 'sent', response: '250 ok for anna', messageId: 'm' },
      clock(),
    );
    expect(kept).toBe(false);
    const row = await deps.db
      .selectFrom('deliveries')
      .selectAll()
      .where('id', '=', claim!.id)
      .executeTakeFirstOrThrow();
    expect(row).toMatchObject({ state: 'unknown', reason: 'erased', response: null, nextAttemptAt: null });
    const invitation = await deps.db
      .selectFrom('invitations')
      .innerJoin('people', 'people.id', 'personId')
      .select('linkEpoch')
      .where('personId', '=', anna.id)
      .executeTakeFirstOrThrow();
    expect(invitation.linkEpoch).toBe(2);
  });

  it('lets no answer through that comes at the same moment', async () => {
    const chapter = await makeChapter(deps.db);
    const event = await makeEvent(deps, chapter.id, { draft: true });
    for (let round = 0; round < 8; round += 1) {
      const anna = await makeMember(deps.db, chapter.id, { firstName: `Anna${round}` });
      const open = await makeEvent(deps, chapter.id, { guestsAllowed: 2 });
      await Promise.all([
        answer(open.id, anna.id, 'yes', { note: 'una nota', guests: [{ name: 'Ugo' }] }),
        erasePerson(deps, anna.id, cli),
        answer(open.id, anna.id, 'yes', { note: 'altra nota' }),
      ]);
      const rsvp = await deps.db
        .selectFrom('rsvps')
        .select(['state', 'note'])
        .where('eventId', '=', open.id)
        .where('personId', '=', anna.id)
        .executeTakeFirst();
      expect(rsvp?.note ?? null).toBeNull();
      expect(['withdrawn', undefined]).toContain(rsvp?.state);
      expect(await answer(open.id, anna.id)).toEqual({ ok: false, reason: 'not_invited' });
    }
    expect(event.state).toBe('draft');
  });

  it('keeps a hash, so that her address does not come back with a list', async () => {
    const chapter = await makeChapter(deps.db);
    const anna = await makeMember(deps.db, chapter.id, { firstName: 'Anna', email: 'anna.via@example.org' });
    await erasePerson(deps, anna.id, cli);
    const again = await addMember(
      deps,
      chapter.id,
      { email: 'anna.via@example.org', firstName: 'Anna' },
      { actor: cli, source: 'test' },
    );
    expect(again).toEqual({ ok: false, reason: 'address_erased' });
    expect(await erasePerson(deps, anna.id, cli)).toEqual({ ok: false, reason: 'not_found' });
  });

  it('is refused for the last administrator of the network; of the last two at the same moment one stays', async () => {
    const chapter = await makeChapter(deps.db);
    const people = [
      await makeMember(deps.db, chapter.id, { firstName: 'Ada' }),
      await makeMember(deps.db, chapter.id, { firstName: 'Ida' }),
    ];
    for (const { id } of people)
      await deps.db.insertInto('networkAdministrators').values({ personId: id }).execute();
    const outcomes = await Promise.all(people.map(({ id }) => erasePerson(deps, id, cli)));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    expect(outcomes.find(({ ok }) => !ok)).toEqual({ ok: false, reason: 'last_administrator' });
    expect(await deps.db.selectFrom('networkAdministrators').selectAll().execute()).toHaveLength(1);
  });

  it('is refused for the last coordinator of a chapter, and changes nothing', async () => {
    const chapter = await makeChapter(deps.db);
    const refused = await erasePerson(deps, chapter.coordinator.id, cli);
    expect(refused).toEqual({ ok: false, reason: 'last_coordinator', chapters: [chapter.slug] });
    expect((await exportPerson(deps.db, chapter.coordinator.id)).person.firstName).toBe('Anna');
  });

  it('of both coordinators at the same moment leaves one', async () => {
    const chapter = await makeChapter(deps.db);
    const marta = await addMember(
      deps,
      chapter.id,
      { email: 'marta.due@example.org', firstName: 'Marta', role: 'coordinator' },
      { actor: cli, source: 'test' },
    );
    if (!marta.ok) throw new Error(marta.reason);
    const outcomes = await Promise.all(
      [chapter.coordinator.id, marta.person.id].map((id) => erasePerson(deps, id, cli)),
    );
    expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(1);
    expect(outcomes.find((outcome) => !outcome.ok)).toMatchObject({ reason: 'last_coordinator' });
  });
});

describe('exporting a person', () => {
  it('tells all that is held of her, and no secret', async () => {
    const chapter = await makeChapter(deps.db, { slug: 'esporta' });
    const anna = await makeMember(deps.db, chapter.id, {
      firstName: 'Anna',
      email: 'anna.export@example.org',
    });
    const event = await makeEvent(deps, chapter.id, { guestsAllowed: 1 });
    await answer(event.id, anna.id, 'yes', { note: 'Vegetariana', guests: [{ name: 'Ugo' }] });
    const secret = await createSession(deps.db, anna.id, clock());
    const all = await exportPerson(deps.db, anna.id);
    expect(all).toMatchObject({
      person: { email: 'anna.export@example.org', firstName: 'Anna' },
      memberships: [{ chapter: 'esporta', role: 'member', endsAt: null }],
      events: [
        {
          title: 'Aperitivo di rete',
          state: 'going',
          note: 'Vegetariana',
          guests: [{ name: 'Ugo' }],
          presentMode: null,
        },
      ],
      answers: [{ state: 'going', guests: 1, source: 'link' }],
      mails: [{ kind: 'confirmation', state: 'queued' }],
      signIns: { links: [], sessions: [{ endedAt: null }] },
    });
    const text = JSON.stringify(all);
    expect(text).not.toContain(secret);
    expect(text).not.toMatch(/hash/i);
  });
});
