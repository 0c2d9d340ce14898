import { expect, test } from 'vitest';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

const service = useService({ now: '2026-11-16T10:00:00+01:00' });

test('whoever was forwarded an invitation asks for a link of her own, and answers from the mail that comes', async () => {
  const { server, deps, db, inbox } = service;
  const chapter = await makeChapter(db, { slug: 'bologna' });
  const giulia = await makeMember(db, chapter.id, { firstName: 'Giulia', lastName: 'Rinaldi' });
  const event = await makeEvent(deps, chapter.id, { access: 'link', title: 'Aperitivo' });
  await service.settle();
  const forwarded = await pathIn((await inbox.waitForMail((mail) => mail.to === giulia.email)).parsed());

  const page = await server.inject(forwarded);
  const [, form = ''] = /href="(\/e\/[^"#]+)[^"]*">Non sei tu\?/.exec(page.body) ?? [];
  const door = await server.inject({ url: form, headers: { 'accept-language': 'it' } });
  const [, invitedBy = ''] = /name="invitedBy"[^>]* value="([^"]*)"/.exec(door.body) ?? [];
  expect(invitedBy).toBe('Giulia R.');
  const payload = new URLSearchParams({ name: 'Sara Neri', email: 'sara@example.org', invitedBy }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const asked = await server.inject({ method: 'POST', url: `/e/${event.id}/link`, headers, payload });
  expect(asked.statusCode).toBe(200);

  await service.settle();
  const mail = await inbox.waitForMail((sent) => sent.to === 'sara@example.org');
  const own = await pathIn(mail.parsed());
  expect(own).not.toBe(forwarded);
  expect((await server.inject(own)).body).toContain('Stai rispondendo per <b>Sara N.</b>');
  await server.inject({ method: 'POST', url: own, headers, payload: 'answer=yes' });
  const row = await db.selectFrom('rsvps').selectAll().where('eventId', '=', event.id).execute();
  expect(row).toMatchObject([{ state: 'going' }]);
  // Giulia, who is said to have invited her, hears of it.
  await service.settle();
  const told = await inbox.waitForMail((sent) => sent.to === giulia.email && sent.raw.includes('Sara'));
  expect(told.header('X-Ritrovo-Kind')).toBe('confirmation');
});

async function pathIn(parsed: Promise<{ text?: string | undefined }>): Promise<string> {
  const [, path] = /http:\/\/localhost:3000(\/r\/[\w.-]+)/.exec((await parsed).text ?? '') ?? [];
  if (!path) throw new Error('no link in the mail');
  return path;
}
