import { setTimeout as sleep } from 'node:timers/promises';
import type { Place } from './place.ts';

/** How long an event's invitation took from its beginning until the last of its mails was written down as sent, in seconds. */
export async function sent({ deps }: Place, eventId: string): Promise<number> {
  for (;;) {
    const mailing = await deps.db
      .selectFrom('mailings')
      .select(['id', 'state', 'startedAt'])
      .where('eventId', '=', eventId)
      .where('kind', '=', 'invitation')
      .executeTakeFirstOrThrow();
    if (mailing.state === 'done' && mailing.startedAt) {
      const { last, count } = await deps.db
        .selectFrom('deliveries')
        .select((select) => [select.fn.max('sentAt').as('last'), select.fn.countAll<number>().as('count')])
        .where('mailingId', '=', mailing.id)
        .where('state', '=', 'sent')
        .executeTakeFirstOrThrow();
      if (!last || count === 0) throw new Error('nothing was sent');
      return (last.getTime() - mailing.startedAt.getTime()) / 1000;
    }
    await sleep(200);
  }
}
