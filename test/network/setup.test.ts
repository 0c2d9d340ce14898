import { expect, it } from 'vitest';
import { createChapter } from '../../server/chapters/service.ts';
import { setUpNetwork } from '../../server/network/setup.ts';
import { testClock } from '../support/clock.ts';
import { useDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';

const database = useDatabase();

it('a chapter waits for its network', async () => {
  const deps = testDeps(database.db, testClock('2026-11-10T09:00:00Z'));
  const chapter = { slug: 'roma', name: 'Roma', timeZone: 'Europe/Rome', locale: 'it' };
  const coordinator = { email: 'anna@example.org', firstName: 'Anna' };
  const outcome = await createChapter(deps, chapter, coordinator, { kind: 'cli' });
  expect(outcome).toEqual({ ok: false, reason: 'not_set_up' });
});

it('of two setups at the same moment one makes the network, and the other leaves nothing behind', async () => {
  const deps = testDeps(database.db, testClock('2026-11-10T09:00:00Z'));
  const setup = (name: string) =>
    setUpNetwork(deps, {
      network: name,
      chapter: { slug: name, name, timeZone: 'Europe/Rome', locale: 'it' },
      coordinator: { email: `${name}@example.org`, firstName: name },
    });
  const outcomes = await Promise.all(['una', 'altra'].map(setup));
  const [made] = outcomes.filter((outcome) => outcome.ok);
  expect(outcomes.find((outcome) => !outcome.ok)).toMatchObject({ reason: 'already_set_up' });
  expect(await database.db.selectFrom('chapters').select('id').execute()).toEqual([
    { id: made?.ok && made.chapterId },
  ]);
  expect(await database.db.selectFrom('people').select('id').execute()).toEqual([
    { id: made?.ok && made.personId },
  ]);
});
