import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { type AtDesk, signedIn } from './at-desk.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
type Chapter = Awaited<ReturnType<typeof makeChapter>>;
type Person = Awaited<ReturnType<typeof makeMember>>;
let bologna: Chapter;
let modena: Chapter;
let hers: AtDesk;
let theirs: AtDesk;

beforeAll(async () => {
  bologna = await makeChapter(service.db, { slug: 'bologna' });
  modena = await makeChapter(service.db, { slug: 'modena' });
  hers = await signedIn(service, bologna.coordinator.id);
  theirs = await signedIn(service, modena.coordinator.id);
});

const join = (personId: string, chapterId: string) =>
  service.db
    .insertInto('memberships')
    .values({ chapterId, personId, role: 'member', source: 'test', startsAt: service.clock() })
    .execute();

describe('of an event that Bologna holds with Modena', () => {
  let eventId: string;
  let modenese: Person;
  let bolognese: Person;

  beforeAll(async () => {
    modenese = await makeMember(service.db, modena.id, { firstName: 'Mara' });
    bolognese = await makeMember(service.db, bologna.id, { firstName: 'Bruna', email: null });
    const { id } = await makeEvent(service.deps, bologna.id, { draft: true });
    eventId = id;
    await hers.post(`/desk/events/${id}/cohosts`, { chapterId: modena.id });
    await theirs.post(`/desk/chapters/modena/cohosting/${id}`, { answer: 'yes' });
    await hers.post(`/desk/events/${id}/publication`, { when: 'now' });
  });

  test('a member of Modena is no person of Bologna’s: her page, her data and notes about her are not there', async () => {
    const of = `/desk/chapters/bologna/people/${modenese.id}`;
    for (const path of ['', '/edit', '/export', '/merge', '/erasure']) {
      expect((await hers.get(`${of}${path}`)).statusCode, path).toBe(404);
    }
    expect((await hers.post(`${of}/notes`, { text: 'curiosa' })).statusCode).toBe(404);
    const merged = await hers.get(`/desk/chapters/bologna/people/${bolognese.id}/merge?with=${modenese.id}`);
    expect(merged.statusCode).toBe(404);
    expect((await theirs.get(`/desk/chapters/modena/people/${modenese.id}`)).statusCode).toBe(200);
  });

  test('whoever Modena’s coordinator cannot write to gets no address from her either: her links would go there', async () => {
    const of = `/desk/events/${eventId}/answers/${bolognese.id}`;
    expect((await theirs.get(of)).body).not.toContain(`${of}/address`);
    const tried = await theirs.post(`${of}/address`, { email: 'mia@example.org' });
    expect(tried.statusCode).toBe(404);
    const { email } = await service.db
      .selectFrom('people')
      .select('email')
      .where('id', '=', bolognese.id)
      .executeTakeFirstOrThrow();
    expect(email).toBeNull();
    expect((await hers.post(`${of}/address`, { email: 'bruna@example.org' })).statusCode).toBe(303);
  });
});

describe('of a member of Modena who comes to an evening in Bologna as a guest', () => {
  let guest: Person;
  const of = () => `/desk/chapters/bologna/people/${guest.id}`;

  beforeEach(async () => {
    guest = await makeMember(service.db, modena.id, { firstName: 'Ospite' });
    await service.db
      .updateTable('people')
      .set({ phone: '+39 333 7654321' })
      .where('id', '=', guest.id)
      .execute();
    await service.db
      .insertInto('formerAddresses')
      .values({
        email: `prima.${guest.id}@example.org`,
        personId: guest.id,
        createdAt: service.clock(),
      })
      .execute();
    const event = await makeEvent(service.deps, bologna.id);
    const added = await hers.post(`/desk/events/${event.id}/additions`, {
      name: 'Ospite',
      email: guest.email as string,
    });
    expect(added.statusCode).toBe(303);
  });

  test('Bologna’s coordinator gets no telephone number and no earlier address: not on the page, and not in the file', async () => {
    for (const path of ['', '/edit', '/export']) {
      const { statusCode, body } = await hers.get(`${of()}${path}`);
      expect(statusCode, path).toBe(200);
      if (path !== '/edit') expect(body, path).toContain(guest.email);
      expect(body, path).not.toContain('7654321');
      expect(body, path).not.toContain('prima.');
    }
  });

  test('Modena’s coordinator finds the number in her file as on her page, and whoever has joined Bologna is Bologna’s too', async () => {
    expect((await theirs.get(`/desk/chapters/modena/people/${guest.id}/export`)).body).toContain('7654321');
    await join(guest.id, bologna.id);
    expect((await hers.get(`${of()}/export`)).body).toContain('7654321');
  });
});

describe('whose address is hers alone to change', () => {
  const changes = (person: Person) =>
    hers.post(`/desk/chapters/bologna/people/${person.id}`, {
      firstName: person.firstName,
      lastName: person.lastName,
      email: `presa.${person.id}@example.org`,
      phone: '',
      locale: '',
      form: '',
    });
  const addressOf = async (person: Person) =>
    (
      await service.db
        .selectFrom('people')
        .select('email')
        .where('id', '=', person.id)
        .executeTakeFirstOrThrow()
    ).email;

  test('is not whoever still has Modena’s door open, though the evening is over: a link to it would reach Bologna’s', async () => {
    const host = await makeMember(service.db, bologna.id, { firstName: 'Olga' });
    const event = await makeEvent(service.deps, modena.id);
    await theirs.post(`/desk/events/${event.id}/hosts`, {
      name: 'Olga Prova',
      email: host.email as string,
    });
    await service.db
      .updateTable('events')
      .set({
        startsAt: new Date(service.clock().getTime() - 26 * 3_600_000),
        endsAt: new Date(service.clock().getTime() - 24 * 3_600_000),
      })
      .where('id', '=', event.id)
      .execute();
    expect((await changes(host)).statusCode).toBe(409);
    expect(await addressOf(host)).toBe(host.email);
  });

  test('is not who becomes an administrator while the form is on its way', async () => {
    const person = await makeMember(service.db, bologna.id, { firstName: 'Nora' });
    const other = await service.db.startTransaction().execute();
    await other.insertInto('networkAdministrators').values({ personId: person.id }).execute();
    const changed = changes(person);
    await waitsForPeople();
    await other.commit().execute();
    expect((await changed).statusCode).toBe(409);
    expect(await addressOf(person)).toBe(person.email);
  });
});

/** Until a statement waits for somebody's row. */
async function waitsForPeople(): Promise<void> {
  for (;;) {
    const { rows } = await sql`select 1 from pg_stat_activity where datname = current_database()
      and wait_event_type = 'Lock' and query like '%"people"%'`.execute(service.db);
    if (rows.length > 0) return;
    await delay(10);
  }
}
