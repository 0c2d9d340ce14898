import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createToken } from '../../server/api/tokens.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember, makeMembers } from '../support/factories.ts';
import { type AtDesk, eventFields, signedIn } from './at-desk.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
type Chapter = Awaited<ReturnType<typeof makeChapter>>;
let bologna: Chapter;
let modena: Chapter;
let hers: AtDesk;
let theirs: AtDesk;

beforeAll(async () => {
  bologna = await makeChapter(service.db, { slug: 'bologna' });
  modena = await makeChapter(service.db, { slug: 'modena' });
  await service.db.updateTable('chapters').set({ name: 'Modena' }).where('id', '=', modena.id).execute();
  hers = await signedIn(service, bologna.coordinator.id);
  theirs = await signedIn(service, modena.coordinator.id);
});

const invited = async (eventId: string) =>
  (
    await service.db
      .selectFrom('invitations')
      .innerJoin('people', 'people.id', 'invitations.personId')
      .select(['people.firstName', 'people.email'])
      .where('eventId', '=', eventId)
      .orderBy('people.firstName')
      .execute()
  ).map(({ firstName }) => firstName);

describe('an event that two chapters hold', () => {
  let both: Awaited<ReturnType<typeof makeMember>>;
  let bolognese: Awaited<ReturnType<typeof makeMember>>;
  let modenese: Awaited<ReturnType<typeof makeMember>>;
  let eventId: string;

  beforeAll(async () => {
    const { db } = service;
    bolognese = await makeMember(db, bologna.id, { firstName: 'Bruna' });
    modenese = await makeMember(db, modena.id, { firstName: 'Mara' });
    both = await makeMember(db, bologna.id, { firstName: 'Dina' });
    await db
      .insertInto('memberships')
      .values({
        chapterId: modena.id,
        personId: both.id,
        role: 'member',
        source: 'test',
        startsAt: service.clock(),
      })
      .execute();
    await db
      .updateTable('people')
      .set({ phone: '+39 333 7654321' })
      .where('id', 'in', [bolognese.id, modenese.id])
      .execute();
  });
  beforeEach(async () => {
    eventId = (await makeEvent(service.deps, bologna.id, { draft: true })).id;
  });

  const ask = () => hers.post(`/desk/events/${eventId}/cohosts`, { chapterId: modena.id });
  const agree = () => theirs.post(`/desk/chapters/modena/cohosting/${eventId}`, { answer: 'yes' });

  test('is not the other chapter’s before its coordinator has agreed, from her own desk', async () => {
    expect((await theirs.get(`/desk/events/${eventId}`)).statusCode).toBe(404);
    expect((await ask()).headers.location).toContain('done=cohostAsked');
    expect((await theirs.get(`/desk/events/${eventId}`)).statusCode).toBe(404);
    const home = await theirs.get('/desk/');
    expect(home.body).toContain(`/desk/chapters/modena/cohosting/${eventId}`);
    // She who asked cannot answer for the other.
    expect(
      (await hers.post(`/desk/chapters/modena/cohosting/${eventId}`, { answer: 'yes' })).statusCode,
    ).toBe(404);
    expect((await agree()).headers.location).toBe(`/desk/events/${eventId}?done=cohostJoined`);
    expect((await theirs.get(`/desk/events/${eventId}`)).statusCode).toBe(200);
    expect((await theirs.get('/desk/')).body).toContain(`/desk/events/${eventId}`);
  });

  test('invites the members of both, and a woman in both once, by one mail that the first chapter sends', async () => {
    await ask();
    await agree();
    await theirs.post(`/desk/events/${eventId}/publication`, { when: 'now' });
    expect(await invited(eventId)).toEqual(['Anna', 'Anna', 'Bruna', 'Dina', 'Mara']);
    await service.settle();
    const sent = service.inbox.messages.filter(({ to }) => to.includes(both.email as string));
    expect(sent).toHaveLength(1);
    const chapters = await service.db
      .selectFrom('deliveries')
      .select('chapterId')
      .where('eventId', '=', eventId)
      .execute();
    expect(new Set(chapters.map(({ chapterId }) => chapterId))).toEqual(new Set([bologna.id]));
    await service.db.updateTable('events').set({ access: 'link' }).where('id', '=', eventId).execute();
    expect((await service.server.inject(`/e/${eventId}`)).body).toContain('Bologna e Modena');
  });

  test('writes to nobody who gave invitations up in the group that is hers', async () => {
    await ask();
    await agree();
    await service.db
      .insertInto('preferences')
      .values({
        personId: modenese.id,
        chapterId: modena.id,
        topic: 'invitation',
        optedOutAt: service.clock(),
      })
      .execute();
    const before = service.inbox.messages.length;
    await hers.post(`/desk/events/${eventId}/publication`, { when: 'now' });
    await service.settle();
    const fresh = service.inbox.messages.slice(before).flatMap(({ to }) => to);
    expect(fresh).toContain(bolognese.email);
    expect(fresh).not.toContain(modenese.email);
    await service.db.deleteFrom('preferences').where('personId', '=', modenese.id).execute();
  });

  test('shows each coordinator the addresses and phones of her own people only', async () => {
    await ask();
    await agree();
    await hers.post(`/desk/events/${eventId}/publication`, { when: 'now' });
    const sees = async (desk: AtDesk, path: string) => {
      const { body } = await desk.get(`/desk/events/${eventId}/${path}`);
      return [bolognese, modenese, both].map((person) => body.includes(person.email as string));
    };
    expect(await sees(hers, 'answers.csv')).toEqual([true, false, true]);
    expect(await sees(theirs, 'answers.csv')).toEqual([false, true, true]);
    const page = async (desk: AtDesk, personId: string) =>
      (await desk.get(`/desk/events/${eventId}/answers/${personId}`)).body;
    expect(await page(hers, modenese.id)).not.toMatch(/mailto|tel:|\/r\//);
    expect(await page(theirs, modenese.id)).toContain('tel:');
    expect(await page(theirs, bolognese.id)).not.toMatch(/mailto|tel:|\/r\//);
    // She may answer for her all the same: both manage the event.
    const said = await theirs.post(`/desk/events/${eventId}/answers/${bolognese.id}`, { answer: 'yes' });
    expect(said.statusCode).toBe(303);
    // And write to whoever comes, in her own chapter’s name.
    const write = { act: 'write', person: bolognese.id };
    const letter = await theirs.post(`/desk/events/${eventId}/selection`, write);
    expect(letter.headers.location).toContain('/desk/chapters/modena/messages/');
  });

  test('is left again by the chapter that joined, and no other chapter sends the first one away', async () => {
    await ask();
    await agree();
    const removal = (id: string) => `/desk/events/${eventId}/cohosts/${id}/removal`;
    expect((await theirs.post(removal(bologna.id))).statusCode).toBe(404);
    expect((await theirs.post(removal(modena.id))).headers.location).toBe('/desk/?done=cohostLeft');
    expect((await theirs.get(`/desk/events/${eventId}`)).statusCode).toBe(404);
  });

  test('is shared at once where she who asks coordinates both', async () => {
    await service.db
      .insertInto('memberships')
      .values({
        chapterId: modena.id,
        personId: bologna.coordinator.id,
        role: 'coordinator',
        source: 'test',
        startsAt: service.clock(),
      })
      .execute();
    expect((await ask()).headers.location).toContain('done=cohostJoined');
    await service.db
      .deleteFrom('memberships')
      .where('personId', '=', bologna.coordinator.id)
      .where('chapterId', '=', modena.id)
      .execute();
  });
});

describe('hosts of the day', () => {
  test('are told by mail, find the door open and nothing else, until they are taken off', async () => {
    const event = await makeEvent(service.deps, bologna.id);
    const added = await hers.post(`/desk/events/${event.id}/hosts`, {
      name: 'Olga Neri',
      email: 'olga@example.org',
    });
    expect(added.headers.location).toContain('done=hostAdded');
    await service.settle();
    const mail = service.inbox.messages.find(({ to }) => to.includes('olga@example.org'));
    expect((await mail?.parsed())?.text).toContain(`/desk/events/${event.id}/door`);
    const { id } = await service.db
      .selectFrom('people')
      .select('id')
      .where('email', '=', 'olga@example.org')
      .executeTakeFirstOrThrow();
    const olga = await signedIn(service, id);
    expect((await olga.get(`/desk/events/${event.id}/door`)).statusCode).toBe(200);
    for (const path of ['', '/hosts', '/list', '/answers.csv', '/live', '/additions']) {
      expect((await olga.get(`/desk/events/${event.id}${path}`)).statusCode, path).toBe(404);
    }
    await hers.post(`/desk/events/${event.id}/hosts/${id}/removal`);
    // Her session opens nothing any more.
    expect((await olga.get(`/desk/events/${event.id}/door`)).statusCode).toBe(303);
  });

  test('hear of the door when a draft is published, once', async () => {
    const event = await makeEvent(service.deps, bologna.id, { draft: true });
    const [ida] = await makeMembers(service.db, bologna.id, 1);
    await hers.post(`/desk/events/${event.id}/hosts`, { personId: ida?.id as string });
    const mails = async () => {
      await service.settle();
      const texts = await Promise.all(
        service.inbox.messagesTo(ida?.email as string).map(async (mail) => (await mail.parsed()).text ?? ''),
      );
      return texts.filter((text) => text.includes(`${event.id}/door`)).length;
    };
    expect(await mails()).toBe(0);
    await hers.post(`/desk/events/${event.id}/publication`, { when: 'now' });
    expect(await mails()).toBe(1);
  });

  test('are people of the event’s chapters, or named with an address: another chapter’s id is not there', async () => {
    const event = await makeEvent(service.deps, bologna.id);
    const stranger = await makeMember(service.db, modena.id, { firstName: 'Zita' });
    const tried = await hers.post(`/desk/events/${event.id}/hosts`, { personId: stranger.id });
    expect(tried.statusCode).toBe(404);
    expect((await hers.get(`/desk/events/${event.id}/hosts?q=zita`)).body).not.toContain(stranger.id);
  });
});

describe('a copy', () => {
  test('is a draft with everything but hosts and people, on the same weekday next month', async () => {
    const event = await makeEvent(service.deps, bologna.id, {
      // The first Thursday of December, before the clocks change back.
      startsAt: new Date('2026-12-03T17:30:00Z'),
      endsAt: new Date('2026-12-03T19:30:00Z'),
      seatsRoom: 25,
      cost: '15 €',
    });
    await hers.post(`/desk/events/${event.id}/questions`, { label0: 'Che cosa non mangi?', kind0: 'text' });
    await hers.post(`/desk/events/${event.id}/notes`, { notes: 'Chiamare l’enoteca' });
    const made = await hers.post(`/desk/events/${event.id}/copies`);
    const id = /events\/([^/]+)\/edit/.exec(made.headers.location as string)?.[1] as string;
    const copy = await service.db
      .selectFrom('events')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(copy).toMatchObject({
      state: 'draft',
      title: event.title,
      seatsRoom: 25,
      cost: '15 €',
      privateNotes: 'Chiamare l’enoteca',
      startsAt: new Date('2027-01-07T17:30:00Z'),
      endsAt: new Date('2027-01-07T19:30:00Z'),
    });
    expect((await hers.get(`/desk/events/${id}/questions`)).body).toContain('Che cosa non mangi?');
    expect(await invited(id)).toEqual([]);
  });
});

describe('notes', () => {
  test('stay between those who manage the event, and hold no mail back', async () => {
    const event = await makeEvent(service.deps, bologna.id, { access: 'public' });
    await hers.post(`/desk/events/${event.id}/notes`, { notes: 'Il vino lo porta Ada' });
    expect((await hers.get(`/desk/events/${event.id}`)).body).toContain('Il vino lo porta Ada');
    expect((await service.server.inject(`/e/${event.id}`)).body).not.toContain('Ada');
    const { revision } = await service.db
      .selectFrom('events')
      .select('revision')
      .where('id', '=', event.id)
      .executeTakeFirstOrThrow();
    expect(revision).toBe(event.revision);
    expect(eventFields()).not.toHaveProperty('notes');
  });
});

test('a token of one chapter is not told how to reach the members of another that holds the event too', async () => {
  const { db, deps } = service;
  const mara = await makeMember(db, modena.id, { firstName: 'Mara' });
  const bea = await makeMember(db, bologna.id, { firstName: 'Bea' });
  const event = await makeEvent(deps, bologna.id, { draft: true });
  await hers.post(`/desk/events/${event.id}/cohosts`, { chapterId: modena.id });
  await theirs.post(`/desk/chapters/modena/cohosting/${event.id}`, { answer: 'yes' });
  await hers.post(`/desk/events/${event.id}/publication`, { when: 'now' });
  const asks = async (chapterId: string | null) => {
    const { secret: token } = await createToken(db, { name: 'prova', chapterId, now: deps.clock() });
    const url = `/api/v1/events/${event.id}/rsvps?limit=500`;
    const answer = await service.server.inject({ url, headers: { authorization: `Bearer ${token}` } });
    const { items } = answer.json<{
      items: { personId: string; email: string | null; link: string | null }[];
    }>();
    return [mara, bea].map(({ id }) => items.find(({ personId }) => personId === id));
  };
  expect(await asks(bologna.id)).toMatchObject([{ email: null, link: null }, { email: bea.email }]);
  expect(await asks(null)).toMatchObject([{ email: mara.email }, { email: bea.email }]);
});
