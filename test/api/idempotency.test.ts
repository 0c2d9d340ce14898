import { beforeAll, expect, it } from 'vitest';
import { hours, minutes } from '../support/clock.ts';
import { makeChapter } from '../support/factories.ts';
import { useApi } from './support.ts';

const api = useApi({ now: '2026-11-10T09:00:00Z' });

beforeAll(async () => {
  await makeChapter(api.deps.db, { slug: 'bologna' });
});

const path = '/chapters/bologna/events';
const event = {
  title: 'Cena',
  format: 'in_person',
  startsAt: '2026-12-01T20:00',
  endsAt: '2026-12-01T23:00',
};
const countEvents = async () => (await api.deps.db.selectFrom('events').select('id').execute()).length;

it('the same key and body make one event, and are answered the same', async () => {
  const before = await countEvents();
  const first = await api.call('POST', path, event, { key: 'once' });
  const again = await api.call('POST', path, event, { key: 'once' });
  expect(first.status).toBe(201);
  expect(again).toMatchObject({ status: 201, body: first.body, headers: { 'idempotency-replayed': 'true' } });
  expect(await countEvents()).toBe(before + 1);
});

it('a refusal is answered the same too, as a problem', async () => {
  const wrong = { ...event, endsAt: event.startsAt };
  const first = await api.call('POST', path, wrong, { key: 'refused' });
  const again = await api.call('POST', path, wrong, { key: 'refused' });
  expect(first.status).toBe(400);
  expect(again).toMatchObject({ status: 400, body: first.body });
});

it('another body or another call under the same key is 422', async () => {
  await api.call('POST', path, event, { key: 'mine' });
  const other = await api.call('POST', path, { ...event, title: 'Pranzo' }, { key: 'mine' });
  expect(other.body).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
  const elsewhere = await api.call(
    'POST',
    '/chapters/bologna/members',
    { email: 'a@example.org', firstName: 'A' },
    { key: 'mine' },
  );
  expect(elsewhere.status).toBe(422);
});

it('a key belongs to its token', async () => {
  const before = await countEvents();
  await api.call('POST', path, event, { key: 'shared' });
  await api.call('POST', path, event, { key: 'shared', token: await api.tokenOf(null) });
  expect(await countEvents()).toBe(before + 2);
});

it('of several at once one is done, the others are told to come again', async () => {
  const before = await countEvents();
  const all = await Promise.all(
    Array.from({ length: 8 }, () => api.call('POST', path, event, { key: 'at once' })),
  );
  expect(await countEvents()).toBe(before + 1);
  const made = new Set(all.filter((answer) => answer.status === 201).map((answer) => answer.body.id));
  expect(made.size).toBe(1);
  for (const waiting of all.filter((answer) => answer.status !== 201)) {
    expect(waiting).toMatchObject({
      status: 409,
      body: { code: 'still_running' },
      headers: { 'retry-after': '1' },
    });
  }
  expect((await api.call('POST', path, event, { key: 'at once' })).status).toBe(201);
});

it('a call whose process died can be made again after a minute, and an answer is kept for a day', async () => {
  await api.call('POST', path, event, { key: 'died' });
  await api.deps.db
    .updateTable('idempotencyKeys')
    .set({ status: null, body: null })
    .where('key', '=', 'died')
    .execute();
  expect((await api.call('POST', path, event, { key: 'died' })).status).toBe(409);
  api.clock.advance(minutes(2));
  const again = await api.call('POST', path, event, { key: 'died' });
  expect(again.status).toBe(201);
  api.clock.advance(hours(25));
  const nextDay = await api.call('POST', path, event, { key: 'died' });
  expect(nextDay.status).toBe(201);
  expect(nextDay.body.id).not.toBe(again.body.id);
});

it('an empty key is refused', async () => {
  expect((await api.call('POST', path, event, { key: '' })).status).toBe(400);
  expect((await api.call('POST', path, event, { key: 'x'.repeat(256) })).status).toBe(400);
});
