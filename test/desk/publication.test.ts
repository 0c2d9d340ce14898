import { beforeAll, describe, expect, test } from 'vitest';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember, makeMembers } from '../support/factories.ts';
import { type AtDesk, signedIn } from './at-desk.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let desk: AtDesk;

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  await makeMembers(service.db, chapter.id, 3);
  await makeMember(service.db, chapter.id, { firstName: 'Ida', email: null });
  const silent = await makeMember(service.db, chapter.id, { firstName: 'Lea' });
  await service.db
    .insertInto('preferences')
    .values({ chapterId: chapter.id, personId: silent.id, topic: 'invitation' })
    .execute();
  const bounced = await makeMember(service.db, chapter.id, { firstName: 'Mia' });
  const [hash] = service.deps.links.addressHashes(bounced.email as string);
  await service.db
    .insertInto('suppressions')
    .values({ addressHash: hash as Buffer, reason: 'bounce' })
    .execute();
  desk = await signedIn(service, chapter.coordinator.id);
});

const draft = () =>
  makeEvent(service.deps, chapter.id, {
    draft: true,
    title: 'Cena di rete',
    startsAt: new Date('2026-12-03T17:30:00Z'),
    description: 'Con la **presentazione di un minuto**',
  });
const path = (event: { id: string }) => `/desk/events/${event.id}/publication`;
const state = async (id: string) =>
  (await service.db.selectFrom('events').select('state').where('id', '=', id).executeTakeFirstOrThrow())
    .state;

describe('before publishing', () => {
  test('she reads to how many it goes, and to exactly as many it goes', async () => {
    const event = await draft();
    const page = await desk.get(path(event));
    // Three members and herself; not one without an address, one who opted out and one whose address is dead.
    expect(page.body).toContain('L’invito partirà a 4 persone');
    expect(page.body).toContain('Una persona del gruppo non ha una mail');
    expect(page.body).toContain('2 persone hanno scelto di non ricevere inviti');
    const before = service.inbox.messages.length;
    const published = await desk.post(path(event), { when: 'now' });
    expect(published.headers.location).toBe(`/desk/events/${event.id}?done=published`);
    await service.settle();
    expect(service.inbox.messages.length - before).toBe(4);
  });

  test('she sees the mail as it will arrive, in a frame that may run nothing', async () => {
    const event = await draft();
    const page = await desk.get(path(event));
    expect(page.body).toContain('Cena di rete · gio 3 dic, 18:30');
    expect(page.body).toContain(`<iframe src="${path(event)}/mail"`);
    expect(page.body).toContain('sandbox=""');
    const mail = await desk.get(`${path(event)}/mail`);
    expect(mail.headers['content-type']).toContain('text/html');
    const policy = String(mail.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain('sandbox');
    expect(policy).not.toContain('script-src');
    expect(mail.headers['x-frame-options']).toBe('SAMEORIGIN');
    expect(mail.body).toContain('presentazione di un minuto</strong>');
    // Looking is not publishing.
    expect(await state(event.id)).toBe('draft');
  });

  test('she reads when the other mails leave, on the event’s own clock', async () => {
    const page = await desk.get(path(await draft()));
    for (const moment of [
      'giovedì 26 novembre alle 10:00',
      'mercoledì 2 dicembre alle 10:00',
      'venerdì 4 dicembre alle 10:00',
    ]) {
      expect(page.body).toContain(moment);
    }
    // One line for the four thanks, of which everybody gets one.
    expect(page.body.match(/venerdì 4 dicembre alle 10:00/g)).toHaveLength(1);
    // Nobody joins online, so nothing is planned for those who do.
    expect(page.body).not.toContain('a chi si collega');
  });

  test('she sends a test to herself and to nobody else, as often as she likes', async () => {
    const event = await draft();
    const before = service.inbox.messages.length;
    for (const _ of [1, 2]) {
      const sent = await desk.post(`/desk/events/${event.id}/test-mail`);
      expect(sent.headers.location).toBe(`${path(event)}?done=testSent`);
    }
    await service.settle();
    const tests = service.inbox.messages.slice(before);
    expect(tests.map(({ to }) => to)).toEqual([chapter.coordinator.email, chapter.coordinator.email]);
    expect((await tests[0]?.parsed())?.subject).toContain('[Prova] Cena di rete');
    expect(await state(event.id)).toBe('draft');
  });

  test('a draft whose day is over is not published', async () => {
    const event = await draft();
    service.clock.set('2026-12-04T10:00:00Z');
    expect((await desk.get(path(event))).body).toContain('Questo giorno è già passato');
    expect((await desk.post(path(event), { when: 'now' })).statusCode).toBe(409);
    expect(await state(event.id)).toBe('draft');
    service.clock.set('2026-11-16T10:00:00Z');
  });
});

describe('at night', () => {
  const invitation = (eventId: string) =>
    service.db
      .selectFrom('mailings')
      .select(['dueAt', 'state'])
      .where('eventId', '=', eventId)
      .where('kind', '=', 'invitation')
      .where('audience', 'is not', null)
      .executeTakeFirstOrThrow();

  test('she is asked whether the invitations leave now or in the morning', async () => {
    const event = await draft();
    const other = await draft();
    service.clock.set('2026-11-17T22:30:00Z');
    const page = await desk.get(path(event));
    expect(page.body).toContain('adesso o domattina alle 8?');

    // Opened before nine and pressed after it: she is asked all the same.
    const asked = await desk.post(path(event));
    expect(asked.statusCode).toBe(200);
    expect(asked.body).toContain('adesso o domattina alle 8?');
    expect(await state(event.id)).toBe('draft');

    const before = service.inbox.messages.length;
    const waits = await desk.post(path(event), { when: 'morning' });
    expect(waits.headers.location).toContain('done=publishedMorning');
    await service.settle();
    expect(service.inbox.messages.length).toBe(before);
    expect(await invitation(event.id)).toMatchObject({
      state: 'planned',
      dueAt: new Date('2026-11-18T07:00:00Z'),
    });
    await service.travel('2026-11-18T07:00:00Z');
    expect(service.inbox.messages.length - before).toBe(4);

    service.clock.set('2026-11-18T22:30:00Z');
    await desk.post(path(other), { when: 'now' });
    await service.settle();
    expect((await invitation(other.id)).state).toBe('done');
    service.clock.set('2026-11-19T10:00:00Z');
  });

  test('whoever joins before the morning gets her invitation with the others, and only that one', async () => {
    const event = await draft();
    service.clock.set('2026-11-20T22:30:00Z');
    await desk.post(path(event), { when: 'morning' });
    const late = await makeMember(service.db, chapter.id, { firstName: 'Nina' });
    expect((await desk.get(`/desk/events/${event.id}`)).body).not.toContain('dopo gli inviti');
    await desk.post(`/desk/events/${event.id}/invitations`);
    await service.settle();
    const hers = () => service.inbox.messages.filter(({ to }) => to === late.email).length;
    expect(hers()).toBe(0);
    await service.travel('2026-11-21T07:00:00Z');
    expect(hers()).toBe(1);
    service.clock.set('2026-11-23T10:00:00Z');
  });

  test('by day she is not asked', async () => {
    const event = await draft();
    expect((await desk.get(path(event))).body).not.toContain('domattina');
    expect((await desk.post(path(event))).headers.location).toContain('done=published');
  });
});
