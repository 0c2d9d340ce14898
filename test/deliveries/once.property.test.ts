import fc from 'fast-check';
import { expect, test } from 'vitest';
import { claimDeliveries, recoverLeases } from '../../server/deliveries/ledger.ts';
import { runDueMailing } from '../../server/mailings/due.ts';
import { days, minutes } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';
import type { Verdict } from '../support/smtp-sink.ts';
import { useWorkers } from '../support/workers.ts';

const workers = useWorkers({
  now: '2026-11-02T09:00:00Z',
  senders: 2,
  leaseSeconds: 2,
  renewEveryMs: 300,
  recoverEveryMs: 100,
});

/** What the mail server does with one attempt. */
type Fate =
  | 'ok'
  | 'rcpt_450'
  | 'rcpt_550'
  | 'data_451'
  | 'dot_452'
  | 'dot_554'
  | 'drop_at_rcpt'
  | 'drop_at_data'
  | 'drop_in_body'
  | 'drop_after_dot'
  | 'keep_and_drop';

const fates: fc.Arbitrary<Fate[]> = fc.array(
  fc.constantFrom<Fate>(
    'ok',
    'ok',
    'rcpt_450',
    'rcpt_550',
    'data_451',
    'dot_452',
    'dot_554',
    'drop_at_rcpt',
    'drop_at_data',
    'drop_in_body',
    'drop_after_dot',
    'keep_and_drop',
  ),
  { maxLength: 14 },
);

/** A worker that dies with claims in hand: before the body, or with the phase `data` written down. */
const crashes = fc.array(fc.constantFrom('pre', 'data'), { maxLength: 2 });

test('each mail reaches her once, except for the one retry of what nobody can know', {
  timeout: 180_000,
}, async () => {
  const { deps, clock, sink } = workers;
  const chapter = await makeChapter(deps.db);
  const members = await makeMembers(deps.db, chapter.id, 5);

  await fc.assert(
    fc.asyncProperty(fates, crashes, fc.boolean(), async (plan, dying, forgetful) => {
      clock.set('2026-11-02T09:00:00Z');
      sink.clear();
      script(plan);
      const event = await makeEvent(deps, chapter.id, { startsAt: new Date(clock().getTime() + days(30)) });
      const invitation = await deps.db
        .selectFrom('mailings')
        .select(['id', 'revision'])
        .where('eventId', '=', event.id)
        .where('kind', '=', 'invitation')
        .executeTakeFirstOrThrow();
      // The alarm and the sweep may ring at the same moment, and twice.
      const job = { mailingId: invitation.id, revision: invitation.revision };
      const outcomes = await Promise.all([
        runDueMailing(deps, job),
        runDueMailing(deps, job),
        runDueMailing(deps, job),
      ]);
      expect(outcomes.filter((outcome) => outcome === 'sending')).toHaveLength(1);
      for (const phase of dying) await dieWithClaims(phase);

      // A mailing that was forgotten to have begun begins again: the ledger knows better.
      if (forgetful) {
        await deps.db
          .updateTable('mailings')
          .set({ state: 'planned' })
          .where('id', '=', invitation.id)
          .execute();
        await runDueMailing(deps, job);
      }

      for (let step = 0; step < 14; step += 1) {
        await workers.settle();
        clock.advance(step < 8 ? minutes(16) : days(0.5));
        await recoverLeases(deps.db, clock());
      }
      await new Promise((resolve) => setTimeout(resolve, dying.length > 0 ? 120 : 0));
      await workers.settle();
      clock.advance(minutes(16));
      await workers.settle();

      const ledger = await deps.db
        .selectFrom('deliveries')
        .innerJoin('people', 'people.id', 'deliveries.personId')
        .selectAll('deliveries')
        .select('people.email')
        .where('mailingId', '=', invitation.id)
        .execute();
      expect(ledger).toHaveLength(members.length + 1);
      for (const delivery of ledger) {
        const copies = sink.messages.filter((mail) => mail.header('X-Ritrovo-Delivery') === delivery.id);
        const said = `${delivery.state} ${delivery.unknownCauses.join(',')} ${delivery.response}`;
        expect(['sent', 'failed', 'unknown'], said).toContain(delivery.state);
        expect(copies.length, `copies of ${said}`).toBeLessThanOrEqual(
          1 + Math.min(1, delivery.unknownCauses.length),
        );
        if (delivery.state === 'sent') expect(copies.length, said).toBeGreaterThan(0);
        expect(delivery.unknownCauses.length, said).toBeLessThanOrEqual(2);
        for (const copy of copies) expect(copy.to.toLowerCase()).toBe(delivery.email?.toLowerCase());
        // A repeat is the same to the byte.
        if (copies.length === 2) expect(copies[1]!.raw.equals(copies[0]!.raw)).toBe(true);
      }
      const mailing = await deps.db
        .selectFrom('mailings')
        .select('state')
        .where('id', '=', invitation.id)
        .executeTakeFirstOrThrow();
      expect(mailing.state).toBe('done');
    }),
    { numRuns: 12 },
  );
});

function script(plan: readonly Fate[]): void {
  const queue = [...plan];
  // Several connections at once: each recipient's attempt has a fate of its own.
  const fateOf = new Map<string, Fate>();
  const answers = (to: string | undefined, at: Partial<Record<Fate, Verdict>>): Verdict =>
    at[fateOf.get(to ?? '') ?? 'ok'];
  workers.sink.hooks = {
    rcpt: (to) => {
      fateOf.set(to, queue.shift() ?? 'ok');
      return answers(to, { rcpt_450: 450, rcpt_550: 550, drop_at_rcpt: 'drop' });
    },
    data: (envelope) => answers(envelope.to[0], { data_451: 451, drop_at_data: 'drop' }),
    body: (_bytes, envelope) => (fateOf.get(envelope.to[0] ?? '') === 'drop_in_body' ? 'drop' : undefined),
    message: (mail) =>
      fateOf.get(mail.to) === 'keep_and_drop'
        ? 'keep_and_drop'
        : answers(mail.to, { dot_452: 452, dot_554: 554, drop_after_dot: 'drop' }),
  };
}

async function dieWithClaims(phase: string): Promise<void> {
  const { deps, clock } = workers;
  const claimed = await claimDeliveries(deps.db, { limit: 2, leaseSeconds: 0.05, now: clock() });
  if (phase === 'data' && claimed.length > 0) {
    await deps.db
      .updateTable('deliveries')
      .set({ phase: 'data' })
      .where(
        'id',
        'in',
        claimed.map((claim) => claim.id),
      )
      .execute();
  }
}
