import { beforeAll, expect, test } from 'vitest';
import {
  createMessage,
  discardMessage,
  type MessageContent,
  planMessage,
} from '../../server/messages/service.ts';
import { erasePerson } from '../../server/people/erasure.ts';
import { useService } from '../support/app.ts';
import { days } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let giulia: Awaited<ReturnType<typeof makeMember>>;

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  giulia = await makeMember(service.db, chapter.id, { firstName: 'Giulia' });
});

async function send(subject: string, more: Partial<MessageContent> = {}): Promise<string> {
  const actor = { kind: 'person', id: chapter.coordinator.id } as const;
  const made = await createMessage(
    service.deps,
    chapter.id,
    {
      subject,
      body: 'Ciao {{ firstName }}, **eccoci**',
      audience: 'members',
      eventId: null,
      eventAudience: null,
      ...more,
    },
    { actor },
  );
  if (!made.ok) throw new Error(made.reason);
  await planMessage(service.deps, { chapterId: chapter.id, messageId: made.id, actor }, 'now');
  await service.settle();
  service.clock.advance(60_000);
  return made.id;
}
const archiveOf = (person: { id: string; linkEpoch: number }, chapterId = chapter.id) =>
  new URL(service.deps.links.archiveUrl({ personId: person.id, chapterId, linkEpoch: person.linkEpoch }))
    .pathname;
const read = (url: string) => service.server.inject({ url, headers: { accept: 'text/html' } });

test('a member finds again by the link in each message’s foot what was written to her whole group', async () => {
  const id = await send('Prima lettera');
  const mail = await service.inbox
    .messagesTo(giulia.email as string)
    .at(-1)
    ?.parsed();
  const link = /https?:\/\/\S+(\/m\/\S+)/.exec(mail?.text ?? '')?.[1] as string;
  expect(link).toBe(archiveOf(giulia));
  const list = await read(link);
  expect(list.statusCode).toBe(200);
  expect(list.headers['x-robots-tag']).toBe('noindex');
  expect(list.headers['cache-control']).toBe('no-store');
  expect(list.body).toContain('Prima lettera');
  expect(list.body).toContain('Anna, oggi alle 11:00');
  const page = await read(`${link}/${id}`);
  expect(page.body).toContain('<p>Ciao Giulia, <strong>eccoci</strong></p>');
});

test('it holds what left while she belonged to the group, and what reached her, and nothing else', async () => {
  const { db, deps, clock } = service;
  const event = await makeEvent(deps, chapter.id);
  await send('Prima che arrivasse');
  const late = await makeMember(db, chapter.id, { firstName: 'Tarda' });
  await db.updateTable('memberships').set({ startsAt: clock() }).where('personId', '=', late.id).execute();
  clock.advance(60_000);
  const mine = await send('A chi è nuova: {{ event.title }}', {
    audience: 'event',
    eventId: event.id,
    eventAudience: 'unanswered',
  });
  await send('Mentre c’era');
  await db.updateTable('memberships').set({ endsAt: clock() }).where('personId', '=', late.id).execute();
  clock.advance(60_000);
  const after = await send('Dopo');
  const draft = await createMessage(
    deps,
    chapter.id,
    { subject: 'Bozza', body: 'x', audience: 'members', eventId: null, eventAudience: null },
    { actor: { kind: 'system' } },
  );
  const list = (await read(archiveOf(late))).body;
  expect(list).toContain('Mentre c’era');
  expect(list).not.toContain('Prima che arrivasse');
  expect(list).not.toContain('Dopo');
  expect(list).not.toContain('Bozza');
  expect((await read(`${archiveOf(late)}/${after}`)).statusCode).toBe(404);
  expect((await read(`${archiveOf(giulia)}/${draft.ok && draft.id}`)).statusCode).toBe(404);
  // She had not been invited to that event when it went to those who had not answered; Giulia had, and finds it.
  expect((await read(`${archiveOf(late)}/${mine}`)).statusCode).toBe(404);
  expect((await read(archiveOf(giulia))).body).toContain('A chi è nuova: Aperitivo di rete');
});

test('a forged link, another chapter’s and one that was revoked open nothing', async () => {
  const elsewhere = await makeChapter(service.db, { slug: 'milano' });
  const gone = await makeMember(service.db, chapter.id, { firstName: 'Via' });
  const id = await send('Per tutte');
  const path = archiveOf(giulia);
  for (const wrong of ['/m/x', `${path}x`, path.slice(0, -1), path.replace('.', 'A.'), '/m/.']) {
    expect((await read(wrong)).statusCode, wrong).toBe(404);
    expect((await read(`${wrong}/${id}`)).statusCode, wrong).toBe(404);
  }
  expect((await read(`${path}/x`)).statusCode).toBe(404);
  const foreign = await read(archiveOf(giulia, elsewhere.id));
  expect(foreign.body).not.toContain('Per tutte');
  expect((await read(`${archiveOf(giulia, elsewhere.id)}/${id}`)).statusCode).toBe(404);
  const before = archiveOf(gone);
  expect((await read(before)).statusCode).toBe(200);
  await erasePerson(service.deps, gone.id, { kind: 'system' });
  expect((await read(before)).statusCode).toBe(404);
});

test('a long archive goes on over the page', async () => {
  const reader = await makeMember(service.db, chapter.id, { firstName: 'Lettrice' });
  for (let count = 1; count <= 22; count += 1) await send(`Lettera ${count}.`);
  const first = await read(archiveOf(reader));
  expect(first.body).toContain('Lettera 22.');
  expect(first.body).not.toContain('Lettera 1.');
  const older = /href="([^"]+\?before=[^"]+)"/.exec(first.body)?.[1] as string;
  expect((await read(older)).body).toContain('Lettera 1.');
  expect((await read(`${archiveOf(reader)}?before=x`)).statusCode).toBe(200);
}, 60_000);

test('the page to unsubscribe stops messages alone, offers the rest with one tap, and takes it back', async () => {
  const { links } = service.deps;
  const of = { personId: giulia.id, chapterId: chapter.id };
  const path = new URL(links.unsubscribeUrl({ ...of, topic: 'announcement' })).pathname;
  const post = (payload: string) =>
    service.server.inject({
      method: 'POST',
      url: path,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload,
    });
  const optedOut = async () =>
    (
      await service.db
        .selectFrom('preferences')
        .select('topic')
        .where('personId', '=', giulia.id)
        .orderBy('topic')
        .execute()
    ).map(({ topic }) => topic);
  const page = await read(path);
  expect(page.body).toContain('Che cosa ti arriva dal gruppo di Bologna');
  expect(page.body).toContain('inviti agli incontri');
  await post('choice=stop');
  expect(await optedOut()).toEqual(['announcement']);
  await post('choice=stop&topic=reminder');
  expect(await optedOut()).toEqual(['announcement', 'reminder']);
  expect((await read(path)).body).toContain('Riprendi');
  await post('choice=resume&topic=reminder');
  await post('choice=resume');
  expect(await optedOut()).toEqual([]);
  // A mail program's button is about its own kind, whatever else is posted with it.
  await post('List-Unsubscribe=One-Click&topic=invitation');
  expect(await optedOut()).toEqual(['announcement']);
  service.clock.advance(days(1));
});

test('a draft that was thrown away after it had been planned and taken back is nowhere', async () => {
  const id = await send('Resta');
  const scope = { chapterId: chapter.id, messageId: id, actor: { kind: 'system' } as const };
  expect(await discardMessage(service.deps, scope, true)).toEqual({ ok: false, reason: 'already_left' });
  expect((await read(archiveOf(giulia))).body).toContain('Resta');
});
