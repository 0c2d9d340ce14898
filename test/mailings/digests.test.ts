import { beforeAll, describe, expect, test } from 'vitest';
import { changeEvent } from '../../server/events/service.ts';
import { planDigests } from '../../server/mailings/digests.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { hours, minutes } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
type Chapter = Awaited<ReturnType<typeof makeChapter>>;
type Person = Awaited<ReturnType<typeof makeMembers>>[number];
let chapter: Chapter;
let people: Person[];

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  people = await makeMembers(service.db, chapter.id, 4);
});

const says = (eventId: string, index: number, answer: 'yes' | 'no' = 'yes') =>
  answerInvitation(service.deps, { eventId, personId: (people[index] as Person).id, answer, source: 'link' });

/** The digests that have reached a coordinator, as text. */
async function digests(of: Chapter = chapter): Promise<string[]> {
  const mine = service.inbox.messages.filter(
    (mail) => mail.to === of.coordinator.email && mail.header('x-ritrovo-kind') === 'digest',
  );
  return Promise.all(mine.map(async (mail) => (await mail.parsed()).text ?? ''));
}

describe('in the evening', () => {
  test('one mail at seven tells the answers that changed, and only those since the last one', async () => {
    const event = await makeEvent(service.deps, chapter.id, {
      startsAt: new Date('2026-12-10T17:30:00Z'),
      title: 'Cena di rete',
    });
    await says(event.id, 0);
    // 18:59 in Rome, then 19:00, and every minute after it.
    await service.travel('2026-11-16T17:59:00Z');
    expect(await digests()).toEqual([]);
    for (const at of ['18:00', '18:01', '18:30', '19:59']) await service.travel(`2026-11-16T${at}:00Z`);
    expect(await digests()).toHaveLength(1);
    expect((await digests())[0]).toContain('Socia1 Prova');

    // Nothing changed the next day, so nothing comes.
    await service.travel('2026-11-17T18:00:00Z');
    expect(await digests()).toHaveLength(1);

    await says(event.id, 1, 'no');
    await service.travel('2026-11-18T18:00:00Z');
    const [, second] = await digests();
    expect(second).toContain('Socia2 Prova');
    expect(second).not.toContain('Socia1 Prova');
  });

  test('an answer of the late evening is told on the next one, and a lost evening is made up for', async () => {
    const event = await makeEvent(service.deps, chapter.id, { startsAt: new Date('2026-12-11T17:30:00Z') });
    service.clock.set('2026-11-18T22:00:00Z');
    await says(event.id, 2);
    const before = (await digests()).length;
    // The worker was away until after ten: nobody is woken.
    await service.travel('2026-11-19T21:30:00Z');
    expect(await digests()).toHaveLength(before);
    await service.travel('2026-11-20T18:10:00Z');
    expect(await digests()).toHaveLength(before + 1);
    expect((await digests()).at(-1)).toContain('Socia3 Prova');
  });

  test('seven is seven on the chapter’s own clock, also across a clock change, and two workers make one mail', async () => {
    const york = await makeChapter(service.db, { slug: 'new-york', timeZone: 'America/New_York' });
    const [member] = await makeMembers(service.db, york.id, 1);
    service.clock.set('2027-03-10T12:00:00Z');
    const event = await makeEvent(service.deps, york.id, {
      timeZone: 'America/New_York',
      startsAt: new Date('2027-03-25T22:00:00Z'),
    });
    const answer = (say: 'yes' | 'no') =>
      answerInvitation(service.deps, {
        eventId: event.id,
        personId: (member as Person).id,
        answer: say,
        source: 'link',
      });
    await answer('yes');
    await service.travel('2027-03-13T23:59:00Z');
    expect(await digests(york)).toHaveLength(0);
    service.clock.set('2027-03-14T00:00:00Z');
    await Promise.all([planDigests(service.deps), planDigests(service.deps)]);
    await service.settle();
    expect(await digests(york)).toHaveLength(1);
    // From 14 March on, 19:00 is 23:00 UTC.
    service.clock.advance(minutes(1));
    await answer('no');
    await service.travel('2027-03-14T22:59:00Z');
    expect(await digests(york)).toHaveLength(1);
    await service.travel('2027-03-14T23:00:00Z');
    expect(await digests(york)).toHaveLength(2);
  });
});

describe('on the morning of an event', () => {
  test('the list of who comes arrives at eight, once', async () => {
    service.clock.set('2027-05-01T10:00:00Z');
    const event = await makeEvent(service.deps, chapter.id, {
      startsAt: new Date('2027-05-06T16:30:00Z'),
      title: 'Aperitivo di maggio',
    });
    await says(event.id, 0);
    await service.travel('2027-05-05T18:00:00Z');
    const before = (await digests()).length;
    await service.travel('2027-05-06T05:59:00Z');
    expect(await digests()).toHaveLength(before);
    await service.travel('2027-05-06T06:00:00Z');
    for (const later of [minutes(1), hours(1), hours(9)]) {
      service.clock.advance(later);
      await service.settle();
    }
    const since = (await digests()).slice(before);
    expect(since).toHaveLength(1);
    expect(since[0]).toContain('Socia1 Prova');
  });

  test('an event put off is listed again on its new morning, and a cancelled one is not', async () => {
    service.clock.set('2027-06-01T10:00:00Z');
    const event = await makeEvent(service.deps, chapter.id, { startsAt: new Date('2027-06-03T16:30:00Z') });
    await service.travel('2027-06-03T06:00:00Z');
    const before = (await digests()).length;
    const put = { startsAt: new Date('2027-06-04T16:30:00Z'), endsAt: new Date('2027-06-04T18:30:00Z') };
    await changeEvent(service.deps, event.id, put, { actor: { kind: 'system' }, notify: false });
    await service.travel('2027-06-04T06:00:00Z');
    expect(await digests()).toHaveLength(before + 1);

    const off = await makeEvent(service.deps, chapter.id, { startsAt: new Date('2027-06-05T16:30:00Z') });
    await service.db.updateTable('events').set({ state: 'cancelled' }).where('id', '=', off.id).execute();
    await service.travel('2027-06-05T06:00:00Z');
    expect(await digests()).toHaveLength(before + 1);
  });

  test('a breakfast is listed two hours before it', async () => {
    service.clock.set('2027-07-01T10:00:00Z');
    await makeEvent(service.deps, chapter.id, {
      startsAt: new Date('2027-07-02T06:00:00Z'),
      title: 'Colazione',
    });
    const before = (await digests()).length;
    await service.travel('2027-07-02T03:59:00Z');
    expect(await digests()).toHaveLength(before);
    await service.travel('2027-07-02T04:00:00Z');
    expect(await digests()).toHaveLength(before + 1);
  });
});
