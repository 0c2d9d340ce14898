import { expect, test } from 'vitest';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { days, hours } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

const service = useService({ now: '2026-11-16T10:00:00+01:00' });

test('thanks tell of the next event that is public, and of none that only its address opens', async () => {
  const { db, deps, clock, inbox } = service;
  const chapter = await makeChapter(db);
  const at = (from: number) => new Date(clock().getTime() + from);
  const event = await makeEvent(deps, chapter.id, { startsAt: at(days(2)) });
  const sara = await makeMember(db, chapter.id, { firstName: 'Sara' });
  await db
    .insertInto('invitations')
    .values({
      eventId: event.id,
      personId: sara.id,
      chapterId: chapter.id,
      source: 'coordinator',
      calendarUid: deps.links.calendarUid(event.id, sara.id),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await answerInvitation(deps, { eventId: event.id, personId: sara.id, answer: 'yes', source: 'link' });
  // She leaves the group: the next events invite her no more.
  await db.deleteFrom('memberships').where('personId', '=', sara.id).execute();
  await makeEvent(deps, chapter.id, { startsAt: at(days(20)), access: 'link', title: 'Cena riservata' });
  await makeEvent(deps, chapter.id, {
    startsAt: at(days(30)),
    access: 'public',
    title: 'Pranzo per chi vuole',
  });
  await service.settle();
  clock.advance(days(2) + hours(3));
  await service.settle();
  clock.advance(days(2));
  await service.settle();
  const thanks = await inbox.waitForMail(
    (mail) => mail.to === sara.email && (mail.header('X-Ritrovo-Kind') ?? '').startsWith('thanks'),
  );
  const text = (await thanks.parsed()).text ?? '';
  expect(text).toContain('Pranzo per chi vuole');
  expect(text).not.toContain('Cena riservata');
});
