import { beforeAll, expect, test } from 'vitest';
import { erasePerson } from '../../server/people/erasure.ts';
import { mergePeople } from '../../server/people/merge.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeMember } from '../support/factories.ts';
import { linkPaths } from '../support/link-paths.ts';
import type { SinkMail } from '../support/smtp-sink.ts';
import { makeEvening } from './acquaintances.ts';

const service = useService({ now: '2026-11-24T18:00:00+01:00' });
const { feedbackLinkOf, ownLinkOf } = linkPaths(() => service.deps);
let chapter: Awaited<ReturnType<typeof makeChapter>>;

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
});

/** Two who were at the same evening, and the morning after. */
async function twoAfterAnEvening(options: { unseen?: 'anna' | 'bea' } = {}) {
  service.clock.advance(7 * 86_400_000);
  service.clock.set(service.clock().toISOString().replace(/T.*/, 'T17:00:00Z'));
  const anna = await makeMember(service.db, chapter.id, { firstName: 'Anna', lastName: 'Rinaldi' });
  const bea = await makeMember(service.db, chapter.id, { firstName: 'Bea', lastName: 'Neri' });
  for (const [{ id }, phone] of [
    [anna, '+39 333 111'],
    [bea, '+39 333 222'],
  ] as const)
    await service.db.updateTable('people').set({ phone }).where('id', '=', id).execute();
  const unseen = options.unseen ? [options.unseen === 'anna' ? anna : bea] : [];
  const event = await makeEvening(service.deps, chapter.id, [anna, bea], { unseen });
  await service.settle();
  service.clock.advance(16.5 * 3_600_000);
  await service.settle();
  service.inbox.clear();
  return { anna, bea, event };
}

type Named = { id: string };
type Fields = Record<string, string | string[]>;
const post = (url: string, fields: Fields) => {
  const pairs = Object.entries(fields).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
  return service.server.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' },
    payload: new URLSearchParams(pairs).toString(),
  });
};
const wish = async (event: Named, from: Named, fields: Fields) =>
  post(await feedbackLinkOf(event.id, from.id), { wishes: 'yes', ...fields });
const textOf = async (mail: SinkMail | undefined) => (await mail?.parsed())?.text ?? '';
const subjectOf = async (mail: SinkMail | undefined) => (await mail?.parsed())?.subject;
const introductionsTo = (person: { email: string | null }) =>
  service.inbox
    .messagesTo(person.email ?? '')
    .filter((mail) => mail.header('x-ritrovo-kind') === 'introduction');

/** An hour and a little later, when what was made has left. */
async function anHourLater() {
  service.clock.advance(3_600_000);
  await service.settle();
}
const pageOf = async (path: string) => (await service.server.inject({ url: path })).body;

test('two who wish to meet again get one mail each, with what the other gave', async () => {
  const { anna, bea, event } = await twoAfterAnEvening();
  expect((await wish(event, anna, { wish: bea.id, wishContact: ['email'] })).statusCode).toBe(303);
  expect((await wish(event, bea, { wish: anna.id, wishContact: ['phone'] })).statusCode).toBe(303);
  await service.settle();
  expect(service.inbox.messages).toHaveLength(0);
  await anHourLater();
  const [[toAnna, ...moreToAnna], [toBea, ...moreToBea]] = [introductionsTo(anna), introductionsTo(bea)];
  expect([moreToAnna, moreToBea]).toEqual([[], []]);
  expect(await subjectOf(toAnna)).toBe('Ti presento Bea Neri');
  expect(await textOf(toAnna)).toContain('+39 333 222');
  expect(await textOf(toAnna)).not.toContain(bea.email);
  expect(await textOf(toBea)).toContain(anna.email);
  expect(await textOf(toBea)).not.toContain('+39 333 111');
  expect(await textOf(toBea)).toContain('Aperitivo di novembre');
  expect(await pageOf(ownLinkOf(anna))).toContain('+39 333 222');
  expect(await pageOf(await feedbackLinkOf(event.id, anna.id))).toContain('Presentazioni già fatte: Bea N.');
  const left = await service.db.selectFrom('meetWishes').selectAll().execute();
  expect(left).toEqual([]);
});

test('two wishes at the same moment make one introduction', async () => {
  const { anna, bea, event } = await twoAfterAnEvening();
  const done = await Promise.all(
    Array.from({ length: 4 }, () => [
      wish(event, anna, { wish: bea.id, wishContact: 'email' }),
      wish(event, bea, { wish: anna.id, wishContact: 'email' }),
    ]).flat(),
  );
  expect(done.map(({ statusCode }) => statusCode)).toEqual(Array(8).fill(303));
  const made = await service.db
    .selectFrom('introductions')
    .selectAll()
    .where('eventId', '=', event.id)
    .execute();
  expect(made).toHaveLength(1);
  await anHourLater();
  expect([introductionsTo(anna).length, introductionsTo(bea).length]).toEqual([1, 1]);
});

test('within the hour either takes her wish back, and nobody learns of it', async () => {
  const { anna, bea, event } = await twoAfterAnEvening();
  const before = await pageOf(await feedbackLinkOf(event.id, anna.id));
  await wish(event, bea, { wish: anna.id, wishContact: 'email' });
  expect(await pageOf(await feedbackLinkOf(event.id, anna.id))).toBe(before);
  await wish(event, anna, { wish: bea.id, wishContact: 'email' });
  await wish(event, bea, { wishContact: 'email' });
  await anHourLater();
  expect(service.inbox.messages).toHaveLength(0);
  const mailings = await service.db
    .selectFrom('mailings')
    .selectAll()
    .where('kind', '=', 'introduction')
    .execute();
  expect(mailings.filter(({ personId }) => personId === anna.id || personId === bea.id)).toEqual([]);
});

test('an unmet wish is gone after 30 days', async () => {
  const { anna, bea, event } = await twoAfterAnEvening();
  await wish(event, anna, { wish: bea.id, wishContact: 'email' });
  service.clock.advance(29 * 86_400_000);
  await service.settle();
  expect(await service.db.selectFrom('meetWishes').selectAll().execute()).toHaveLength(1);
  service.clock.advance(2 * 86_400_000);
  await service.settle();
  expect(await service.db.selectFrom('meetWishes').selectAll().execute()).toEqual([]);
});

test('who is not seen herself cannot wish, and becomes seen in the same form', async () => {
  const { anna, bea, event } = await twoAfterAnEvening({ unseen: 'anna' });
  expect(await pageOf(await feedbackLinkOf(event.id, bea.id))).not.toContain('Anna');
  const refused = await wish(event, anna, { wish: bea.id, wishContact: 'email' });
  expect(refused.statusCode).toBe(400);
  expect(refused.body).toContain('Per scegliere qualcuno');
  expect((await wish(event, anna, { wish: bea.id, wishContact: 'email', named: 'yes' })).statusCode).toBe(
    303,
  );
  expect(await pageOf(await feedbackLinkOf(event.id, bea.id))).toContain('Anna R.');
  const wished = await service.db.selectFrom('meetWishes').select('toPersonId').execute();
  expect(wished.map(({ toPersonId }) => toPersonId)).toContain(bea.id);
});

test('a wish without a contact is refused, and what was chosen stays', async () => {
  const { anna, bea, event } = await twoAfterAnEvening();
  const refused = await wish(event, anna, { wish: bea.id });
  expect(refused.statusCode).toBe(400);
  expect(refused.body).toContain('Scegli almeno un recapito');
  expect(refused.body).toMatch(new RegExp(`value="${bea.id}" checked`));
});

test('whoever no longer lets her name be seen is introduced to nobody', async () => {
  const { anna, bea, event } = await twoAfterAnEvening();
  await wish(event, anna, { wish: bea.id, wishContact: 'email' });
  await wish(event, bea, { wish: anna.id, wishContact: 'email' });
  await service.db
    .updateTable('invitations')
    .set({ visible: false })
    .where('personId', '=', bea.id)
    .execute();
  await anHourLater();
  expect(service.inbox.messages).toHaveLength(0);
});

test('an erasure takes wishes, what was given, and open introductions along', async () => {
  const { anna, bea, event } = await twoAfterAnEvening();
  await wish(event, anna, { wish: bea.id, wishContact: 'email' });
  await wish(event, bea, { wish: anna.id, wishContact: 'email' });
  await erasePerson(service.deps, bea.id, { kind: 'system' });
  expect(
    await service.db.selectFrom('meetWishes').selectAll().where('eventId', '=', event.id).execute(),
  ).toEqual([]);
  await anHourLater();
  expect(service.inbox.messages).toHaveLength(0);
});

test('two rows that are one woman are not introduced to each other', async () => {
  const { anna, bea, event } = await twoAfterAnEvening();
  await wish(event, anna, { wish: bea.id, wishContact: 'email' });
  await wish(event, bea, { wish: anna.id, wishContact: 'email' });
  const merged = await mergePeople(service.deps, {
    keptId: anna.id,
    goneId: bea.id,
    chapterId: chapter.id,
    actor: { kind: 'system' },
    reach: { chapterIds: [], isAdministrator: true },
  });
  expect(merged).toEqual({ ok: true });
  await anHourLater();
  expect(service.inbox.messages).toHaveLength(0);
});

test('a month later each is asked once, and what she says is hers to change', async () => {
  const { anna, bea, event } = await twoAfterAnEvening();
  await wish(event, anna, { wish: bea.id, wishContact: 'email' });
  await wish(event, bea, { wish: anna.id, wishContact: 'email' });
  await anHourLater();
  service.inbox.clear();
  service.clock.advance(30 * 86_400_000);
  await service.settle();
  await service.settle();
  const [asked, ...more] = introductionsTo(anna);
  expect(more).toEqual([]);
  expect(await subjectOf(asked)).toBe('Tu e Bea Neri: com’è andata?');
  const path = new URL(/https?:\S+\/i\/[\w.-]+/.exec(await textOf(asked))?.[0] ?? '').pathname;
  expect((await post(`${path}/later`, { outcome: 'client' })).statusCode).toBe(303);
  expect((await post(`${path}/later`, { metAgain: 'yes' })).statusCode).toBe(303);
  expect((await post(`${path}/later`, { outcome: 'friendship' })).statusCode).toBe(303);
  const side = await service.db
    .selectFrom('introductionSides')
    .select(['metAgain', 'outcome'])
    .where('personId', '=', anna.id)
    .executeTakeFirst();
  expect(side).toEqual({ metAgain: 'yes', outcome: 'friendship' });
});
