import { beforeEach, describe, expect, test } from 'vitest';
import { formBody } from '../desk/at-desk.ts';
import { lastMail, linkIn, mailsTo, subjectOf, wordsOf } from '../journeys/inbox.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { linkPaths } from '../support/link-paths.ts';

const service = useService({ now: '2031-11-10T10:00:00+01:00' });
const { ownLinkOf, feedbackLinkOf } = linkPaths(() => service.deps);
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let giulia: Awaited<ReturnType<typeof makeMember>>;

beforeEach(async () => {
  chapter = await makeChapter(service.db);
  giulia = await makeMember(service.db, chapter.id);
});

const post = (
  path: string,
  fields: Record<string, string | string[]>,
  headers: Record<string, string> = {},
) =>
  service.server.inject({
    method: 'POST',
    url: path,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html', ...headers },
    payload: formBody(fields),
  });
const visibleAt = async (eventId: string) =>
  (
    await service.db
      .selectFrom('invitations')
      .select('visible')
      .where('eventId', '=', eventId)
      .where('personId', '=', giulia.id)
      .executeTakeFirstOrThrow()
  ).visible;

describe('what she tells of herself', () => {
  test('is kept, shown again, and taken back', async () => {
    const path = ownLinkOf(giulia);
    const said = {
      askMe: 'Api  in città',
      work: 'Apicoltrice',
      website: 'www.miele.example',
      contact: 'website',
    };
    expect((await post(path, said)).statusCode).toBe(303);
    const page = (await service.server.inject({ url: path })).body;
    expect(page).toContain('value="Api in città"');
    expect(page).toContain('https://www.miele.example');
    await post(path, {});
    expect((await service.server.inject({ url: path })).body).not.toContain('Apicoltrice');
  });

  test('that is too long or no address is said beside it, and nothing is lost or kept', async () => {
    const path = ownLinkOf(giulia);
    const refused = await post(path, {
      askMe: 'x'.repeat(121),
      work: 'Orafa',
      website: 'javascript:alert(1)',
    });
    expect(refused.statusCode).toBe(400);
    expect(refused.body).toContain('bastano 120 caratteri');
    expect(refused.body).toContain('Non sembra l’indirizzo di un sito');
    expect(refused.body).toContain('value="Orafa"');
    expect(
      await service.db.selectFrom('profiles').selectAll().where('personId', '=', giulia.id).execute(),
    ).toEqual([]);
  });

  test('from another site is not taken, nor by a wrong link', async () => {
    const path = ownLinkOf(giulia);
    expect((await post(path, { work: 'x' }, { origin: 'https://evil.example' })).statusCode).toBe(403);
    expect((await post(`${path}x`, { work: 'x' })).statusCode).toBe(404);
    expect((await post(ownLinkOf({ ...giulia, linkEpoch: 2 }), { work: 'x' })).statusCode).toBe(404);
    expect(
      await service.db.selectFrom('profiles').selectAll().where('personId', '=', giulia.id).execute(),
    ).toEqual([]);
  });
});

test('her name shows at what is to come when she says so, and nowhere at all when she takes it back', async () => {
  const past = await makeEvent(service.deps, chapter.id, {
    startsAt: new Date(service.clock().getTime() + 3_600_000),
  });
  await service.settle();
  service.clock.advance(86_400_000);
  const next = await makeEvent(service.deps, chapter.id);
  await service.settle();
  await service.db.updateTable('invitations').set({ visible: true }).where('eventId', '=', past.id).execute();
  const path = ownLinkOf(giulia);
  await post(path, { visible: 'yes' });
  expect([await visibleAt(past.id), await visibleAt(next.id)]).toEqual([true, true]);
  await post(path, {});
  expect([await visibleAt(past.id), await visibleAt(next.id)]).toEqual([false, false]);
  const consents = await service.db
    .selectFrom('consents')
    .select(['what', 'given', 'source'])
    .where('personId', '=', giulia.id)
    .orderBy('id')
    .execute();
  expect(consents).toEqual([
    { what: 'visible', given: true, source: 'own_page' },
    { what: 'visible', given: false, source: 'own_page' },
  ]);
});

describe('the link to her own page', () => {
  test('comes by mail to the address that we have, once in ten minutes, and opens it', async () => {
    const asked = await post('/me', { email: giulia.email as string });
    expect(asked.statusCode).toBe(200);
    await post('/me', { email: giulia.email as string });
    await service.settle();
    const mails = mailsTo(service, giulia.email as string, 'sign_in');
    expect(mails).toHaveLength(1);
    expect(await subjectOf(lastMail(service, giulia.email as string, 'sign_in'))).toBe(
      'La tua pagina · Rete di prova',
    );
    const link = await linkIn(lastMail(service, giulia.email as string, 'sign_in'), 'Apri la tua pagina');
    expect((await service.server.inject({ url: new URL(link).pathname })).body).toContain(
      'La tua pagina, Giulia',
    );
  });

  test('is asked for with one tap on the page after an event, and never stands on it', async () => {
    await service.db.updateTable('people').set({ locale: 'en' }).where('id', '=', giulia.id).execute();
    const event = await makeEvent(service.deps, chapter.id, {
      startsAt: new Date(service.clock().getTime() + 3_600_000),
    });
    await service.settle();
    service.clock.advance(86_400_000);
    const path = await feedbackLinkOf(event.id, giulia.id);
    expect((await service.server.inject({ url: path })).body).not.toContain('/me/');
    expect((await post(`${path}/own-page`, {})).statusCode).toBe(303);
    await service.settle();
    const words = await wordsOf(lastMail(service, giulia.email as string, 'sign_in'));
    expect(words).toContain('This link is yours alone');
  });

  test('is answered the same whoever asks, and nobody gets more than a few in a day', async () => {
    const known = await post('/me', { email: giulia.email as string });
    const unknown = await post('/me', { email: 'nessuna@example.org' });
    expect(unknown.body).toBe(known.body);
    expect((await post('/me', { email: 'no address' })).statusCode).toBe(400);
    for (let time = 0; time < 10; time += 1) {
      service.clock.advance(600_000);
      await post('/me', { email: giulia.email as string });
    }
    await service.settle();
    expect(mailsTo(service, giulia.email as string, 'sign_in')).toHaveLength(6);
  });
});
