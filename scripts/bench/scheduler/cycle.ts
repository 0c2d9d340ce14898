import type { Pool } from 'pg';
import { createDb } from '../../../server/db/database.ts';
import { loadMails, prepareMail } from '../../../server/deliveries/content.ts';
import {
  claimDeliveries,
  recoverLeases,
  renewLeases,
  settleDeliveries,
} from '../../../server/deliveries/ledger.ts';
import { enterDataPhase, findObjections, type Premises } from '../../../server/deliveries/recheck.ts';
import type { Deps } from '../../../server/deps.ts';
import { dueQueue } from '../../../server/jobs/alarm.ts';
import { createBoss } from '../../../server/jobs/boss.ts';
import {
  closeFinishedMailings,
  endEvents,
  runDueMailing,
  runOverdueMailings,
} from '../../../server/mailings/due.ts';
import { expireOffers } from '../../../server/rsvps/service.ts';

/** Names that step of the work whose statements follow. */
type Step = (name: string, work: () => Promise<unknown>) => Promise<void>;

/** All that a worker asks of the database from the alarm to the last word about a mail, and what it asks again and again. */
export async function runCycle(service: Deps, pool: Pool, eventId: string, step: Step): Promise<void> {
  const deps: Deps = { ...service, db: createDb(pool) };
  const { db } = deps;
  const boss = await createBoss(pool, { supervise: false });
  await boss.start();
  await step('alarm', () => boss.fetch(dueQueue, { batchSize: 20 }));
  await boss.stop({ graceful: false });
  const mailing = await service.db
    .selectFrom('mailings')
    .select(['id', 'revision'])
    .where('eventId', '=', eventId)
    .where('kind', '=', 'invitation')
    .executeTakeFirstOrThrow();
  await step('begin', () => runDueMailing(deps, { mailingId: mailing.id, revision: mailing.revision }));

  // Twice as often as PostgreSQL looks for a plan for one call: then it has settled on one for all.
  for (let round = 0; round < 12; round += 1) {
    const now = new Date();
    let claims: Awaited<ReturnType<typeof claimDeliveries>> = [];
    let premises: Premises[] = [];
    const last = round === 11;
    const each: Step = last ? step : async (_, work) => void (await work());
    await each('claim', async () => {
      claims = await claimDeliveries(db, { limit: 4, leaseSeconds: 60, now });
    });
    await each('load', async () => {
      const loaded = await loadMails(db, claims);
      const mails = await Promise.all(loaded.map((mail) => prepareMail(deps, mail)));
      premises = mails.flatMap((mail) => (mail.ok ? [mail.premises] : []));
    });
    if (premises.length !== 4) throw new Error(`a cycle of ${premises.length} mails`);
    await each('objections', () => findObjections(db, premises, now));
    await each('data phase', () => enterDataPhase(db, premises, now));
    await each('renew', () => renewLeases(db, claims, 60));
    const settlement = { kind: 'sent', response: '250 ok', messageId: '<x@y>' } as const;
    await each('settle', () =>
      settleDeliveries(
        db,
        claims.map((claim) => ({ claim, settlement })),
        now,
      ),
    );
  }
  await step('recover', () => recoverLeases(db, new Date()));
  await step('overdue', () => runOverdueMailings(deps));
  await step('close', () => closeFinishedMailings(deps));
  await step('offers', () => expireOffers(deps));
  await step('end events', () => endEvents(deps));
}
