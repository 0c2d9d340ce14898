import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type SinkHooks, type SmtpSink, startSmtpSink } from '../../test/support/smtp-sink.ts';

/** A mail server with moods, and what lies in the mailboxes behind it. */
export type Mailboxes = {
  url: string;
  /** Copies by delivery: the hash of each, in the order of arrival. */
  copies: Map<string, string[]>;
  /** How often it did what. */
  moods: Record<string, number>;
  /** From now on it behaves. */
  calmDown(): void;
  close(): Promise<void>;
};

const moodsPerThousand = {
  rcpt_450: 10,
  rcpt_550: 1,
  data_451: 5,
  dot_452: 5,
  slow_dot: 10,
  drop_at_data: 5,
  drop_in_body: 5,
  drop_after_dot: 5,
  keep_and_drop: 5,
} as const;
type Mood = keyof typeof moodsPerThousand;

export async function openMailboxes(random: () => number): Promise<Mailboxes> {
  const copies = new Map<string, string[]>();
  const moods: Record<string, number> = {};
  let calm = false;
  const is = (mood: Mood) => {
    if (calm || random() * 1000 >= moodsPerThousand[mood]) return false;
    moods[mood] = (moods[mood] ?? 0) + 1;
    return true;
  };
  const hooks: SinkHooks = {
    rcpt() {
      if (is('rcpt_450')) return { code: 450, text: '4.2.0 greylisted' };
      return is('rcpt_550') ? { code: 550, text: '5.1.1 no such user' } : undefined;
    },
    data() {
      if (is('drop_at_data')) return 'drop';
      return is('data_451') ? 451 : undefined;
    },
    body: () => (is('drop_in_body') ? 'drop' : undefined),
    async message(mail) {
      if (is('dot_452')) return 452;
      if (is('drop_after_dot')) return 'drop';
      const id = mail.header('x-ritrovo-delivery') ?? 'none';
      copies.set(id, [...(copies.get(id) ?? []), createHash('sha256').update(mail.raw).digest('hex')]);
      if (is('keep_and_drop')) return 'keep_and_drop';
      // The mail is in the box, and its 250 is long in coming.
      if (is('slow_dot')) await sleep(200 + random() * 1500);
      return undefined;
    },
  };
  const sink: SmtpSink = await startSmtpSink({ hooks });
  // The texts themselves would fill the memory.
  const emptying = setInterval(() => sink.clear(), 1000);
  return {
    url: sink.url,
    copies,
    moods,
    calmDown() {
      calm = true;
    },
    close() {
      clearInterval(emptying);
      return sink.close();
    },
  };
}
