import { expect, test } from 'vitest';
import { createToken } from '../../server/api/tokens.ts';
import { useService } from '../support/app.ts';
import { hours } from '../support/clock.ts';
import { makeChapter } from '../support/factories.ts';

const service = useService({ now: '2026-11-10T09:00:00Z' });

test('the answer to an Idempotency-Key is forgotten after a day, though no other call comes', async () => {
  const { db, clock, server } = service;
  await makeChapter(db, { slug: 'bologna' });
  const { secret } = await createToken(db, { name: 'a test', chapterId: null, now: clock() });
  const made = await server.inject({
    method: 'POST',
    url: '/api/v1/chapters/bologna/members',
    headers: { authorization: `Bearer ${secret}`, 'idempotency-key': 'once' },
    payload: { email: 'giulia@example.org', firstName: 'Giulia' },
  });
  expect(made.statusCode).toBe(201);
  const kept = () => db.selectFrom('idempotencyKeys').select('key').execute();
  clock.advance(hours(23));
  await service.settle();
  expect(await kept()).toEqual([{ key: 'once' }]);
  clock.advance(hours(2));
  await service.settle();
  expect(await kept()).toEqual([]);
});
