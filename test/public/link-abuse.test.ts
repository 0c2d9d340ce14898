import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { useSite } from '../support/site.ts';

const site = useSite('2026-11-16T10:00:00+01:00');
let chapter: Awaited<ReturnType<typeof makeChapter>>;

beforeAll(async () => {
  chapter = await makeChapter(site.db, { slug: 'bologna' });
});

const mailsTo = async (email: string) => {
  const rows = await site.db
    .selectFrom('mailings')
    .innerJoin('people', 'people.id', 'mailings.personId')
    .select('mailings.id')
    .where('people.email', '=', email)
    .where('template', '=', 'personal_link')
    .execute();
  return rows.length;
};

test('whether an address is invited shows neither in the page nor in the time it takes', async () => {
  const giulia = await makeMember(site.db, chapter.id);
  const event = await makeEvent(site.deps, chapter.id, { access: 'members' });
  const timed = async (email: string) => {
    const began = performance.now();
    const { body } = await site.post(`/e/${event.id}/link`, { email });
    return { took: performance.now() - began, body };
  };
  const known = await timed(giulia.email as string);
  const unknown = await timed('nessuna@example.org');
  expect(await mailsTo(giulia.email as string)).toBe(1);
  expect(unknown.body).toBe(known.body);
  for (const { took } of [known, unknown]) expect(took).toBeGreaterThan(290);
});

test('links for many events asked for at the same moment keep to the limit of a day', async () => {
  const events = [];
  for (let count = 0; count < 9; count += 1)
    events.push(await makeEvent(site.deps, chapter.id, { access: 'public' }));
  const email = `${randomUUID()}@example.org`;
  const fields = { name: 'Sara Neri', email };
  await Promise.all(events.map(({ id }) => site.post(`/e/${id}/link`, fields)));
  expect(await mailsTo(email)).toBe(6);
});

test('nobody sends her own advertisement to others in the name of the group', async () => {
  const event = await makeEvent(site.deps, chapter.id, { access: 'public' });
  const send = async (fields: { name: string; invitedBy?: string }) => {
    const email = `${randomUUID()}@example.org`;
    const page = await site.post(`/e/${event.id}/link`, { ...fields, email });
    return [page.statusCode, await mailsTo(email)];
  };
  expect(await send({ name: 'Vinci, un premio su https://evil.example' })).toEqual([200, 0]);
  expect(await send({ name: 'Sara Neri', invitedBy: 'www.evil.example' })).toEqual([200, 0]);
  expect(await send({ name: 'Sara Neri', invitedBy: 'evil.example/premio' })).toEqual([200, 0]);
  expect(await send({ name: 'Dott.ssa M.Neri', invitedBy: 'anna@example.org' })).toEqual([200, 1]);
});
