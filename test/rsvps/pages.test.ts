import { beforeAll, describe, expect, test } from 'vitest';
import { cancelEvent, changeEvent } from '../../server/events/service.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { days } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { useSite } from '../support/site.ts';

const site = useSite('2026-11-16T10:00:00+01:00');
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let anna: Awaited<ReturnType<typeof makeMember>>;

beforeAll(async () => {
  chapter = await makeChapter(site.db, { slug: 'bologna' });
  anna = await makeMember(site.db, chapter.id, { firstName: 'Anna', lastName: 'Rinaldi' });
});

const actor = { kind: 'system' } as const;
const read = (path: string, headers = {}) =>
  site.server.inject({ url: path, headers: { accept: 'text/html', ...headers } });
const stateOf = async (eventId: string, personId = anna.id) =>
  site.db
    .selectFrom('rsvps as r')
    .innerJoin('invitations as i', (join) =>
      join.onRef('i.eventId', '=', 'r.eventId').onRef('i.personId', '=', 'r.personId'),
    )
    .selectAll('r')
    .select('i.visible')
    .where('r.eventId', '=', eventId)
    .where('r.personId', '=', personId)
    .executeTakeFirst();

async function opened(details: Parameters<typeof makeEvent>[2] = {}) {
  const event = await makeEvent(site.deps, chapter.id, details);
  return { event, path: await site.linkOf(event.id, anna.id) };
}

/** Somebody else takes a seat. */
async function seatTaken(eventId: string, mode?: 'room' | 'online') {
  const other = await makeMember(site.db, chapter.id, { firstName: 'Bea' });
  await site.db
    .insertInto('invitations')
    .values({ eventId, personId: other.id, chapterId: chapter.id, source: 'member', calendarUid: 'x' })
    .execute();
  await answerInvitation(site.deps, { eventId, personId: other.id, answer: 'yes', mode, source: 'link' });
  return other;
}

describe('a member’s link', () => {
  test('says whose it is, and how somebody else comes by her own', async () => {
    const { event, path } = await opened();
    const page = await read(path);
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('Stai rispondendo per <b>Anna R.</b>');
    expect(page.body).not.toContain('Rinaldi');
    expect(page.body).toContain(`href="/e/${event.id}?from=Anna%20R.#link">Non sei tu?`);
  });

  test('is kept by nobody, indexed by nobody, and told to no other site', async () => {
    const { path } = await opened();
    for (const url of [path, `${path}/calendar.ics`]) {
      const { headers } = await read(url);
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['referrer-policy']).toBe('same-origin');
      expect(headers['x-robots-tag']).toBe('noindex');
    }
  });

  test('changes nothing by being opened, whatever answer it brings along', async () => {
    const { event, path } = await opened();
    for (const method of ['GET', 'HEAD'] as const) {
      for (const query of ['', '?a=yes', '?a=no', '?answer=yes', '?a[]=yes&a=no']) {
        const response = await site.server.inject({ method, url: path + query });
        expect(response.statusCode).toBe(200);
      }
    }
    expect(await stateOf(event.id)).toBeUndefined();
  });

  test('puts the preselected answer first and large', async () => {
    const { path } = await opened();
    const answers = async (query: string) =>
      [...(await read(path + query)).body.matchAll(/name="answer" value="(\w+)" class="([\w ]*)"/g)].map(
        ([, answer, look]) => `${answer} ${look}`.trim(),
      );
    expect(await answers('')).toEqual(['yes main big', 'no']);
    expect(await answers('?a=no')).toEqual(['no main big', 'yes']);
    expect(await answers('?a=nonsense')).toEqual(['yes main big', 'no']);
  });

  test('a yes is confirmed with warmth, and undo stays on the page', async () => {
    const { event, path } = await opened({ guestsAllowed: 1 });
    const posted = await site.post(path, {
      answer: 'yes',
      guestName: ['Sara  Neri'],
      note: ' Arrivo alle 19 ',
      visible: ['0', '1'],
    });
    expect(posted.statusCode).toBe(303);
    expect(posted.headers.location).toBe(path);
    expect(await stateOf(event.id)).toMatchObject({
      state: 'going',
      guests: 1,
      note: 'Arrivo alle 19',
      visible: true,
    });
    const { body } = await read(path);
    expect(body).toContain('Ci vediamo giovedì 26 novembre!');
    expect(body).toContain('Con te: Sara Neri.');
    expect(body).toContain(`${path}/calendar.ics`);
    expect(body).toContain('Annulla: non ci sarò');
  });

  test('undo brings back what she had said before, party and all', async () => {
    const { event, path } = await opened({ guestsAllowed: 2 });
    await site.post(path, { answer: 'yes', guestName: ['Sara', 'Ada'] });
    await site.post(path, { answer: 'no' });
    const { body } = await read(path);
    expect(body).toContain('Va bene così, Anna');
    const undo = /<form[^>]*class="undo">([\s\S]*?)<\/form>/.exec(body)?.[1] ?? '';
    const fields = Object.fromEntries(
      [...undo.matchAll(/name="(\w+)" value="(\w+)"/g)].map(([, k, v]) => [k, v ?? '']),
    );
    expect(fields).toEqual({ mode: 'room', guests: '2', answer: 'yes' });
    await site.post(path, fields as Record<string, string>);
    expect(await stateOf(event.id)).toMatchObject({ state: 'going', guests: 2 });
    expect((await read(path)).body).toContain('Con te vengono 2 persone');
  });

  test('a tap that only answers leaves guests, note and visibility as they are', async () => {
    const { event, path } = await opened({ guestsAllowed: 1 });
    await site.post(path, { answer: 'yes', guestName: 'Sara', note: 'Ciao', visible: '1' });
    await site.post(path, { answer: 'yes' });
    expect(await stateOf(event.id)).toMatchObject({ guests: 1, note: 'Ciao', visible: true });
  });

  test('names and titles are printed, not obeyed', async () => {
    const { path } = await opened({
      title: '<script>alert(1)</script>',
      description: '<img src=x> ![a](https://evil.example/x.png)',
    });
    const { body } = await read(path);
    expect(body).toContain('&lt;script&gt;alert(1)');
    expect(body).not.toMatch(/<script>|<img/);
  });
});

describe('the truth about seats', () => {
  test('where all are taken she is told so, and joins the list with her place', async () => {
    const { event, path } = await opened({ seatsRoom: 1 });
    await seatTaken(event.id);
    const before = await read(path);
    expect(before.body).toContain('I posti sono esauriti');
    expect(before.body).toContain('Mettimi in lista d’attesa');
    await site.post(path, { answer: 'yes' });
    expect((await read(path)).body).toContain('Sei al 1º posto della lista.');
  });

  test('a freed seat is held for her until a stated time', async () => {
    const { event, path } = await opened({ seatsRoom: 1 });
    const other = await seatTaken(event.id);
    await site.post(path, { answer: 'yes' });
    await answerInvitation(site.deps, {
      eventId: event.id,
      personId: other.id,
      answer: 'no',
      source: 'link',
    });
    const { body } = await read(path);
    expect(body).toContain('Si è liberato un posto!');
    // 24 hours, of which those from 21 to 8 do not count.
    expect(body).toContain('fino a domani alle 21:00');
    await site.post(path, { answer: 'yes' });
    expect(await stateOf(event.id)).toMatchObject({ state: 'going' });
  });

  test('an offer that ran out is no offer any more, even before anybody took it back', async () => {
    const { event, path } = await opened({ seatsRoom: 1 });
    const other = await seatTaken(event.id);
    await site.post(path, { answer: 'yes' });
    await answerInvitation(site.deps, {
      eventId: event.id,
      personId: other.id,
      answer: 'no',
      source: 'link',
    });
    site.clock.advance(days(3));
    try {
      const { body } = await read(path);
      expect(body).toContain('Il posto non è più tenuto per te');
      expect(body).not.toContain('Lo prendo');
    } finally {
      site.clock.advance(-days(3));
    }
  });

  test('a larger party that does not fit is refused, and she keeps what she has', async () => {
    const { event, path } = await opened({ seatsRoom: 2, guestsAllowed: 1 });
    await seatTaken(event.id);
    await site.post(path, { answer: 'yes' });
    const refused = await site.post(path, { answer: 'yes', guestName: 'Sara Neri', note: 'Con mia sorella' });
    expect(refused.statusCode).toBe(409);
    expect(refused.body).toContain('Non ci sono abbastanza posti');
    expect(refused.body).toContain('value="Sara Neri"');
    expect(refused.body).toContain('Con mia sorella');
    expect(await stateOf(event.id)).toMatchObject({ state: 'going', guests: 0, note: null });
  });

  test('each way of taking part says its own seats', async () => {
    const { event, path } = await opened({
      format: 'hybrid',
      seatsRoom: 1,
      seatsOnline: 5,
      joinUrl: 'https://meet.example.org/x',
    });
    await seatTaken(event.id, 'room');
    const { body } = await read(path);
    expect(body).toMatch(/In sala[\s\S]*Posti esauriti[\s\S]*Online[\s\S]*5 posti disponibili/);
    expect(body).toMatch(/value="online" checked/);
  });

  test('the join link reaches only who is confirmed online', async () => {
    const { event, path } = await opened({ format: 'hybrid', joinUrl: 'https://meet.example.org/x' });
    const pages = async () => (await read(path)).body + (await read(`${path}/calendar.ics`)).body;
    expect(await pages()).not.toContain('meet.example.org');
    await site.post(path, { answer: 'yes', mode: 'room' });
    expect(await pages()).not.toContain('meet.example.org');
    await site.post(path, { answer: 'yes', mode: 'online' });
    expect(await stateOf(event.id)).toMatchObject({ mode: 'online' });
    expect((await read(path)).body).toContain('href="https://meet.example.org/x"');
    expect((await read(`${path}/calendar.ics`)).body).toContain('meet.example.org');
  });

  test('only those who said so are named to the others', async () => {
    const { event, path } = await opened();
    const shy = await seatTaken(event.id);
    await site.post(path, { answer: 'yes' });
    expect((await read(path)).body).toContain('Ci sarà anche un’altra persona.');
    await answerInvitation(site.deps, {
      eventId: event.id,
      personId: shy.id,
      answer: 'yes',
      visible: true,
      source: 'link',
    });
    expect((await read(path)).body).toMatch(/Chi incontrerai<\/h2>\s*<ul>\s*<li><b>Bea P\.<\/b>/);
  });
});

describe('an event that changes', () => {
  test('asks those who are coming whether they still are, old and new side by side', async () => {
    const { event, path } = await opened();
    await site.post(path, { answer: 'yes' });
    site.clock.advance(60_000);
    await changeEvent(site.deps, event.id, { venueName: 'Sala Borsa' }, { actor, notify: true });
    const { body } = await read(path);
    expect(body).toContain('Ci sei ancora?');
    expect(body).toMatch(/<s>Enoteca Storica, Via Marsala 2, Bologna<\/s>/);
    expect(body).toMatch(/class="new">Sala Borsa, Via Marsala 2, Bologna/);
    expect(body).not.toContain('Ci vediamo');
    site.clock.advance(60_000);
    await site.post(path, { answer: 'yes' });
    const after = (await read(path)).body;
    expect(after).not.toContain('Ci sei ancora?');
    expect(after).toContain('Ci vediamo');
  });

  test('once cancelled says why, and takes no answer', async () => {
    const { event, path } = await opened();
    await cancelEvent(site.deps, event.id, { actor, reason: 'Guasto all’acqua.', notify: true });
    const { body } = await read(path);
    expect(body).toContain('L’incontro è annullato');
    expect(body).toContain('Guasto all’acqua.');
    expect(body).not.toContain('name="answer"');
    const refused = await site.post(path, { answer: 'yes' });
    expect(refused.statusCode).toBe(409);
    expect(refused.body).toContain('annullato nel frattempo');
  });

  test('after the term a yes is no longer taken, a no is', async () => {
    const { event, path } = await opened({ answersCloseAt: new Date('2026-11-20T12:00:00+01:00') });
    await site.post(path, { answer: 'yes' });
    site.clock.set('2026-11-21T10:00:00+01:00');
    try {
      expect((await read(path)).body).toContain('Ci vediamo giovedì!');
      await site.post(path, { answer: 'no' });
      expect(await stateOf(event.id)).toMatchObject({ state: 'withdrawn' });
      const late = await site.post(path, { answer: 'yes' });
      expect(late.statusCode).toBe(409);
      expect(late.body).toContain('Le conferme sono chiuse');
    } finally {
      site.clock.set('2026-11-16T10:00:00+01:00');
    }
  });

  test('once over it says so, and a week later the link has expired', async () => {
    const { path } = await opened();
    site.clock.set('2026-11-27T10:00:00+01:00');
    try {
      expect((await read(path)).body).toContain('L’incontro si è concluso');
      site.clock.set('2026-12-04T10:00:00+01:00');
      const gone = await read(path);
      expect(gone.statusCode).toBe(410);
      expect(gone.body).toContain('Questo link è scaduto');
      expect((await site.post(path, { answer: 'yes' })).statusCode).toBe(410);
    } finally {
      site.clock.set('2026-11-16T10:00:00+01:00');
    }
  });
});

describe('bad input', () => {
  test('a wrong field is marked, its reason beside it and her words kept', async () => {
    const { event, path } = await opened({ guestsAllowed: 2 });
    const page = await site.post(path, {
      answer: 'yes',
      guestName: ['Sara', 'Ada', 'Eva'],
      note: 'x'.repeat(1001),
    });
    expect(page.statusCode).toBe(400);
    expect(page.body).toContain('al massimo 2 persone');
    expect(page.body).toContain('al massimo 1000 caratteri');
    expect(page.body).toMatch(/<textarea[^>]*aria-describedby="note-hint note-error" aria-invalid="true"/);
    expect(page.body).toContain('value="Sara"');
    expect(page.body).toMatch(/<details open>/);
    expect(await stateOf(event.id)).toBeUndefined();
  });

  test.each([
    ['no answer', {}, 'Scegli una risposta.'],
    ['an answer that there is not', { answer: 'perhaps' }, 'Scegli una risposta.'],
    ['maybe, where it is not allowed', { answer: 'maybe' }, 'serve un sì o un no'],
    ['more guests than allowed', { answer: 'yes', guestName: ['A', 'B', 'C'] }, 'al massimo 2 persone'],
    ['guests that are no number', { answer: 'yes', guests: 'many' }, 'da 0 a 20'],
    ['a way that the event is not held', { answer: 'yes', mode: 'online' }, 'non si tiene in quel modo'],
  ])('%s: 400, and nothing is written', async (_name, fields, reason) => {
    const { event, path } = await opened({ guestsAllowed: 2 });
    const page = await site.post(path, fields as Record<string, string>);
    expect(page.statusCode).toBe(400);
    expect(page.body).toContain(reason);
    expect(await stateOf(event.id)).toBeUndefined();
  });

  test('characters that the database cannot keep are left out', async () => {
    const { event, path } = await opened({ guestsAllowed: 1 });
    expect((await site.post(path, { answer: 'yes', note: 'a\0b', guestName: 'Sa\0ra' })).statusCode).toBe(
      303,
    );
    expect(await stateOf(event.id)).toMatchObject({ note: 'ab', guests: 1 });
  });

  test('a form from another site is refused, one that does not say where it comes from is taken', async () => {
    const { event, path } = await opened();
    const foreign: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of foreign)
      expect((await site.post(path, { answer: 'yes' }, headers)).statusCode).toBe(403);
    expect(await stateOf(event.id)).toBeUndefined();
    const own = { origin: site.url, 'sec-fetch-site': 'same-origin' };
    expect((await site.post(path, { answer: 'yes' }, own)).statusCode).toBe(303);
    expect((await site.post(path, { answer: 'no' })).statusCode).toBe(303);
  });

  test('a body over its limit is 413', async () => {
    const { path } = await opened();
    expect((await site.post(path, { answer: 'yes', note: 'x'.repeat(70_000) })).statusCode).toBe(413);
  });

  test('broken, forged, cut and revoked links are one and the same friendly 404', async () => {
    const { path } = await opened();
    const token = path.slice('/r/'.length);
    const [id, mac] = token.split('.') as [string, string];
    const other = (await opened()).path.slice('/r/'.length).split('.')[1];
    const wrong = [
      'x',
      id,
      `${id}.`,
      `${id}.${mac.slice(0, -1)}`,
      `${id}.${other}`,
      `.${mac}`,
      `${id}.${mac}x`,
      '%00.%00',
    ];
    const bodies = new Set<string>();
    for (const one of wrong) {
      const response = await read(`/r/${one}`);
      expect({ one, status: response.statusCode }).toEqual({ one, status: 404 });
      bodies.add(response.body);
      expect((await site.post(`/r/${one}`, { answer: 'yes' })).statusCode).toBe(404);
    }
    expect([...bodies]).toEqual([expect.stringContaining('Questo link non funziona')]);
    await site.db.updateTable('people').set({ linkEpoch: 2 }).where('id', '=', anna.id).execute();
    try {
      expect((await read(path)).statusCode).toBe(404);
    } finally {
      await site.db.updateTable('people').set({ linkEpoch: 1 }).where('id', '=', anna.id).execute();
    }
  });

  test('a link takes twenty writes an hour', async () => {
    const { path } = await opened();
    const statuses: number[] = [];
    for (let i = 0; i < 21; i += 1)
      statuses.push((await site.post(path, { answer: i % 2 ? 'no' : 'yes' })).statusCode);
    expect(statuses).toEqual([...Array<number>(20).fill(303), 429]);
  });
});

test('a person who reads English gets English', async () => {
  const { event } = await opened();
  const kate = await makeMember(site.db, chapter.id, { firstName: 'Kate', locale: 'en' });
  await site.db
    .insertInto('invitations')
    .values({
      eventId: event.id,
      personId: kate.id,
      chapterId: chapter.id,
      source: 'member',
      calendarUid: 'y',
    })
    .execute();
  const page = await read(await site.linkOf(event.id, kate.id), { 'accept-language': 'it' });
  expect(page.body).toContain('<html lang="en">');
  expect(page.body).toContain('You are answering for <b>Kate P.</b>');
  expect(page.body).toContain('Thursday 26 November');
});
