import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Deps } from '../../server/deps.ts';

/** One of a kind, and several. */
const words: Record<string, [one: string, many: string]> = {
  invitation: ['invitation', 'invitations'],
  chase: ['reminder to one who has not answered', 'reminders to those who have not answered'],
  reminder: ['reminder to one who comes', 'reminders to those who come'],
  confirmation: ['confirmation', 'confirmations'],
  offer: ['offer of a seat', 'offers of a seat'],
  'digest list': ['list of who comes, to Anna', 'lists of who comes, to Anna'],
  'digest withdrawal': [
    'word to Anna that somebody gave up a seat',
    'words to Anna that somebody gave up a seat',
  ],
  thanks: ['thanks to one who had said yes', 'thanks to those who had said yes'],
  thanks_attended: ['thanks to one who came', 'thanks to those who came'],
  thanks_missed: ['note to one who was missed', 'notes to those who were missed'],
  thanks_declined: ['note to one who could not come', 'notes to those who could not come'],
};

/** Tells of an event's mails when they have reached the inbox: a mailing as a whole, mails to one person as they go. */
export function watchMailings(
  deps: Deps,
  eventId: string,
  tell: (line: string) => void,
): () => Promise<void> {
  const told = new Map<string, number>();
  let stopped = false;
  const look = async () => {
    for (const { what, count } of await countArrived(deps, eventId)) {
      const fresh = count - (told.get(what) ?? 0);
      if (fresh <= 0) continue;
      told.set(what, count);
      const [one, many] = words[what] ?? [what, what];
      tell(`→ inbox: ${fresh} ${fresh === 1 ? one : many}`);
    }
  };
  const watch = async () => {
    while (!stopped) {
      await look();
      await sleep(500);
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

async function countArrived(deps: Deps, eventId: string) {
  const result = await sql<{ what: string; count: number }>`
    select concat_ws(' ', m.kind, m.data ->> 'variant') as what, count(*)::int as count
    from deliveries d join mailings m on m.id = d.mailing_id
    where m.event_id = ${eventId} and d.state = 'sent' and (m.person_id is not null or m.state = 'done')
    group by what, m.person_id is not null
    order by min(d.sent_at)
  `.execute(deps.db);
  return result.rows;
}
