import { beforeEach, describe, expect, test } from 'vitest';
import { cancelEvent, changeEvent } from '../../server/events/service.ts';
import { countAudience } from '../../server/mailings/queries.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { calendarIn, lastMail, mailsTo, subjectOf, wordsOf } from '../journeys/inbox.ts';
import { useService } from '../support/app.ts';
import { calendarStore, readEntry } from '../support/calendar-store.ts';
import { days, hours, minutes } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

const service = useService({
  now: '2031-11-10T10:00:00+01:00',
  env: {
    BOUNCE_DOMAIN: 'bounces.example',
    INBOUND_SMTP_PORT: '2525',
    MAIL_FROM: 'Rete <incontri@rete.example>',
  },
});
const actor = { kind: 'system' } as const;
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let giulia: Awaited<ReturnType<typeof makeMember>>;

beforeEach(async () => {
  service.clock.set('2031-11-10T10:00:00+01:00');
  chapter = await makeChapter(service.db);
  giulia = await makeMember(service.db, chapter.id, { firstName: 'Giulia' });
});

const asksInCalendars = () =>
  service.db
    .updateTable('chapters')
    .set({ invitationInCalendar: true })
    .where('id', '=', chapter.id)
    .execute();
const publish = async (details: Parameters<typeof makeEvent>[2] = {}) => {
  const event = await makeEvent(service.deps, chapter.id, details);
  await service.settle();
  return event;
};
const answer = async (
  eventId: string,
  said: 'yes' | 'no' | 'maybe',
  more: { mode?: 'room' | 'online'; source?: 'link' | 'calendar'; personId?: string } = {},
) => {
  service.clock.advance(minutes(1));
  const input = { eventId, personId: giulia.id, answer: said, source: 'link', ...more } as const;
  const outcome = await answerInvitation(service.deps, input);
  expect(outcome.ok).toBe(true);
  await service.settle();
};
const change = async (eventId: string, changes: Parameters<typeof changeEvent>[2]) => {
  service.clock.advance(minutes(1));
  expect(await changeEvent(service.deps, eventId, changes, { actor, notify: true })).toMatchObject({
    ok: true,
  });
  await service.settle();
};
const lastWord = async (kind: string, person = giulia) => {
  const text = await calendarIn(lastMail(service, person.email as string, kind));
  if (text === null) return null;
  return readEntry(text);
};
/** What her calendar shows after all her mails. */
const calendarOf = async (person = giulia) => {
  const store = calendarStore();
  for (const mail of mailsTo(service, person.email as string)) {
    const text = await calendarIn(mail);
    if (text) expect(store.take(text).counted).toBe(true);
  }
  return store.entries();
};

describe('an invitation', () => {
  test('asks in her calendar where the chapter wants it to, and nowhere else', async () => {
    await publish();
    expect(await lastWord('invitation')).toBeNull();
    await asksInCalendars();
    await publish();
    const word = await lastWord('invitation');
    expect(word).toMatchObject({ method: 'REQUEST', entry: { partstat: 'NEEDS-ACTION', rsvp: 'TRUE' } });
    expect(word?.vevent.getAllProperties('attendee')).toHaveLength(1);
    expect(word?.vevent.getAllSubcomponents('valarm')).toHaveLength(0);
  });

  test('that she did not answer follows the event, and is taken back with it', async () => {
    await asksInCalendars();
    const event = await publish();
    await change(event.id, { venueName: 'Caffè Zamboni', venueAddress: 'Via Zamboni 6' });
    const mail = lastMail(service, giulia.email as string, 'update');
    expect(await subjectOf(mail)).toMatch(/c’è un cambiamento$/);
    expect(await wordsOf(mail)).toContain('Ci sarai?');
    expect(await wordsOf(mail)).not.toContain('Ci sei ancora?');
    expect(await calendarOf()).toMatchObject([
      { partstat: 'NEEDS-ACTION', location: expect.stringContaining('Zamboni') },
    ]);
    await cancelEvent(service.deps, event.id, { actor, reason: null, notify: true });
    await service.settle();
    expect(await lastWord('cancellation')).toMatchObject({ method: 'CANCEL' });
    expect(await calendarOf()).toEqual([]);
  });

  test('that is in no calendar brings nobody a mail about a move', async () => {
    const event = await publish();
    await change(event.id, { venueName: 'Caffè Zamboni' });
    expect(mailsTo(service, giulia.email as string, 'update')).toEqual([]);
    await asksInCalendars();
    const asking = await publish();
    expect(await countAudience(service.db, asking.id, 'affected', 'update')).toBe(2);
  });

  test('that she declines by her link leaves her calendar', async () => {
    await asksInCalendars();
    const event = await publish();
    await answer(event.id, 'no');
    expect(await lastWord('confirmation')).toMatchObject({
      method: 'CANCEL',
      entry: { partstat: 'DECLINED' },
    });
    expect(await calendarOf()).toEqual([]);
    await answer(event.id, 'yes');
    expect(await calendarOf()).toMatchObject([{ partstat: 'ACCEPTED', status: 'CONFIRMED' }]);
  });
});

describe('her entry', () => {
  test('comes from the address that the mail comes from, and reminds her in time', async () => {
    const event = await publish();
    await answer(event.id, 'yes');
    const mail = lastMail(service, giulia.email as string, 'confirmation');
    const from = /<([^>]+)>/.exec(mail.header('from') ?? '')?.[1];
    const word = await lastWord('confirmation');
    expect(from).toBe('incontri@rete.example');
    expect(word?.vevent.getFirstPropertyValue('organizer')).toBe(`mailto:${from}`);
    const [alarm] = word?.vevent.getAllSubcomponents('valarm') ?? [];
    expect(alarm?.getFirstPropertyValue('action')).toBe('DISPLAY');
    expect(String(alarm?.getFirstPropertyValue('trigger'))).toBe('-PT120M');
  });

  test('while she waits is there only if it was before, or if she answered from it', async () => {
    await asksInCalendars();
    const other = await makeMember(service.db, chapter.id, { firstName: 'Prima' });
    const event = await publish({ seatsRoom: 1 });
    await answer(event.id, 'yes', { personId: other.id });
    await answer(event.id, 'yes');
    expect(await lastWord('confirmation')).toMatchObject({
      method: 'REQUEST',
      entry: { partstat: 'TENTATIVE', description: expect.stringContaining('lista d’attesa') },
    });
    await answer(event.id, 'no', { personId: other.id });
    expect(await lastWord('offer')).toMatchObject({ entry: { partstat: 'TENTATIVE' } });
    await answer(event.id, 'yes');
    expect(await calendarOf()).toMatchObject([{ partstat: 'ACCEPTED' }]);
  });

  test('is none while she waits, where she never had one', async () => {
    const other = await makeMember(service.db, chapter.id, { firstName: 'Prima' });
    const event = await publish({ seatsRoom: 1 });
    await answer(event.id, 'yes', { personId: other.id });
    await answer(event.id, 'yes');
    expect(await lastWord('confirmation')).toBeNull();
    const third = await makeMember(service.db, chapter.id, { firstName: 'Terza' });
    await service.db
      .insertInto('invitations')
      .values({
        eventId: event.id,
        personId: third.id,
        chapterId: chapter.id,
        source: 'member',
        calendarUid: 'x@y',
      })
      .execute();
    await answer(event.id, 'yes', { personId: third.id, source: 'calendar' });
    expect(await lastWord('confirmation', third)).toMatchObject({ entry: { partstat: 'TENTATIVE' } });
  });

  test('gets a title that was put right with the next mail that leaves anyway, and a link that appeared at once', async () => {
    const event = await publish({
      format: 'online',
      venueName: null,
      venueAddress: null,
      startsAt: new Date(service.clock().getTime() + days(3)),
    });
    await answer(event.id, 'yes');
    expect(await calendarOf()).toMatchObject([{ conference: null }]);
    await change(event.id, { joinUrl: 'https://meet.example.org/x?pwd=1' });
    expect(await calendarOf()).toMatchObject([{ conference: 'https://meet.example.org/x?pwd=1' }]);
    const before = mailsTo(service, giulia.email as string).length;
    await change(event.id, { title: 'Aperitivo lungo' });
    expect(mailsTo(service, giulia.email as string)).toHaveLength(before);
    service.clock.advance(days(2) + hours(6));
    await service.settle();
    expect(mailsTo(service, giulia.email as string, 'reminder')).not.toEqual([]);
    expect(await calendarOf()).toMatchObject([
      {
        title: 'Aperitivo lungo',
        conference: 'https://meet.example.org/x?pwd=1',
        location: 'https://meet.example.org/x?pwd=1',
      },
    ]);
  });

  test('is not told again by a reminder what it knows', async () => {
    const event = await publish({ startsAt: new Date(service.clock().getTime() + days(3)) });
    await answer(event.id, 'yes');
    service.clock.advance(days(2) + hours(6));
    await service.settle();
    expect(await lastWord('reminder')).toBeNull();
  });

  test('knows the link to join only while she is confirmed online', async () => {
    const event = await publish({ format: 'hybrid', joinUrl: 'https://meet.example.org/x' });
    const mails = async () => {
      const text = (await calendarIn(mailsTo(service, giulia.email as string).at(-1)!)) ?? '';
      return text.includes('meet.example.org');
    };
    await answer(event.id, 'yes', { mode: 'room' });
    expect(await mails()).toBe(false);
    await answer(event.id, 'yes', { mode: 'online' });
    expect(await mails()).toBe(true);
    await answer(event.id, 'yes', { mode: 'room' });
    expect(await mails()).toBe(false);
    await answer(event.id, 'no');
    expect(await mails()).toBe(false);
  });
});
