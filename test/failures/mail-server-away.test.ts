import { afterAll, beforeAll, expect, test } from 'vitest';
import { createToken } from '../../server/api/tokens.ts';
import { atTheDesk } from '../journeys/coordinator.ts';
import { useService } from '../support/app.ts';
import { minutes } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';
import { type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts';

const service = useService({
  now: '2031-11-10T10:00:00+01:00',
  listen: true,
  worker: { connections: 1 },
});
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let event: Awaited<ReturnType<typeof makeEvent>>;
let api: Record<string, string>;
let back: SmtpSink | undefined;

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  await makeMembers(service.db, chapter.id, 3);
  const token = await createToken(service.db, { name: 'a test', chapterId: null, now: service.clock() });
  api = { authorization: `Bearer ${token.secret}` };
});
afterAll(() => back?.close());

async function read(path: string) {
  const answer = await service.server.inject({ url: `/api/v1${path}`, headers: api });
  expect(answer.statusCode).toBe(200);
  return answer.json().items;
}

async function invitation() {
  const [mailing] = (await read(`/events/${event.id}/mailings`)).filter(
    ({ kind }: { kind: string }) => kind === 'invitation',
  );
  return { ...mailing, deliveries: await read(`/mailings/${mailing.id}/deliveries`) };
}

const none = { queued: 0, sending: 0, sent: 0, failed: 0, unknown: 0, skipped: 0, suppressed: 0 };

test('while it is away nothing is lost: the API and the desk say so, and when it is tried again', async () => {
  await service.inbox.close();
  event = await makeEvent(service.deps, chapter.id, {
    startsAt: new Date('2031-11-20T18:30:00+01:00'),
    endsAt: new Date('2031-11-20T20:30:00+01:00'),
  });
  await service.settle();

  const { state, counts, deliveries } = await invitation();
  expect(state).toBe('sending');
  expect(counts).toEqual({ ...none, queued: 4 });
  for (const delivery of deliveries) {
    expect(delivery).toMatchObject({
      state: 'queued',
      attempts: 0,
      sentAt: null,
      response: expect.stringMatching(/^mail server away: .*ECONNREFUSED/),
    });
    expect(Date.parse(delivery.nextAttemptAt)).toBeGreaterThan(service.clock().getTime());
  }

  // She is told when it has lasted long enough to matter.
  await service.travel(new Date(service.clock().getTime() + minutes(20)));
  const desk = await atTheDesk(service, chapter.coordinator.id);
  expect((await desk.open('/desk/')).text).toContain('4 mail aspettano che il server della posta risponda');
  const mailings = await desk.open(`/desk/events/${event.id}/mailings`);
  expect(mailings.text).toContain('il server della posta non risponde. Non si perde nulla: riproviamo');
});

test('one that answers and puts everybody off is tried again later, and what it said can be read', async () => {
  back = await startSmtpSink({ port: service.inbox.port });
  back.hooks.rcpt = () => ({ code: 451, text: '4.7.1 greylisted, come back later' });
  service.clock.advance(minutes(1));
  await service.settle();
  expect(back.messages).toEqual([]);
  const { counts, deliveries } = await invitation();
  expect(counts).toEqual({ ...none, queued: 4 });
  for (const delivery of deliveries) {
    expect(delivery).toMatchObject({ state: 'queued', attempts: 1 });
    expect(delivery.response).toContain('greylisted, come back later');
  }
});

test('when it takes mail again everything arrives, once', async () => {
  const sink = back as SmtpSink;
  sink.hooks = {};
  for (let i = 0; i < 5; i += 1) {
    service.clock.advance(minutes(1));
    await service.settle();
  }
  const { state, counts, deliveries } = await invitation();
  expect(state).toBe('done');
  expect(counts).toEqual({ ...none, sent: 4 });
  expect(deliveries.map(({ attempts }: { attempts: number }) => attempts)).toEqual(Array(4).fill(2));
  expect(sink.messages).toHaveLength(4);
  expect(new Set(sink.messages.map(({ to }) => to)).size).toBe(4);
  const desk = await atTheDesk(service, chapter.coordinator.id);
  expect((await desk.open('/desk/')).text).not.toContain('aspettano');
});
