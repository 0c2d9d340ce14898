import { setTimeout as sleep } from 'node:timers/promises';
import type { Deps } from '../../server/deps.ts';

const words: Record<string, string> = {
  invitation: 'invitations',
  chase: 'friendly reminders to those who have not answered',
  reminder: 'reminders to those who come',
  confirmation: 'confirmations, each with a calendar entry',
  offer: 'offers of a seat',
  digest: 'notices to the coordinator',
  thanks: 'thanks to those who had said yes',
  thanks_attended: 'thanks to those who came',
  thanks_missed: 'notes to those who were missed',
  thanks_declined: 'notes to those who could not come',
};

/** Tells of an event's mails when they have reached the inbox, kind by kind. */
export function watchMailings(
  deps: Deps,
  eventId: string,
  tell: (line: string) => void,
): () => Promise<void> {
  const told = new Map<string, number>();
  let stopped = false;
  const look = async () => {
    const rows = await deps.db
      .selectFrom('deliveries')
      .select(['kind', (select) => select.fn.countAll<number>().as('count')])
      .where('eventId', '=', eventId)
      .where('state', '=', 'sent')
      .groupBy('kind')
      .execute();
    for (const { kind, count } of rows) {
      const fresh = Number(count) - (told.get(kind) ?? 0);
      if (fresh <= 0) continue;
      told.set(kind, Number(count));
      tell(`→ ${fresh} ${words[kind] ?? kind} in the inbox`);
    }
  };
  const watch = async () => {
    while (!stopped) {
      await look();
      // Long enough for one kind to leave as a whole.
      await sleep(1500);
    }
    await look();
  };
  // A database that stops under us ends the watching, and nothing else.
  const running = watch().catch(() => {});
  return async () => {
    stopped = true;
    await running;
  };
}
