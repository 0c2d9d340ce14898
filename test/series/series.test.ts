import { expect, test } from 'vitest';
import { erasePerson } from '../../server/people/erasure.ts';
import { exportPerson } from '../../server/people/export.ts';
import { eventFields, signedIn } from '../desk/at-desk.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeMember } from '../support/factories.ts';

const service = useService({ now: '2025-12-08T10:00:00+01:00' });

const lunch = {
  title: 'Pranzo del primo giovedì',
  date: '2026-01-01',
  from: '13:00',
  to: '14:30',
  venueName: 'Osteria del Sole',
  seatsRoom: '3',
};

/** A chapter with its lunch every first Thursday, made at the desk. */
async function monthlyLunch(fields: Record<string, string> = {}) {
  service.clock.set('2025-12-08T10:00:00+01:00');
  const chapter = await makeChapter(service.db, { holidayCountry: null });
  const desk = await signedIn(service, chapter.coordinator.id);
  const made = await desk.post(`/desk/chapters/${chapter.slug}/events`, {
    ...eventFields({ ...lunch, ...fields }),
    repeats: 'monthly_weekday',
  });
  const next = made.headers.location as string;
  expect(next).toMatch(/\/series\?rhythm=monthly_weekday&done=created$/);
  const start = next.replace(/\?.*$/, '');
  const shown = await desk.get(next);
  expect(shown.body).toContain('ogni primo giovedì del mese');
  expect(shown.body).toMatch(/value="monthly_weekday" checked/);
  const settings = { rhythm: 'monthly_weekday', publication: 'itself', daysBefore: '14', ahead: '6' };
  const check = await desk.post(start, settings);
  expect(check.statusCode).toBe(200);
  const done = await desk.post(start, { ...settings, sure: 'yes' });
  expect(done.statusCode).toBe(303);
  const page = (done.headers.location as string).replace(/\?.*$/, '');
  const seriesId = page.split('/').at(-1) as string;
  return { chapter, desk, page, seriesId, check: check.body };
}

async function datesOf(seriesId: string) {
  return service.db
    .selectFrom('events')
    .selectAll()
    .where('seriesId', '=', seriesId)
    .orderBy('recurrenceOn')
    .execute();
}

const text = (html: string) => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');

test('every first Thursday becomes an event of its own, and its invitation leaves at its own time', async () => {
  const { desk, page, seriesId, chapter, check } = await monthlyLunch();
  expect(text(check)).toContain('ogni primo giovedì del mese alle 13:00');
  expect(text(check)).toContain(
    'giovedì 5 febbraio 2026 alle 13:00 L’invito parte giovedì 22 gennaio 2026 alle 10:00',
  );
  const dates = await datesOf(seriesId);
  expect(dates.map((date) => date.recurrenceOn)).toEqual([
    '2026-01-01',
    '2026-02-05',
    '2026-03-05',
    '2026-04-02',
    '2026-05-07',
    '2026-06-04',
  ]);
  // 13:00 on the wall, before the clocks change and after it.
  expect(dates.map((date) => date.startsAt.toISOString().slice(11, 16))).toEqual([
    '12:00',
    '12:00',
    '12:00',
    '11:00',
    '11:00',
    '11:00',
  ]);
  expect(
    dates.every((date) => date.state === 'draft' && date.title === lunch.title && date.seatsRoom === 3),
  ).toBe(true);
  const shown = text((await desk.get(page)).body);
  expect(shown).toContain('L’invito parte giovedì 18 dicembre alle 10:00');

  // At home the next one stands for all that are ready.
  expect((await desk.get('/desk/')).body.match(/<h3>Pranzo del primo giovedì<\/h3>/g)).toHaveLength(1);

  const member = await makeMember(service.db, chapter.id, { firstName: 'Giulia' });
  await service.travel('2025-12-18T09:59:00+01:00');
  expect(service.inbox.messagesTo(member.email as string)).toHaveLength(0);
  await service.travel('2025-12-18T10:00:30+01:00');
  const mails = service.inbox.messagesTo(member.email as string);
  expect(mails.map((mail) => mail.header('x-ritrovo-kind'))).toEqual(['invitation']);
  expect((await datesOf(seriesId)).map((date) => date.state)).toEqual([
    'published',
    'draft',
    'draft',
    'draft',
    'draft',
    'draft',
  ]);
});

/** The path of somebody's link to a date. */
async function linkOf(eventId: string, personId: string): Promise<string> {
  const row = await service.db
    .selectFrom('invitations as i')
    .innerJoin('people as p', 'p.id', 'i.personId')
    .select(['i.id', 'i.eventId', 'i.personId', 'p.linkEpoch'])
    .where('i.eventId', '=', eventId)
    .where('i.personId', '=', personId)
    .executeTakeFirstOrThrow();
  return `/r/${service.deps.links.rsvpToken(row)}`;
}

const open = (path: string) => service.server.inject({ url: path, headers: { accept: 'text/html' } });
const post = (path: string, fields: Record<string, string>) =>
  service.server.inject({
    method: 'POST',
    url: path,
    headers: { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(fields).toString(),
  });

const kinds = (email: string | null) =>
  service.inbox.messagesTo(email as string).map((mail) => mail.header('x-ritrovo-kind'));

async function lastMail(email: string | null) {
  const mail = service.inbox.messagesTo(email as string).at(-1);
  if (!mail) throw new Error(`no mail for ${email}`);
  const parsed = await mail.parsed();
  return { subject: parsed.subject ?? '', text: (parsed.text ?? '').replace(/\s+/g, ' '), parsed };
}

const standingOf = (eventId: string) =>
  service.db
    .selectFrom('rsvps')
    .innerJoin('people', 'people.id', 'rsvps.personId')
    .select(['people.firstName', 'rsvps.state', 'rsvps.source'])
    .where('eventId', '=', eventId)
    .orderBy('people.firstName')
    .execute();

test('of two presses of the button at the same moment one makes the series, and both lead to it', async () => {
  const chapter = await makeChapter(service.db, { holidayCountry: null });
  const desk = await signedIn(service, chapter.coordinator.id);
  const made = await desk.post(`/desk/chapters/${chapter.slug}/events`, {
    ...eventFields(lunch),
    repeats: 'monthly_weekday',
  });
  const start = (made.headers.location as string).replace(/\?.*$/, '');
  const press = () =>
    desk.post(start, {
      rhythm: 'monthly_weekday',
      publication: 'itself',
      daysBefore: '14',
      ahead: '6',
      sure: 'yes',
    });
  for (const { headers } of await Promise.all([press(), press()])) {
    let at = headers.location as string;
    const moved = await desk.get(at);
    if (moved.statusCode === 303) at = moved.headers.location as string;
    expect((await desk.get(at)).statusCode).toBe(200);
  }
  const series = await service.db
    .selectFrom('series')
    .select('id')
    .where('chapterId', '=', chapter.id)
    .execute();
  expect(series).toHaveLength(1);
});

test('a standing yes: her place is there already, “stavolta no” is for one date, and she ends it herself', async () => {
  const { chapter, seriesId } = await monthlyLunch();
  const giulia = await makeMember(service.db, chapter.id, { firstName: 'Giulia' });
  const sara = await makeMember(service.db, chapter.id, { firstName: 'Sara' });
  await service.travel('2025-12-18T10:00:30+01:00');
  const [january, february, march] = await datesOf(seriesId);
  const page = await linkOf(january!.id, giulia.id);
  expect(text((await open(page)).body)).toContain(
    'Vieni sempre? Questo incontro torna ogni primo giovedì del mese alle 13:00.',
  );
  await post(page, { answer: 'yes' });
  const given = await post(`${page}/standing`, { standing: 'yes' });
  expect(given.headers.location).toBe(`${page}#standing`);
  expect(text((await open(page)).body)).toContain('Ogni volta, il tuo posto c’è già');
  await service.settle();
  await service.travel('2025-12-31T10:00:30+01:00');
  await service.travel('2026-01-02T10:00:30+01:00');
  await service.travel('2026-01-22T10:00:30+01:00');
  expect(await standingOf(february!.id)).toEqual([
    { firstName: 'Giulia', state: 'going', source: 'standing' },
  ]);
  expect(kinds(sara.email).at(-1)).toBe('invitation');
  expect(kinds(giulia.email)).toEqual(['invitation', 'confirmation', 'reminder', 'thanks', 'confirmation']);
  const mail = await lastMail(giulia.email);
  expect(mail.subject).toBe('Pranzo del primo giovedì · gio 5 feb, 13:00 · il tuo posto c’è già');
  expect(mail.text).toContain('torna ogni primo giovedì del mese alle 13:00, e il tuo posto c’è già');
  expect(mail.parsed.attachments.some((part) => part.contentType.startsWith('text/calendar'))).toBe(true);

  // One tap: the link opens her page, and changes nothing; the button does.
  const html = String(mail.parsed.html);
  const no = new URL(/href="([^"]+\?a=no)"[^>]*>[^<]*Stavolta no/.exec(html)?.[1] as string);
  expect((await open(no.pathname + no.search)).statusCode).toBe(200);
  expect((await standingOf(february!.id))[0]?.state).toBe('going');
  await post(no.pathname, { answer: 'no' });
  expect((await standingOf(february!.id))[0]).toMatchObject({ state: 'withdrawn', source: 'link' });
  await service.settle();
  expect(kinds(giulia.email).filter((kind) => kind === 'invitation')).toHaveLength(1);

  // The next date has her place again; from its mail she ends it, in two steps.
  await service.travel('2026-02-19T10:00:30+01:00');
  expect(await standingOf(march!.id)).toMatchObject([{ firstName: 'Giulia', state: 'going' }]);
  const again = String((await lastMail(giulia.email)).parsed.html);
  const end = new URL(/href="([^"]+\?standing=no)"/.exec(again)?.[1]?.replaceAll('&amp;', '&') as string);
  const asked = await open(end.pathname + end.search);
  expect(text(asked.body)).toContain('Vuoi decidere volta per volta?');
  const current = () =>
    service.db
      .selectFrom('standingYeses')
      .selectAll()
      .where('seriesId', '=', seriesId)
      .where('endedAt', 'is', null)
      .execute();
  expect(await current()).toHaveLength(1);
  await post(`${end.pathname}/standing`, { standing: 'no' });
  expect(await current()).toHaveLength(0);
  // What she has said stays; the next date invites her.
  expect(await standingOf(march!.id)).toMatchObject([{ state: 'going' }]);
  await service.travel('2026-03-19T10:00:30+01:00');
  expect(kinds(giulia.email).at(-1)).toBe('invitation');
});

test('where the seats are gone, the standing yeses are served in their order, and the others told the truth', async () => {
  const { chapter, seriesId, desk, page } = await monthlyLunch();
  const people = [];
  for (const firstName of ['Ada', 'Bea', 'Cleo', 'Dina', 'Eva']) {
    people.push(await makeMember(service.db, chapter.id, { firstName }));
  }
  // The order in which they were given, not that of the alphabet.
  for (const index of [4, 2, 0, 3, 1]) {
    service.clock.advance(1000);
    const done = await desk.post(`${page}/standing`, { personId: people[index]!.id, standing: 'yes' });
    expect(done.headers.location).toContain('done=standingGiven');
  }
  await service.travel('2025-12-18T10:00:30+01:00');
  const [january] = await datesOf(seriesId);
  expect(await standingOf(january!.id)).toMatchObject([
    { firstName: 'Ada', state: 'going' },
    { firstName: 'Bea', state: 'waitlisted' },
    { firstName: 'Cleo', state: 'going' },
    { firstName: 'Dina', state: 'waitlisted' },
    { firstName: 'Eva', state: 'going' },
  ]);
  const waiting = await lastMail(people[1]!.email);
  expect(waiting.subject).toContain('lista d’attesa');
  expect(waiting.text).toContain('hai il numero 2');
  expect(people.every((person) => kinds(person.email).join() === 'confirmation')).toBe(true);
  // One who says no frees a seat for the first who waits.
  await post(await linkOf(january!.id, people[0]!.id), { answer: 'no' });
  await service.settle();
  expect(await standingOf(january!.id)).toMatchObject([
    { state: 'withdrawn' },
    { state: 'waitlisted' },
    { state: 'going' },
    { firstName: 'Dina', state: 'offered' },
    { state: 'going' },
  ]);
});

test('on the day itself nobody is put on the list: whoever always comes is invited like the others', async () => {
  const { chapter, seriesId, desk, page } = await monthlyLunch();
  const member = await makeMember(service.db, chapter.id, { firstName: 'Ada' });
  await desk.post(`${page}/standing`, { personId: member.id, standing: 'yes' });
  const [january] = await datesOf(seriesId);
  expect((await desk.post(`/desk/events/${january!.id}/draft`)).headers.location).toContain('done=keptDraft');
  await service.travel('2026-01-01T09:00:00+01:00');
  expect((await datesOf(seriesId))[0]?.state).toBe('draft');
  await desk.post(`/desk/events/${january!.id}/publication`, { when: 'now' });
  await service.settle();
  expect(await standingOf(january!.id)).toEqual([]);
  expect(kinds(member.email)).toEqual(['invitation']);
});

test('with her membership her standing yes ends, and comes back with it where that was a slip', async () => {
  const { chapter, seriesId, desk, page } = await monthlyLunch();
  const member = await makeMember(service.db, chapter.id, { firstName: 'Ada' });
  await desk.post(`${page}/standing`, { personId: member.id, standing: 'yes' });
  const row = () =>
    service.db.selectFrom('standingYeses').selectAll().where('personId', '=', member.id).executeTakeFirst();
  await desk.post(`/desk/chapters/${chapter.slug}/members/${member.id}/departure`);
  expect((await row())?.endedAt).not.toBeNull();
  await desk.post(`/desk/chapters/${chapter.slug}/members/${member.id}/return`);
  expect((await row())?.endedAt).toBeNull();
  expect((await exportPerson(service.db, member.id)).standingYeses).toMatchObject([
    { title: lunch.title, givenVia: 'coordinator', endedAt: null },
  ]);
  await erasePerson(service.deps, member.id, { kind: 'system' });
  expect(await row()).toBeUndefined();
  await service.travel('2025-12-18T10:00:30+01:00');
  expect(await standingOf((await datesOf(seriesId))[0]!.id)).toEqual([]);
});

const following = (eventId: string, page: string) => `${page}/following?from=${eventId}`;

test('one date edited leaves the others as they are; “this and the following” changes those, and not the edited one', async () => {
  const { chapter, seriesId, page } = await monthlyLunch({ seatsRoom: '' });
  const giulia = await makeMember(service.db, chapter.id, { firstName: 'Giulia' });
  await service.travel('2026-02-20T10:00:00+01:00');
  // Her session of December is over.
  const desk = await signedIn(service, chapter.coordinator.id);
  let [, , march, april, may] = await datesOf(seriesId);
  await post(await linkOf(march!.id, giulia.id), { answer: 'yes' });
  const edit = { ...lunch, seatsRoom: '' };
  // April alone moves to another place.
  const form = await desk.get(`/desk/events/${april!.id}/edit`);
  expect(text(form.body)).toContain('Solo questo incontro');
  await desk.post(
    `/desk/events/${april!.id}`,
    eventFields({ ...edit, date: '2026-04-02', venueName: 'Il Chiostro' }),
  );
  [, , march, april, may] = await datesOf(seriesId);
  expect([march?.venueName, april?.venueName, may?.venueName]).toEqual([
    'Osteria del Sole',
    'Il Chiostro',
    'Osteria del Sole',
  ]);
  expect(april?.editedApartAt).not.toBeNull();
  expect(text((await desk.get(page)).body)).toContain('Cambiata a parte');

  // From March on: half an hour later, somewhere else. She is asked with the dates and the numbers before.
  const fields = {
    ...eventFields({
      ...edit,
      date: '2026-03-05',
      from: '13:30',
      to: '15:00',
      venueName: 'Trattoria Anna Maria',
    }),
    repeats: 'monthly_weekday',
  };
  const asked = await desk.post(following(march!.id, page), fields);
  expect(asked.statusCode).toBe(200);
  const words = text(asked.body);
  expect(words).toContain('Da questa data in poi: ogni primo giovedì del mese alle 13:30.');
  expect(words).toContain('Che cosa cambia: orario, Luogo.');
  expect(words).toContain('diventa giovedì 5 marzo, 13:30–15:00 una persona da avvisare');
  expect(words).toContain('resta com’è: l’hai cambiata a parte');
  expect(words).toContain('Vuoi avvisare subito una persona?');
  expect((await datesOf(seriesId))[2]?.venueName).toBe('Osteria del Sole');

  const done = await desk.post(following(march!.id, page), { ...fields, notify: 'yes' });
  expect(done.headers.location).toBe(`${page}?done=told`);
  const [january, february, ...rest] = await datesOf(seriesId);
  expect([january, february].map((date) => date?.venueName)).toEqual([
    'Osteria del Sole',
    'Osteria del Sole',
  ]);
  expect(rest.map((date) => [date.recurrenceOn, date.venueName, date.startsAt.toISOString()])).toEqual([
    ['2026-03-05', 'Trattoria Anna Maria', '2026-03-05T12:30:00.000Z'],
    ['2026-04-02', 'Il Chiostro', '2026-04-02T11:00:00.000Z'],
    ['2026-05-07', 'Trattoria Anna Maria', '2026-05-07T11:30:00.000Z'],
    ['2026-06-04', 'Trattoria Anna Maria', '2026-06-04T11:30:00.000Z'],
    ['2026-07-02', 'Trattoria Anna Maria', '2026-07-02T11:30:00.000Z'],
    ['2026-08-06', 'Trattoria Anna Maria', '2026-08-06T11:30:00.000Z'],
  ]);
  await service.settle();
  expect(kinds(giulia.email).at(-1)).toBe('update');
  // New dates begin as the changed ones do.
  await service.travel('2026-05-08T10:00:00+02:00');
  expect((await datesOf(seriesId)).at(-1)).toMatchObject({
    venueName: 'Trattoria Anna Maria',
    state: 'draft',
  });
});

test('“this and the following” to another day: the later dates go after it, and one called off stays off', async () => {
  const { seriesId, desk, page } = await monthlyLunch();
  const [, february, march] = await datesOf(seriesId);
  await desk.post(`/desk/events/${march!.id}/cancellation`, { sure: 'yes' });
  const fields = { ...eventFields({ ...lunch, date: '2026-02-06' }), repeats: 'monthly_weekday' };
  const asked = await desk.post(following(february!.id, page), fields);
  expect(text(asked.body)).toContain('ogni primo venerdì del mese alle 13:00');
  expect(text(asked.body)).toContain('Nessuno va avvisato');
  await desk.post(following(february!.id, page), { ...fields, notify: 'no' });
  expect((await datesOf(seriesId)).map((date) => [date.recurrenceOn, date.state])).toEqual([
    ['2026-01-01', 'draft'],
    ['2026-02-06', 'draft'],
    ['2026-03-06', 'cancelled'],
    ['2026-04-03', 'draft'],
    ['2026-05-01', 'draft'],
    ['2026-06-05', 'draft'],
  ]);
  // Its publication moves with it.
  expect((await datesOf(seriesId))[1]?.publishAt?.toISOString()).toBe('2026-01-23T09:00:00.000Z');
  // A day that is no beginning of the rhythm, one before the date before, and one that is over.
  const refused = async (date: string, repeats = 'monthly_weekday') =>
    text(
      (await desk.post(following(february!.id, page), { ...eventFields({ ...lunch, date }), repeats })).body,
    );
  expect(await refused('2026-01-30')).toContain('Scegli ogni quanto si ripete');
  expect(await refused('2026-01-01', 'weekly')).toContain('Questo giorno viene prima della data precedente');
});
