import { expect, test } from 'vitest';
import { cancelEvent } from '../../server/events/service.ts';
import { replaceTimeline } from '../../server/mailings/timeline.ts';
import { lockEvent } from '../../server/rsvps/queries.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

// The alarm rings by the database's clock, so this one is near it; the sweeps turn once an hour only.
const started = new Date();
const service = useService({ now: started.toISOString() });
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000);

async function eventWithReminder(offset: string) {
  const chapter = await makeChapter(service.db);
  const member = await makeMember(service.db, chapter.id);
  service.clock.set(new Date());
  const event = await makeEvent(service.deps, chapter.id);
  await service.db.transaction().execute(async (trx) => {
    const locked = (await lockEvent(trx, event.id))!;
    const rules = [{ kind: 'chase', anchor: 'publish', offset, audience: 'unanswered' }] as const;
    await replaceTimeline(trx, service.deps, locked, rules, service.clock());
  });
  return { event, member };
}

const chaseTo = (member: { email: string | null }) =>
  service.inbox.waitForMail(
    (mail) => mail.to === member.email && mail.header('X-Ritrovo-Kind') === 'chase',
    15_000,
  );

test('the alarm wakes the worker for a mailing that falls due, without a sweep', async () => {
  const { member } = await eventWithReminder('PT2S');
  service.clock.set(inSeconds(3));
  const mail = await chaseTo(member);
  expect(mail.to).toBe(member.email);
});

test('an alarm for what was called off meanwhile rings for nothing', async () => {
  const { event } = await eventWithReminder('PT2S');
  await cancelEvent(service.deps, event.id, { actor: { kind: 'system' }, reason: null, notify: false });
  // A second alarm, set later, has rung: the first had its turn before it.
  const later = await eventWithReminder('PT3S');
  service.clock.set(inSeconds(5));
  await chaseTo(later.member);
  const sent = await service.db
    .selectFrom('deliveries')
    .select('id')
    .where('eventId', '=', event.id)
    .where('kind', '=', 'chase')
    .execute();
  expect(sent).toEqual([]);
});
