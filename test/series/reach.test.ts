import { expect, test } from 'vitest';
import { publishEvent } from '../../server/events/service.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { startSeries } from '../../server/series/service.ts';
import { eventFields, signedIn } from '../desk/at-desk.ts';
import { lastMail, wordsOf } from '../journeys/inbox.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

const service = useService({ now: '2026-09-01T10:00:00+02:00' });
const text = (html: string) => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
const fields = {
  ...{ title: 'Colazione', from: '08:00', to: '09:00' },
  ...{ venueName: 'Bar Centrale', venueAddress: 'Via Marsala 2, Bologna' },
};

/** Breakfast every Thursday, six dates from 10 September 2026 on; Giulia comes to the first two, which are out. */
async function breakfast(rule = 'FREQ=WEEKLY;BYDAY=TH') {
  service.clock.set('2026-09-01T10:00:00+02:00');
  const chapter = await makeChapter(service.db, { holidayCountry: null });
  const giulia = await makeMember(service.db, chapter.id);
  const event = await makeEvent(service.deps, chapter.id, {
    ...{ draft: true, title: fields.title, venueName: fields.venueName },
    startsAt: new Date('2026-09-10T08:00:00+02:00'),
    endsAt: new Date('2026-09-10T09:00:00+02:00'),
  });
  const started = await startSeries(service.deps, {
    ...{ eventId: event.id, rule, actor: { kind: 'system' as const } },
    settings: { publishDaysBefore: null, datesAhead: 6 },
  });
  if (!started.ok) throw new Error(started.reason);
  const { seriesId } = started;
  for (const { id } of (await datesOf(seriesId)).slice(0, 2)) {
    await publishEvent(service.deps, id, { actor: { kind: 'system' } });
    await answerInvitation(service.deps, { eventId: id, personId: giulia.id, answer: 'yes', source: 'link' });
  }
  await service.settle();
  const desk = await signedIn(service, chapter.coordinator.id);
  const page = `/desk/chapters/${chapter.slug}/series/${seriesId}`;
  return { chapter, giulia, seriesId, desk, page };
}

const datesOf = (seriesId: string) =>
  service.db.selectFrom('events').selectAll().where('seriesId', '=', seriesId).orderBy('startsAt').execute();
const ruleOf = (seriesId: string) =>
  service.db.selectFrom('series').selectAll().where('id', '=', seriesId).executeTakeFirstOrThrow();
const days = async (seriesId: string) =>
  (await datesOf(seriesId))
    .filter(({ state }) => state !== 'cancelled')
    .map(({ startsAt }) => startsAt.toISOString().slice(0, 10));
const kinds = (email: string | null) =>
  service.inbox.messagesTo(email as string).map((mail) => mail.header('x-ritrovo-kind'));

test('the form of one date asks which it is about: this one, this and the following, or all', async () => {
  const { giulia, seriesId, desk, page } = await breakfast();
  const [first, second, third, fourth] = await datesOf(seriesId);
  const edit = text((await desk.get(`/desk/events/${third!.id}/edit`)).body);
  expect(edit).toContain('Che cosa vuoi cambiare? Solo questo incontro Questo e i successivi Tutti');
  const moved = { ...eventFields({ ...fields, date: '2026-09-24', venueName: 'Il Chiostro' }) };
  await desk.post(`/desk/events/${fourth!.id}`, { ...moved, date: '2026-10-01', reach: 'one' });
  expect((await datesOf(seriesId)).filter(({ venueName }) => venueName === 'Il Chiostro')).toHaveLength(1);

  const sent = await desk.post(`/desk/events/${third!.id}`, {
    ...moved,
    reach: 'all',
    venueName: 'La Serra',
  });
  expect([sent.statusCode, sent.headers.location]).toEqual([
    307,
    `${page}/following?from=${third!.id}&scope=all`,
  ]);
  const all = sent.headers.location as string;
  const change = { ...moved, venueName: 'La Serra' };
  const asked = text((await desk.post(all, change)).body);
  expect(asked).toContain('Cambia tutti gli incontri');
  expect(asked).toContain('Una data è stata cambiata a parte, e resta com’è.');
  expect(asked).toContain('Vuoi mandare subito 2 avvisi?');
  expect((await desk.post(all, { ...change, notify: 'yes' })).headers.location).toBe(`${page}?done=told`);
  expect((await datesOf(seriesId)).map(({ venueName }) => venueName)).toEqual([
    ...['La Serra', 'La Serra', 'La Serra', 'Il Chiostro', 'La Serra', 'La Serra'],
  ]);
  expect([first?.revision, second?.revision]).not.toContain((await datesOf(seriesId))[0]?.revision);
  await service.settle();
  expect(kinds(giulia.email).filter((kind) => kind === 'update')).toHaveLength(2);
});

test('all of them a day later: each date moves with its rule, and whoever said yes is told of each', async () => {
  const { giulia, seriesId, desk, page } = await breakfast();
  const [, , third] = await datesOf(seriesId);
  const all = `${page}/following?from=${third!.id}&scope=all`;
  const change = eventFields({ ...fields, date: '2026-09-25' });
  expect(text((await desk.post(all, change)).body)).toContain('ogni venerdì alle 8:00');
  await desk.post(all, { ...change, notify: 'yes' });
  expect(await days(seriesId)).toEqual([
    ...['2026-09-11', '2026-09-18', '2026-09-25', '2026-10-02', '2026-10-09', '2026-10-16'],
  ]);
  expect((await ruleOf(seriesId)).rule).toBe('FREQ=WEEKLY;BYDAY=FR');
  await service.settle();
  expect(kinds(giulia.email).filter((kind) => kind === 'update')).toHaveLength(2);
});

test('from a date on another rule: several days of every second week, and what the new rule has no room for is called off', async () => {
  const { giulia, seriesId, desk, page } = await breakfast();
  const [, second] = await datesOf(seriesId);
  const from = `${page}/following?from=${second!.id}`;
  const shown = (await desk.get(from)).body;
  expect(shown).toContain('<option value="weekly" selected>');
  const change = {
    ...eventFields({ ...fields, date: '2026-09-17' }),
    ...{ repeats: 'other', unit: 'week', every: '2', ends: 'count', times: '3' },
  };
  const wrong = text((await desk.post(from, { ...change, weekdays: 'MO' })).body);
  expect(wrong).toContain('Il primo incontro è di giovedì: scegli anche giovedì');
  const weekdays = ['TH', 'FR'];
  const asked = text((await desk.post(from, { ...change, weekdays })).body);
  expect(asked).toContain(
    'Da questa data in poi: ogni due settimane, di giovedì e venerdì alle 8:00, per 3 volte.',
  );
  expect(asked).toContain('si annulla: la serie finisce prima');
  await desk.post(from, { ...change, weekdays, notify: 'yes' });
  expect(await days(seriesId)).toEqual(['2026-09-10', '2026-09-17', '2026-09-18', '2026-10-01']);
  expect((await ruleOf(seriesId)).rule).toBe('FREQ=WEEKLY;INTERVAL=2;BYDAY=TH,FR;COUNT=3');
  await service.settle();
  // Her second date stayed where it was.
  expect(kinds(giulia.email)).not.toContain('update');
  // Of three times two are left from the next one on, and nothing is changed by looking.
  const [, , third] = await datesOf(seriesId);
  const next = (await desk.get(`${page}/following?from=${third!.id}`)).body;
  expect(next).toMatch(/name="times"[^>]*value="2"/);
  expect(
    text(
      (await desk.post(`${page}/following?from=${third!.id}`, eventFields({ ...fields, date: '2026-09-18' })))
        .body,
    ),
  ).toContain('Non hai cambiato nulla.');
  // When the last one is over, so is the series.
  await service.travel('2026-10-02T10:00:00+02:00');
  expect((await ruleOf(seriesId)).endedAt).not.toBeNull();
});

test('a date and all that follow it are cancelled together, those who said yes are told, and no new ones are made', async () => {
  const { giulia, seriesId, desk, page } = await breakfast();
  const [, second] = await datesOf(seriesId);
  expect((await desk.get(`/desk/events/${second!.id}/cancellation`)).body).toContain(
    'Annulla anche i successivi',
  );
  const rest = `${page}/rest?from=${second!.id}`;
  const shown = text((await desk.get(rest)).body);
  expect(shown).toContain('Si annullano 5 date');
  expect(shown).toContain('Annulla e manda 2 avvisi');
  expect((await desk.post(rest, { reason: '' })).statusCode).toBe(400);
  const done = await desk.post(rest, { reason: 'Il bar chiude', notify: 'yes' });
  expect(done.headers.location).toBe(`${page}?done=restCancelled`);
  expect(await days(seriesId)).toEqual(['2026-09-10']);
  expect((await ruleOf(seriesId)).rule).toBe('FREQ=WEEKLY;BYDAY=TH;UNTIL=20260916');
  await service.settle();
  expect(kinds(giulia.email).filter((kind) => kind === 'cancellation')).toHaveLength(1);
  expect(await wordsOf(lastMail(service, giulia.email as string, 'cancellation'))).toContain('Il bar chiude');
  await service.travel('2026-09-12T10:00:00+02:00');
  expect(await days(seriesId)).toEqual(['2026-09-10']);
  expect((await ruleOf(seriesId)).endedAt).not.toBeNull();
});

test('an event at the desk becomes a series by a rule of its own, previewed while it is chosen', async () => {
  const { chapter, desk } = await breakfast();
  const event = await makeEvent(service.deps, chapter.id, {
    draft: true,
    startsAt: new Date('2026-09-30T18:30:00+02:00'),
  });
  const start = `/desk/events/${event.id}/series`;
  const other = {
    rhythm: 'other',
    unit: 'month',
    every: '1',
    place: 'last_working',
    ends: 'until',
    until: '2027-06-30',
  };
  const preview = await desk.get(`${start}/preview?${new URLSearchParams(other)}`);
  expect(preview.json()).toMatchObject({
    rhythm: 'ogni mese l’ultimo giorno lavorativo alle 18:30, fino al 30 giugno 2027',
    dates: [
      { when: 'mercoledì 30 settembre alle 18:30' },
      { when: 'venerdì 30 ottobre alle 18:30' },
      {},
      {},
      {},
      {},
    ],
  });
  expect((await desk.get(`${start}/preview?rhythm=other&unit=week&every=0`)).json()).toMatchObject({
    rhythm: null,
    problems: ['Scrivi un numero da 1 a 99.', 'Scegli almeno un giorno della settimana.'],
  });
  const settings = { publication: 'itself', daysBefore: '14', ahead: '3', onHoliday: 'skip' };
  const check = text((await desk.post(start, { ...other, ...settings })).body);
  expect(check).toContain('ogni mese l’ultimo giorno lavorativo alle 18:30, fino al 30 giugno 2027');
  const back = (await desk.post(start, { ...other, ...settings, back: 'yes' })).body;
  expect(back).toMatch(/value="last_working" checked/);
  const made = await desk.post(start, { ...other, ...settings, sure: 'yes' });
  const seriesId = /series\/([0-9a-f-]+)/.exec(made.headers.location as string)?.[1] as string;
  expect(await ruleOf(seriesId)).toMatchObject({
    rule: 'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;UNTIL=20270630',
    onHoliday: 'skip',
  });
});
