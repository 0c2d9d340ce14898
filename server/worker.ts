import type { FastifyBaseLogger } from 'fastify';
import type { PgBoss } from 'pg-boss';
import { forgetOldAnswers } from './api/idempotency.ts';
import { type Sender, type SenderOptions, startSender } from './deliveries/sender.ts';
import type { Deps } from './deps.ts';
import { planNewcomers } from './encounters/newcomers-digest.ts';
import { forgetPitchNotes, sendPitchNotes } from './followups/pitch-mails.ts';
import { removeOldImports, runImports } from './imports/jobs.ts';
import { askLater, forgetOldWishes, lapseIntroductions, sendIntroductions } from './introductions/sending.ts';
import { type DueJob, dueQueue } from './jobs/alarm.ts';
import { tellReturningGuests } from './joining/returning-guests.ts';
import { planDigests } from './mailings/digests.ts';
import { closeFinishedMailings, endEvents, runDueMailing, runOverdueMailings } from './mailings/due.ts';
import { removeSilentStrangers } from './people/strangers.ts';
import { runRetention } from './retention/service.ts';
import { expireOffers } from './rsvps/service.ts';
import { planHolidayQuestions } from './series/holiday-digest.ts';
import { makeDueDates, publishDueDates } from './series/service.ts';

export type Worker = { sender: Sender; tick(): Promise<void>; stop(): Promise<void> };

/**
 * What happens by itself: mailings that fall due, offers that run out, digests, and the sending of all of it.
 * The alarm wakes it to the half second; the sweeps find what an alarm forgot.
 */
export async function startWorker(
  deps: Deps,
  boss: PgBoss,
  log: FastifyBaseLogger,
  options: SenderOptions & {
    sweepEveryMs?: number;
    dueEveryMs?: number;
    offersEveryMs?: number;
    importsEveryMs?: number;
  },
): Promise<Worker> {
  const sender = startSender(deps, log, options);
  await boss.work<DueJob>(dueQueue, { pollingIntervalSeconds: 0.5, batchSize: 20 }, async (jobs) => {
    for (const job of jobs) {
      const mailing = job.data.mailingId;
      // One that fails holds up no other of its batch; the sweep finds it again.
      await runDueMailing(deps, job.data).then(
        (outcome) => log.info({ mailing, outcome }, 'a mailing fell due'),
        (error: unknown) => log.error({ err: error, mailing }, 'a mailing could not begin'),
      );
    }
  });

  const steps = [
    endEvents,
    makeDueDates,
    publishDueDates,
    runOverdueMailings,
    closeFinishedMailings,
    planDigests,
    planNewcomers,
    planHolidayQuestions,
    tellReturningGuests,
    sendIntroductions,
    lapseIntroductions,
    askLater,
    forgetOldWishes,
    sendPitchNotes,
    forgetPitchNotes,
    removeSilentStrangers,
    forgetOldAnswers,
    removeOldImports,
    async () => {
      const did = await runRetention(deps);
      if (did) log.info({ did }, 'what had had its time is gone');
    },
  ];
  const sweep = async () => {
    const failures: unknown[] = [];
    for (const step of steps) await step(deps).catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, 'parts of a sweep failed');
  };
  const loops = [
    loop(options.sweepEveryMs ?? 60_000, sweep, log),
    // The queue looks twice a second at best; this is one look at an index, and a mailing that is due begins sooner.
    loop(options.dueEveryMs ?? 250, () => runOverdueMailings(deps), log),
    loop(options.offersEveryMs ?? 2_000, () => expireOffers(deps), log),
    // She who started one waits before the page that counts its lines.
    loop(options.importsEveryMs ?? 1_000, () => runImports(deps, { batches: 20 }), log),
  ];

  return {
    sender,
    async tick() {
      await expireOffers(deps);
      await runImports(deps);
      await sweep();
      await sender.drain();
      await closeFinishedMailings(deps);
      await deps.figures.flush();
    },
    async stop() {
      for (const stopLoop of loops) await stopLoop();
      await boss.offWork(dueQueue, { wait: true });
      await sender.stop();
    },
  };
}

/** Does a piece of work again and again, never twice at once. A failure is logged, and the next turn tries again. */
function loop(ms: number, work: () => Promise<unknown>, log: FastifyBaseLogger): () => Promise<void> {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const turn = async () => {
    try {
      await work();
    } catch (error) {
      log.error({ err: error }, 'a sweep failed; the next one tries again');
    }
    if (!stopped) timer = setTimeout(start, ms);
  };
  const start = () => {
    running = turn();
  };
  start();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}
