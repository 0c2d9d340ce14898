import { beforeAll, expect, test } from 'vitest';
import { barChart, share } from '../../server/insights/chart.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { days } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { htmlFaults } from '../support/valid-html.ts';
import { type AtDesk, signedIn } from './at-desk.ts';

const service = useService({ now: '2026-09-01T10:00:00Z' });
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let people: Awaited<ReturnType<typeof makeMember>>[];
let desk: AtDesk;
let first: string;

beforeAll(async () => {
  const { db, deps, clock } = service;
  chapter = await makeChapter(db, { slug: 'bologna' });
  await makeChapter(db, { slug: 'milano' });
  people = [];
  for (const firstName of ['Ada', 'Bea', 'Cleo', 'Dina', 'Elsa']) {
    people.push(await makeMember(db, chapter.id, { firstName }));
  }
  const id = (index: number) => people[index]?.id as string;
  const says = (eventId: string, index: number, answer: 'yes' | 'no') =>
    answerInvitation(deps, { eventId, personId: id(index), answer, source: 'link', mode: 'room' });
  const present = (eventId: string, index: number, mode = 'room') =>
    db
      .insertInto('attendance')
      .values({ eventId, personId: id(index), chapterId: chapter.id, mode, recordedAt: clock() })
      .execute();

  // One seat of three is given up at the last moment and goes to who waited; one woman stays away.
  const pranzo = await makeEvent(deps, chapter.id, {
    title: 'Pranzo',
    startsAt: new Date('2026-09-11T10:00:00Z'),
    seatsRoom: 3,
    promotion: 'at_once',
  });
  first = pranzo.id;
  for (const index of [0, 1, 2]) await says(first, index, 'yes');
  clock.advance(days(3));
  await says(first, 3, 'yes');
  clock.set('2026-09-09T09:00:00Z');
  await db.updateTable('events').set({ lateWindowHours: 72 }).where('id', '=', first).execute();
  await says(first, 0, 'no');
  clock.set('2026-09-11T12:30:00Z');
  await service.settle();
  // She who waited was promoted or offered; either way she takes the seat.
  await db
    .updateTable('rsvps')
    .set({ state: 'going', offerExpiresAt: null, queuedAt: null })
    .where('eventId', '=', first)
    .where('personId', '=', id(3))
    .execute();
  for (const index of [1, 3]) await present(first, index);
  await db.updateTable('events').set({ roomCompleteAt: clock() }).where('id', '=', first).execute();

  // A month later Bea comes again, online; Elsa for the first time, in December of the year before it all.
  const corso = await makeEvent(deps, chapter.id, {
    title: 'Corso',
    format: 'online',
    joinUrl: 'https://meet.example.org/x',
    startsAt: new Date('2026-10-15T10:00:00Z'),
  });
  clock.set('2026-10-15T12:30:00Z');
  await service.settle();
  await present(corso.id, 1, 'online');
  await present(corso.id, 4, 'online');
  clock.set('2026-11-01T10:00:00Z');
  desk = await signedIn(service, chapter.coordinator.id);
});

const row = (html: string, month: string) =>
  [
    ...(new RegExp(`<th scope="row">${month}</th>(.*?)</tr>`, 's').exec(html)?.[1] ?? '').matchAll(
      /<td>(.*?)<\/td>/g,
    ),
  ].map(([, cell]) => cell);

test('a year shows by month who came where, who was missed, who gave up late, and seats given on', async () => {
  const { body } = await desk.get('/desk/chapters/bologna/numbers');
  // Events, in person, online, missed, late, given on.
  expect(row(body, 'settembre 2026')).toEqual(['1', '2', '0', '1', '1', '1']);
  // Nobody has said who was there: nobody is missed.
  expect(row(body, 'ottobre 2026')).toEqual(['1', '0', '2', '–', '0', '0']);
  expect(body).toContain('Di un incontro non è ancora detto chi c’era');
  expect(body).toContain('role="img"');
  expect(body).not.toMatch(/style="/);
});

test('newcomers are counted once, those who came again within 90 days apart, and those of whom it is too early to say', async () => {
  const { body } = await desk.get('/desk/chapters/bologna/numbers?year=2026');
  // Bea and Dina in September, Bea again in October; Elsa in October.
  expect(body).toMatch(/settembre 2026<\/th><td>2<\/td><td>1<\/td>/);
  expect(body).toMatch(/ottobre 2026<\/th><td>1<\/td><td>0<\/td>/);
  expect(body).toContain('Per 2 persone è ancora presto');
  expect(body).toContain('Tornate entro 90 giorni: 1 su 1');
});

test('an event shows how its answers came in since it was published, and who was there', async () => {
  const { body } = await desk.get(`/desk/events/${first}/numbers`);
  expect(await htmlFaults(body)).toEqual([]);
  expect(body).toMatch(/aria-label="Chi c’era: \d+ in presenza, \d+ online; 1 mancate senza avvisare/);
  expect(body).toMatch(/Il giorno stesso<\/th><td>3<\/td>/);
  expect(body).toMatch(/Dopo 3 giorni<\/th><td>1<\/td>/);
  expect(body).toContain('Nei primi due giorni: 3 su 4');
  expect(body).toContain('Tra le persone attese, o arrivate comunque, c’era: 2 su 3');
});

test('no page of numbers names anybody', async () => {
  for (const path of ['/desk/chapters/bologna/numbers', `/desk/events/${first}/numbers`]) {
    const { body } = await desk.get(path);
    for (const { firstName } of people) expect(body).not.toMatch(new RegExp(`\\b${firstName}\\b`));
  }
});

test('a year without events says so, and a year that is none shows the latest', async () => {
  expect((await desk.get('/desk/chapters/bologna/numbers?year=2020')).body).toContain(
    'Qui cresceranno i numeri',
  );
  for (const year of ['2999', 'x', "2026'"]) {
    expect((await desk.get(`/desk/chapters/bologna/numbers?year=${year}`)).body).toContain('settembre 2026');
  }
  expect((await desk.get('/desk/chapters/milano/numbers')).statusCode).toBe(404);
});

test('few are counted, many are a percentage', () => {
  expect(share(9, 14).percent).toBeNull();
  expect(share(13, 20).percent).toBe(65);
});

test('a chart draws each bar to its number, and takes no markup from a label', () => {
  const svg = barChart('x', '"quoted"', [
    { label: '<b>', parts: [10, 5] },
    { label: 'b', parts: [0, 0] },
  ]);
  expect(svg).toContain('aria-label="&quot;quoted&quot;"');
  expect(svg).toContain('&lt;b&gt;');
  expect([...svg.matchAll(/class="count">(\d+)</g)].map(([, count]) => count)).toEqual(['15']);
  const [tall = 0, low = 0] = [...svg.matchAll(/height="([\d.]+)" class="part/g)].map(([, size]) =>
    Number(size),
  );
  expect(tall / low).toBeCloseTo(2, 1);
});
