import type { FastifyBaseLogger } from 'fastify';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { type Mailbox, MailboxError, openMailbox } from './mailbox.ts';
import { TryLater } from './replies.ts';
import { largest } from './rules.ts';
import { type Needs, type Taken, takeIn } from './service.ts';

export type MailboxReader = { close(): Promise<void> };

export type MailboxReaderOptions = {
  url: string;
  /** How often the mailbox is looked at where the server does not tell; and whether it is our turn. */
  pollMs?: number;
  /** The first pause after a failure; it doubles up to a minute. */
  retryMs?: number;
};

/** A message that could not be taken so many times is left to a person. */
const tries = 3;

/**
 * Reads a mailbox in place of a mail server of one's own: what nobody has read there is taken as the listener takes what
 * is sent to it, and then marked as read. Of all workers one reads at a time; a crash between taking and marking
 * takes a message twice, which the service knows how to bear. No failure ends it.
 */
export function startMailboxReader(
  deps: Needs & Pick<Deps, 'figures'>,
  log: FastifyBaseLogger,
  { url, pollMs = 30_000, retryMs = 1_000 }: MailboxReaderOptions,
): MailboxReader {
  let stopping = false;
  let failures = 0;
  let wake = () => {};
  let open: Mailbox | null = null;
  const failed = new Map<number, number>();

  async function nap(ms: number): Promise<void> {
    if (stopping) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    wake = resolve;
    await promise;
    clearTimeout(timer);
  }

  async function live(): Promise<void> {
    while (!stopping) {
      try {
        await deps.db.connection().execute(async (held) => {
          if (await takesTurn(held)) await attend(held).finally(() => endTurn(held));
        });
        await nap(pollMs);
      } catch (error) {
        if (stopping) return;
        const ms = Math.min(60_000, retryMs * 2 ** Math.min(failures, 16));
        failures += 1;
        const reason = (error as Error).message;
        log.warn({ reason, seconds: Math.ceil(ms / 1000) }, 'the mailbox is not at hand; trying again');
        await nap(ms);
      }
    }
  }

  async function attend(held: Db): Promise<void> {
    const mailbox = await openMailbox(url);
    open = mailbox;
    failed.clear();
    try {
      log.info('reading the mailbox for inbound mail');
      while (!stopping) {
        await takeAll(mailbox, held);
        failures = 0;
        await mailbox.news(pollMs);
        if (!mailbox.isOpen && !stopping) throw new MailboxError('the server ended the connection');
      }
    } finally {
      open = null;
      await mailbox.close();
    }
  }

  async function takeAll(mailbox: Mailbox, held: Db): Promise<void> {
    for (const uid of await mailbox.unread()) {
      if (stopping) return;
      // Where this connection broke, it is somebody else's turn.
      await sql`select 1`.execute(held);
      const message = await mailbox.read(uid, largest);
      if (message === null) continue;
      if ('tooLarge' in message) {
        log.warn('a mail in the mailbox is too large for a report');
        await mailbox.mark(uid);
        continue;
      }
      const taken = await take(message.raw, uid);
      if (taken) {
        // A letter is for a person to read.
        await mailbox.mark(uid, taken === 'letter');
      } else if ((failed.get(uid) ?? 0) >= tries) {
        await mailbox.mark(uid, true);
      }
    }
  }

  async function take(raw: Buffer, uid: number): Promise<Taken | null> {
    try {
      // The last time, what DNS does not say is taken as not said.
      const isPatient = (failed.get(uid) ?? 0) < tries - 1;
      const taken = await takeIn(deps, null, raw, { isPatient });
      deps.figures.tookIn(taken);
      log.info({ taken }, 'a mail came in');
      return taken;
    } catch (error) {
      // Of a database that is away the message knows nothing.
      await sql`select 1`.execute(deps.db);
      failed.set(uid, (failed.get(uid) ?? 0) + 1);
      if (error instanceof TryLater) {
        log.warn({ reason: error.message }, 'a mail that came in has to wait');
      } else log.error({ err: error }, 'a mail that came in could not be taken');
      return null;
    }
  }

  const living = live();
  return {
    async close() {
      stopping = true;
      wake();
      await open?.close();
      await living;
    },
  };
}

const turn = sql`hashtextextended('ritrovo inbound mailbox', 0)`;

async function takesTurn(held: Db): Promise<boolean> {
  const { rows } = await sql<{ mine: boolean }>`select pg_try_advisory_lock(${turn}) as mine`.execute(held);
  return rows[0]?.mine === true;
}

/** A connection that broke has ended it already. */
async function endTurn(held: Db): Promise<void> {
  await sql`select pg_advisory_unlock(${turn})`.execute(held).catch(() => {});
}
