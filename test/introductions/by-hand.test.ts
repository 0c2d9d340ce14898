import { beforeEach, expect, test } from 'vitest';
import { askToIntroduce, withdrawIntroduction } from '../../server/introductions/service.ts';
import { mergePeople } from '../../server/people/merge.ts';
import { signedIn } from '../desk/at-desk.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeMember } from '../support/factories.ts';
import { linkPaths } from '../support/link-paths.ts';
import type { SinkMail } from '../support/smtp-sink.ts';
import { makeEvening } from './acquaintances.ts';

const service = useService({ now: '2026-11-24T10:00:00+01:00' });
const { introductionLinkOf, ownLinkOf, feedbackLinkOf } = linkPaths(() => service.deps);
const actor = { kind: 'system' } as const;
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let anna: Awaited<ReturnType<typeof makeMember>>;
let bea: typeof anna;

beforeEach(async () => {
  chapter = await makeChapter(service.db);
  anna = await makeMember(service.db, chapter.id, { firstName: 'Anna', lastName: 'Rinaldi' });
  bea = await makeMember(service.db, chapter.id, { firstName: 'Bea', lastName: 'Neri' });
  service.inbox.clear();
});

const ask = () =>
  askToIntroduce(service.deps, {
    chapterId: chapter.id,
    personIds: [anna.id, bea.id],
    words: 'Cercate la stessa cosa.',
    byId: chapter.coordinator.id,
    actor,
  });
async function asked(): Promise<string> {
  const outcome = await ask();
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome.introductionId;
}
const post = (url: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  service.server.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: new URLSearchParams(fields).toString(),
  });
const pageOf = async (url: string) => (await service.server.inject({ url })).body;
const deskOf = async () =>
  (
    await (
      await signedIn(service, chapter.coordinator.id)
    ).get(`/desk/chapters/${chapter.slug}/introductions`)
  ).body;
const subjects = (mails: SinkMail[]) => Promise.all(mails.map(async (mail) => (await mail.parsed()).subject));

test('whose no it was is told neither to the other nor to the coordinator', async () => {
  const id = await asked();
  await service.settle();
  await post(introductionLinkOf(id, bea), { answer: 'yes', contact: 'email' });
  const before = await pageOf(introductionLinkOf(id, bea));
  await post(introductionLinkOf(id, anna), { answer: 'no' });
  expect(await pageOf(introductionLinkOf(id, bea))).toBe(before);
  expect(await deskOf()).toContain('Non se ne fa nulla');
  service.clock.advance(15 * 86_400_000);
  await service.settle();
  expect(await pageOf(introductionLinkOf(id, bea))).toContain('Questa volta non se ne fa nulla');
  expect(await subjects(service.inbox.messagesTo(bea.email as string))).toEqual([
    'Posso presentarti una persona?',
  ]);
});

test('a yes that is taken back within the hour sends nothing', async () => {
  const id = await asked();
  await service.settle();
  for (const one of [anna, bea]) await post(introductionLinkOf(id, one), { answer: 'yes', contact: 'email' });
  await post(introductionLinkOf(id, anna), { answer: 'no' });
  service.clock.advance(2 * 3_600_000);
  await service.settle();
  expect(service.inbox.messagesTo(bea.email as string)).toHaveLength(1);
});

test('after 14 days without both answers it comes to nothing, and may be asked again', async () => {
  const id = await asked();
  expect(await ask()).toEqual({ ok: false, reason: 'asked_already' });
  service.clock.advance(14 * 86_400_000);
  await service.settle();
  expect((await post(introductionLinkOf(id, anna), { answer: 'yes', contact: 'email' })).statusCode).toBe(
    409,
  );
  expect(await ask()).toMatchObject({ ok: true });
});

test('nobody is asked who wants no introductions, and what was withdrawn does not leave', async () => {
  const of = { personId: bea.id, chapterId: chapter.id, topic: 'introduction' };
  await service.db.insertInto('preferences').values(of).execute();
  expect(await ask()).toEqual({ ok: false, reason: 'opted_out' });
  await service.db.deleteFrom('preferences').where('personId', '=', bea.id).execute();
  // At night it waits for the morning.
  service.clock.set(service.clock().toISOString().replace(/T.*/, 'T23:00:00Z'));
  const introductionId = await asked();
  const withdrawn = await withdrawIntroduction(service.deps, {
    chapterId: chapter.id,
    introductionId,
    actor,
  });
  expect(withdrawn).toEqual({ ok: true });
  service.clock.advance(12 * 3_600_000);
  await service.settle();
  for (const { email } of [anna, bea])
    expect(await subjects(service.inbox.messagesTo(email as string))).toEqual([]);
  expect(await pageOf(introductionLinkOf(introductionId, anna))).toContain('non se ne fa nulla');
});

test('a link opens nothing that was tampered with, nor to another site, and her own page leads there', async () => {
  const id = await asked();
  const path = introductionLinkOf(id, anna);
  expect((await service.server.inject({ url: `${path.slice(0, -1)}_` })).statusCode).toBe(404);
  const foreign = await post(path, { answer: 'no' }, { origin: 'https://evil.example' });
  expect(foreign.statusCode).toBe(403);
  expect((await post(path, { answer: 'yes' })).statusCode).toBe(400);
  expect(await pageOf(ownLinkOf(anna))).toContain(path);
});

test('her link goes on opening her page after two rows of hers became one', async () => {
  const id = await asked();
  const other = await makeMember(service.db, chapter.id, { firstName: 'Anna', lastName: 'R.' });
  const reach = { chapterIds: [], isAdministrator: true };
  await mergePeople(service.deps, { keptId: other.id, goneId: anna.id, chapterId: chapter.id, actor, reach });
  expect((await post(introductionLinkOf(id, anna), { answer: 'yes', contact: 'email' })).statusCode).toBe(
    303,
  );
  await post(introductionLinkOf(id, bea), { answer: 'yes', contact: 'email' });
  service.clock.advance(2 * 3_600_000);
  await service.settle();
  expect(service.inbox.messagesTo(other.email as string).length).toBeGreaterThan(0);
});

test('what two wish in private changes nothing of what a coordinator may ask', async () => {
  service.clock.set(service.clock().toISOString().replace(/T.*/, 'T17:00:00Z'));
  const evening = await makeEvening(service.deps, chapter.id, [anna, bea]);
  service.clock.advance(16.5 * 3_600_000);
  for (const [from, to] of [
    [anna, bea],
    [bea, anna],
  ] as const)
    await post(await feedbackLinkOf(evening.id, from.id), {
      wishes: 'yes',
      wish: to.id,
      wishContact: 'email',
    });
  expect(await ask()).toMatchObject({ ok: true });
});
