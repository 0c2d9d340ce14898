import type { Deps } from '../../server/deps.ts';
import { bolognaClock } from './calendar.ts';
import type { Cast } from './context.ts';

type Addresses = { site: string; inbox: string; signIn: string };

/** What the person at the terminal reads: where everything is, and three things to try. */
export async function banner(deps: Deps, cast: Cast, { site, inbox, signIn }: Addresses): Promise<string> {
  const thanks = await nextThanks(deps, cast);
  return `
Ritrovo is running. Ctrl-C stops it; everything is kept for the next start.

  Site    ${site}/c/bologna
  Inbox   ${inbox}
  Desk    ${signIn}
          (signs Anna in, once; this start's link)

Try:
  1. In the inbox, find Valentina's invitation, tap "Ci sarò", and read the confirmation that comes back.
  2. At the desk, open "Aperitivo di rete" and say no for Silvia, who phoned: the three seats are offered to Marta.
  3. Open "Raccontarsi in un minuto", tick off who else came yesterday and say that it is complete${thanks ? `:\n     the thanks leave at ${bolognaClock(thanks)}, a different one to each` : ''}.
`;
}

/** When the thanks for yesterday leave, while they have not. */
async function nextThanks(deps: Deps, cast: Cast): Promise<Date | null> {
  const row = await deps.db
    .selectFrom('mailings')
    .select('dueAt')
    .where('chapterId', '=', cast.chapterId)
    .where('kind', '=', 'thanks_attended')
    .where('state', '=', 'planned')
    .where('dueAt', '<', new Date(deps.clock().getTime() + 3_600_000))
    .orderBy('dueAt')
    .executeTakeFirst();
  return row?.dueAt ?? null;
}
