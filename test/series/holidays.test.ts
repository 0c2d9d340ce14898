import { expect, test } from 'vitest';
import type { OnHoliday } from '../../server/series/flags.ts';
import { startSeries } from '../../server/series/service.ts';
import { signedIn } from '../desk/at-desk.ts';
import { linkIn, mailsTo, subjectOf } from '../journeys/inbox.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

const service = useService({ now: '2025-12-08T10:00:00+01:00' });
const text = (html: string) => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');

/** Lunch every first Thursday from New Year's Day on. */
async function lunch(onHoliday: OnHoliday = 'ask') {
  service.clock.set('2025-12-08T10:00:00+01:00');
  const chapter = await makeChapter(service.db);
  const giulia = await makeMember(service.db, chapter.id);
  const event = await makeEvent(service.deps, chapter.id, {
    draft: true,
    title: 'Pranzo',
    startsAt: new Date('2026-01-01T13:00:00+01:00'),
  });
  const started = await startSeries(service.deps, {
    eventId: event.id,
    rule: 'FREQ=MONTHLY;BYDAY=1TH',
    settings: { publishDaysBefore: 14, datesAhead: 3, onHoliday },
    actor: { kind: 'system' },
  });
  if (!started.ok) throw new Error(started.reason);
  const desk = await signedIn(service, chapter.coordinator.id);
  const page = `/desk/chapters/${chapter.slug}/series/${started.seriesId}`;
  return { chapter, giulia, event, desk, page, seriesId: started.seriesId };
}

const datesOf = (seriesId: string) =>
  service.db
    .selectFrom('events')
    .selectAll()
    .where('seriesId', '=', seriesId)
    .orderBy('recurrenceOn')
    .execute();
const kinds = (email: string | null) =>
  service.inbox.messagesTo(email as string).map((mail) => mail.header('x-ritrovo-kind'));

test('a date on New Year’s Day waits for a decision, is asked about by mail once, and never leaves by itself', async () => {
  const { chapter, giulia, event, desk, page, seriesId } = await lunch();
  const [january, february] = await datesOf(seriesId);
  expect(january).toMatchObject({ publishAt: null, holiday: { it: 'Capodanno', en: 'New Year’s Day' } });
  expect(february).toMatchObject({ holiday: null });
  expect(february?.publishAt).not.toBeNull();
  expect(text((await desk.get(page)).body)).toContain('Festa: Capodanno');
  // Four weeks before she is not troubled; from a week before the invitations would leave she is.
  expect(text((await desk.get('/desk/')).body)).not.toContain('Saltare o spostare?');
  await service.travel('2025-12-11T10:00:00+01:00');
  await service.travel('2025-12-12T10:00:00+01:00');
  expect(text((await desk.get('/desk/')).body)).toContain(
    '“Pranzo”: giovedì 1 gennaio 2026 è festa (Capodanno). Saltare o spostare?',
  );
  const asked = mailsTo(service, chapter.coordinator.email as string);
  expect(await Promise.all(asked.map(subjectOf))).toEqual([
    'Pranzo · giovedì 1 gennaio 2026 è festa: saltare o spostare?',
  ]);
  expect(await linkIn(asked[0]!, 'Scegli')).toContain(`/desk/events/${event.id}`);
  await service.travel('2025-12-31T10:00:00+01:00');
  expect(kinds(giulia.email)).toEqual([]);
});

test('skipped with one tap on its page, it is not given again; taken back it is on again, and leaves by itself', async () => {
  const { giulia, event, desk, page, seriesId } = await lunch();
  const shown = text((await desk.get(`/desk/events/${event.id}`)).body);
  expect(shown).toContain('giovedì 1 gennaio 2026 è festa (Capodanno): saltare o spostare?');
  expect(shown).toContain('Sposta a venerdì 2 gennaio 2026');
  expect(shown).toContain('Sposta a giovedì 8 gennaio 2026');
  const skipped = await desk.post(`/desk/events/${event.id}/holiday`, { act: 'skip' });
  expect(skipped.headers.location).toBe(`${page}?done=holidaySkipped`);
  await service.travel('2025-12-08T18:00:00+01:00');
  expect((await datesOf(seriesId)).map((date) => [date.recurrenceOn, date.state])).toEqual([
    ['2026-01-01', 'cancelled'],
    ['2026-02-05', 'draft'],
    ['2026-03-05', 'draft'],
    ['2026-04-02', 'draft'],
  ]);
  expect(text((await desk.get(page)).body)).toContain('Riprendi');
  const back = await desk.post(`/desk/events/${event.id}/resumption`);
  expect(back.headers.location).toBe(`${page}?done=dateResumed`);
  await service.travel('2025-12-18T10:00:30+01:00');
  expect(kinds(giulia.email)).toEqual(['invitation']);
  // What people have heard of does not come back like that.
  expect((await desk.post(`/desk/events/${event.id}/resumption`)).statusCode).toBe(404);
});

test('moved to the next working day it keeps its hour and its place in the series, and the others stay', async () => {
  const { giulia, event, desk, seriesId } = await lunch();
  expect((await desk.post(`/desk/events/${event.id}/holiday`, { act: 'move', day: 'x' })).statusCode).toBe(
    400,
  );
  const past = await desk.post(`/desk/events/${event.id}/holiday`, { act: 'move', day: '2025-12-01' });
  expect(text(past.body)).toContain('Questo giorno è già passato.');
  await desk.post(`/desk/events/${event.id}/holiday`, { act: 'move', day: '2026-01-02' });
  expect((await datesOf(seriesId))[0]).toMatchObject({
    recurrenceOn: '2026-01-01',
    startsAt: new Date('2026-01-02T12:00:00Z'),
    publishAt: new Date('2025-12-19T09:00:00Z'),
    holiday: null,
    state: 'draft',
  });
  expect((await datesOf(seriesId))[1]?.startsAt).toEqual(new Date('2026-02-05T12:00:00Z'));
  await service.travel('2025-12-19T10:00:30+01:00');
  expect(kinds(giulia.email)).toEqual(['invitation']);
  expect((await desk.post(`/desk/events/${event.id}/holiday`, { act: 'skip' })).statusCode).toBe(404);
});

test('held all the same, it publishes itself like the others; a question that is answered is not sent any more', async () => {
  const { chapter, giulia, event, desk } = await lunch();
  await desk.post(`/desk/events/${event.id}/holiday`, { act: 'keep' });
  await service.travel('2025-12-18T10:00:30+01:00');
  expect(kinds(giulia.email)).toEqual(['invitation']);
  expect(kinds(chapter.coordinator.email)).not.toContain('digest');
});

test('a series may skip its holidays or hold them', async () => {
  const skips = await lunch('skip');
  expect((await datesOf(skips.seriesId)).map((date) => date.state)).toEqual(['cancelled', 'draft', 'draft']);
  const keeps = await lunch('keep');
  expect((await datesOf(keeps.seriesId))[0]?.publishAt).toEqual(new Date('2025-12-18T09:00:00Z'));
});

test('a chapter may keep another country’s holidays or none, and its dates are looked at again', async () => {
  const asks = await lunch();
  const settings = {
    ...{ name: 'Bologna', accentColour: '#b4472e', timeZone: 'Europe/Rome', locale: 'it' },
    ...{ holidayCountry: 'ZZ', holidayRegion: '' },
  };
  const base = `/desk/chapters/${asks.chapter.slug}/settings`;
  expect(text((await asks.desk.post(base, settings)).body)).toContain('Scegli un paese dall’elenco.');
  await asks.desk.post(base, { ...settings, holidayCountry: '' });
  expect((await datesOf(asks.seriesId))[0]).toMatchObject({
    holiday: null,
    publishAt: new Date('2025-12-18T09:00:00Z'),
  });
  // In Germany it is a holiday too; its regions have some of their own.
  await asks.desk.post(base, { ...settings, holidayCountry: 'DE' });
  expect((await datesOf(asks.seriesId))[0]).toMatchObject({ publishAt: null });
  expect((await asks.desk.get(base)).body).toContain('<option value="BY">Bayern</option>');
});
