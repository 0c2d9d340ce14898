import type { Trx } from '../db/database.ts';
import { type ContactKind, sendsAt } from './rules.ts';
import {
  dropWishes,
  keepWishes,
  listMeetable,
  listWished,
  lockLiving,
  lockPairs,
  meetWishes,
} from './wish-queries.ts';

/**
 * Keeps whom she would like to meet again after an event, in place of what she wished before. Where two wishes meet, an
 * introduction is made, which leaves an hour later; nothing that anybody can see changes until then. Whom she is not
 * offered, and with whom she was introduced already, she cannot wish for: that part of a form says nothing.
 */
export async function saveWishes(
  trx: Trx,
  wish: {
    eventId: string;
    chapterId: string;
    personId: string;
    wished: readonly string[];
    contacts: readonly ContactKind[];
    now: Date;
  },
): Promise<void> {
  const { eventId, chapterId, personId, contacts, now } = wish;
  const meetable = await listMeetable(trx, { eventId, chapterId, personId });
  const offered = meetable.filter(({ isIntroduced }) => !isIntroduced).map(({ id }) => id);
  const asked = offered.filter((id) => wish.wished.includes(id));
  const before = await listWished(trx, { eventId, personId, among: offered });
  const touched = [...new Set([...asked, ...before])];
  if (touched.length === 0) return;
  const living = await lockLiving(trx, [personId, ...touched]);
  if (!living.has(personId)) return;
  await lockPairs(trx, personId, touched);
  const to = asked.filter((id) => living.has(id));
  await dropWishes(
    trx,
    personId,
    before.filter((id) => !to.includes(id)),
  );
  await keepWishes(trx, { fromPersonId: personId, to, eventId, chapterId, contacts, now });
  const chapter = await trx
    .selectFrom('chapters')
    .select(['timeZone', 'quietFrom', 'quietUntil'])
    .where('id', '=', chapterId)
    .executeTakeFirstOrThrow();
  await meetWishes(trx, { fromPersonId: personId, to, now, sendsAt: sendsAt(now, chapter) });
}
