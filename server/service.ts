import { setTimeout } from 'node:timers/promises';
import { buildApp } from './app.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { openDatabase } from './db/open.ts';
import { migrate } from './db/upgrade.ts';
import { createBoss } from './jobs/boss.ts';
import { createSetUpLink } from './network/first-run.ts';
import { loadSecretKeys } from './secrets.ts';
import type { Worker } from './worker.ts';

export type Service = {
  publicUrl: string;
  inboxUrl: string | null;
  /**
   * Lets what is in flight come to its end. A web process first says that it is not ready, and goes on answering for
   * `drainSeconds`: whoever is in front learns of it before the port closes.
   */
  stop(): Promise<void>;
};

/** Starts web, workers or both, after the migrations. */
export async function startService(config: Config): Promise<Service> {
  const log = (message: string) => console.error(message);
  const database = await openDatabase(config, log);
  const undo: (() => Promise<void>)[] = [() => database.close()];
  let drain = async () => {};
  const stop = async () => {
    const drained = drain();
    drain = () => drained;
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    await migrate(database.url);
    const app = await buildApp({
      config,
      databaseUrl: database.url,
      secretKeys: await loadSecretKeys(config),
      clock: systemClock,
    });
    undo.push(async () => {
      // Workers end while this still answers.
      await drain();
      await app.close();
    });
    const { server, deps, pool } = app;
    if (config.role !== 'worker') {
      await server.listen({ host: config.host, port: config.port });
      drain = async () => {
        server.draining.begun = true;
        await setTimeout(config.drainSeconds * 1000);
      };
      const setUp = await createSetUpLink(deps);
      if (setUp) log(`Nothing is set up here yet. This link leads through it, once: ${setUp}`);
      // Whoever waited for the start is answered before the workers' part is loaded.
      if (config.role === 'all') await setTimeout(300);
    } else {
      await server.ready();
    }

    let inboxUrl: string | null = null;
    if (config.role !== 'web') {
      let smtpUrl = config.smtpUrl;
      if (!smtpUrl) {
        const { openInbox } = await import('./mail/inbox.ts');
        const inbox = await openInbox(config.dataDir);
        undo.push(() => inbox.close());
        smtpUrl = inbox.smtpUrl;
        inboxUrl = inbox.webUrl;
        server.log.warn(
          `SMTP_URL is not set: mails go to the local inbox at ${inbox.webUrl} and to nobody else`,
        );
      }
      const { startWorker } = await import('./worker.ts');
      const boss = await createBoss(pool, { supervise: true });
      boss.on('error', (error) => server.log.error({ err: error }, 'the queue failed'));
      await boss.start();
      undo.push(() => boss.stop({ graceful: false }));
      const worker: Worker = await startWorker(deps, boss, server.log, {
        smtpUrl,
        connections: config.mailConnections,
        rate: config.mailRate,
        dailyLimit: config.mailDailyLimit,
      });
      undo.push(() => worker.stop());
      server.log.info('the workers are at work');
      if (config.inboundSmtpPort !== null) {
        const { startListener } = await import('./inbound/listener.ts');
        const listener = await startListener(deps, server.log, {
          port: config.inboundSmtpPort,
          host: config.host,
        });
        undo.push(() => listener.close());
      }
      if (config.inboundImapUrl !== null) {
        const { startMailboxReader } = await import('./inbound/mailbox-reader.ts');
        const reader = startMailboxReader(deps, server.log, { url: config.inboundImapUrl });
        undo.push(() => reader.close());
      }
    }
    return { publicUrl: config.publicUrl, inboxUrl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
