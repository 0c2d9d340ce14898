import { sql } from 'kysely';
import { beforeAll, expect, it } from 'vitest';
import { checksums } from '../support/checksum.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { useApi } from './support.ts';

const api = useApi({ now: '2026-11-10T09:00:00Z' });

/** A call that does something, and another of the same address that its token could make. */
type Call = { path: string; body: unknown; other: unknown; type?: string };

const event = { title: 'Cena', format: 'online', startsAt: '2026-12-01T20:00', endsAt: '2026-12-01T23:00' };
const csv = 'Nome;Cognome;E-mail\nEva;Blu;eva@example.org\n';
const chapter = { slug: 'roma', name: 'Roma', timeZone: 'Europe/Rome', locale: 'it' };

let slug = '';
let chapterId = '';
beforeAll(async () => {
  // The checksums read the queue's jobs too; here no alarm rings.
  await sql`create schema pgboss`.execute(api.deps.db);
  await sql`create table pgboss.job ()`.execute(api.deps.db);
  const made = await makeChapter(api.deps.db, { slug: 'bologna' });
  await makeMember(api.deps.db, made.id);
  slug = made.slug;
  chapterId = made.id;
});

const published = () =>
  makeEvent(api.deps, chapterId, { startsAt: new Date(api.clock().getTime() + 3_600_000) });
const draft = () => makeEvent(api.deps, chapterId, { draft: true });
const mailingOf = (eventId: string) =>
  api.deps.db
    .selectFrom('mailings')
    .select('id')
    .where('eventId', '=', eventId)
    .where('kind', '=', 'invitation')
    .executeTakeFirstOrThrow();

async function unknownDelivery(): Promise<string> {
  const { id: eventId } = await published();
  const person = await makeMember(api.deps.db, chapterId);
  const { id } = await api.deps.db
    .insertInto('deliveries')
    .values({
      mailingId: (await mailingOf(eventId)).id,
      personId: person.id,
      chapterId,
      eventId,
      kind: 'invitation',
      state: 'unknown',
      priority: 1,
      firstQueuedAt: api.clock(),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** Every POST of the API. One that is new needs its line here. `other` is null where a call takes no other body. */
const calls: Record<string, () => Promise<Call>> = {
  '/chapters': async () => ({ path: '/chapters', body: chapter, other: { ...chapter, slug: 'napoli' } }),
  '/chapters/{slug}/members': async () => ({
    path: `/chapters/${slug}/members`,
    body: { email: 'lia@example.org', firstName: 'Lia' },
    other: { email: 'lea@example.org', firstName: 'Lea' },
  }),
  '/chapters/{slug}/members/import': async () => ({
    path: `/chapters/${slug}/members/import`,
    body: csv,
    other: `${csv}Ida;Verdi;ida@example.org\n`,
    type: 'text/csv',
  }),
  '/chapters/{slug}/events': async () => ({
    path: `/chapters/${slug}/events`,
    body: event,
    other: { ...event, title: 'Pranzo' },
  }),
  '/chapters/{slug}/series': async () => ({
    path: `/chapters/${slug}/series`,
    body: { eventId: (await draft()).id, rule: 'FREQ=MONTHLY;BYDAY=3FR' },
    other: { eventId: (await draft()).id, rule: 'FREQ=MONTHLY;BYDAY=3FR' },
  }),
  '/events/{id}/publication': async () => ({
    path: `/events/${(await draft()).id}/publication`,
    body: {},
    other: null,
  }),
  '/events/{id}/cancellation': async () => ({
    path: `/events/${(await published()).id}/cancellation`,
    body: { reason: 'Piove' },
    other: { reason: 'Nevica' },
  }),
  '/events/{id}/attendance': async () => ({
    path: `/events/${(await published()).id}/attendance`,
    body: { name: 'Ada Rossi', mode: 'room' },
    other: { name: 'Ida Bianchi', mode: 'room' },
  }),
  '/mailings/{id}/preview': async () => ({
    path: `/mailings/${(await mailingOf((await published()).id)).id}/preview`,
    body: {},
    other: { personId: (await makeMember(api.deps.db, chapterId)).id },
  }),
  '/deliveries/{id}/presumption': async () => ({
    path: `/deliveries/${await unknownDelivery()}/presumption`,
    body: {},
    other: null,
  }),
};

const post = ({ path, type }: Call, body: unknown, key: string) =>
  api.call('POST', path, body, { key, headers: { 'content-type': type ?? 'application/json' } });
const state = () =>
  checksums(api.deps.db, { idempotencyKeys: ['id'] }).then(({ idempotency_keys: _, ...rest }) => rest);

it('there is a line here for every POST that the document names', async () => {
  const { paths } = (await api.app.inject('/api/v1/openapi.json')).json<{ paths: Record<string, object> }>();
  const posts = Object.entries(paths).filter(([, methods]) => 'post' in methods);
  expect(posts.map(([path]) => path.replace('/api/v1', '')).sort()).toEqual(Object.keys(calls).sort());
});

it.each(Object.keys(calls))(
  'POST %s is done once under one key, also of several at once, and answered the same',
  async (route) => {
    const call = await (calls[route] as () => Promise<Call>)();
    const key = `once ${route}`;
    const before = await state();
    const atOnce = await Promise.all([1, 2, 3, 4].map(() => post(call, call.body, key)));
    const done = atOnce.filter(
      ({ body, headers }) => !headers['idempotency-replayed'] && body.code !== 'still_running',
    );
    expect(done.map(({ status }) => status)).toEqual([
      expect.toSatisfy((status) => status === 200 || status === 201),
    ]);
    const after = await state();
    if (route !== '/mailings/{id}/preview') expect(after).not.toEqual(before);

    const again = await post(call, call.body, key);
    expect(again).toMatchObject({ status: done[0]?.status, body: done[0]?.body });
    expect(again.headers['idempotency-replayed']).toBe('true');

    // Another body, or the same one to another address.
    const reused =
      call.other === null
        ? await post(await (calls[route] as () => Promise<Call>)(), call.body, key)
        : await post(call, call.other, key);
    expect(reused).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    if (call.other !== null) expect(await state()).toEqual(after);
  },
);

it('a call that was refused for its body may be mended under the same key', async () => {
  const path = `/chapters/${slug}/members`;
  expect((await api.call('POST', path, { email: 'x' }, { key: 'mended' })).status).toBe(400);
  const mended = { email: 'mended@example.org', firstName: 'Mia' };
  expect((await api.call('POST', path, mended, { key: 'mended' })).status).toBe(201);
});
