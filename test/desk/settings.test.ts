import { beforeAll, expect, test } from 'vitest';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { type AtDesk, signedIn } from './at-desk.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let desk: AtDesk;
const path = '/desk/chapters/bologna/settings';
const fields = {
  name: 'Bologna e dintorni',
  accentColour: '#1F6F5C',
  senderName: 'Le donne di Bologna',
  replyTo: 'Bologna@Example.org',
  timeZone: 'Europe/London',
  locale: 'it',
  form: 'neutral',
};

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  desk = await signedIn(service, chapter.coordinator.id);
});

test('what a group decides for itself shows on its pages and in its mails', async () => {
  expect((await desk.post(path, fields)).statusCode).toBe(303);
  const page = await desk.get(`${path}?done=saved`);
  expect(page.body).toContain('value="bologna@example.org"');
  expect(page.body).toContain('/assets/1f6f5c/');
  const member = await makeMember(service.db, chapter.id, { firstName: 'Giulia' });
  await makeEvent(service.deps, chapter.id, {});
  await service.settle();
  const mail = service.inbox.messages.find(({ to }) => to === member.email);
  expect(mail?.header('from')).toContain('Le donne di Bologna');
  expect(mail?.header('reply-to')).toContain('bologna@example.org');
  expect((await mail?.parsed())?.text).toContain('Bologna e dintorni');
  const home = await service.server.inject({ url: '/c/bologna', headers: { 'accept-language': 'it' } });
  expect(home.body).toContain('Bologna e dintorni');
});

test('what does not hold is named, what was typed stays, and nothing changes', async () => {
  const wrong = await desk.post(path, {
    ...fields,
    name: ' ',
    accentColour: 'red; background: url(//evil)',
    replyTo: 'x',
    timeZone: 'Mars/Base',
  });
  expect(wrong.statusCode).toBe(400);
  for (const field of ['name', 'accentColour', 'replyTo', 'timeZone']) {
    expect(wrong.body).toContain(`href="#${field}"`);
  }
  const row = await service.db
    .selectFrom('chapters')
    .select(['name', 'accentColour', 'timeZone', 'form'])
    .where('id', '=', chapter.id)
    .executeTakeFirstOrThrow();
  expect(row).toEqual({
    name: 'Bologna e dintorni',
    accentColour: '#1f6f5c',
    timeZone: 'Europe/London',
    form: 'neutral',
  });
  await desk.post(path, { ...fields, senderName: '', replyTo: '', form: '' });
  const empty = await service.db
    .selectFrom('chapters')
    .select(['senderName', 'replyTo', 'form'])
    .where('id', '=', chapter.id)
    .executeTakeFirstOrThrow();
  expect(empty).toEqual({ senderName: null, replyTo: null, form: null });
});

test('invitations in calendars are offered only where answers can come in, and stay as they were chosen elsewhere', async () => {
  const chosen = async () =>
    (
      await service.db
        .selectFrom('chapters')
        .select('invitationInCalendar')
        .where('id', '=', chapter.id)
        .executeTakeFirstOrThrow()
    ).invitationInCalendar;
  const box = async () =>
    /<input[^>]*name="invitationInCalendar"[^>]*>/.exec((await desk.get(path)).body)?.[0];
  expect(await box()).toMatch(/ disabled>$/);
  expect((await desk.get(path)).body).toContain('una risposta dal calendario si perderebbe');
  await desk.post(path, { ...fields, invitationInCalendar: 'yes' });
  expect(await chosen()).toBe(false);
  const { config } = service.deps;
  Object.assign(config, { inbound: true });
  try {
    expect(await box()).not.toMatch(/disabled|checked/);
    await desk.post(path, { ...fields, invitationInCalendar: 'yes' });
    expect(await chosen()).toBe(true);
    expect(await box()).toMatch(/ checked>$/);
    Object.assign(config, { inbound: false });
    await desk.post(path, fields);
    expect(await chosen()).toBe(true);
    Object.assign(config, { inbound: true });
    await desk.post(path, fields);
    expect(await chosen()).toBe(false);
  } finally {
    Object.assign(config, { inbound: false });
  }
});
