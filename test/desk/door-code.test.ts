import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeQR } from 'qr/decode.js';
import { beforeAll, expect, test } from 'vitest';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { takeDoorPhone } from '../journeys/door-phone.ts';
import { useService } from '../support/app.ts';
import { openBrowser } from '../support/browser.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { signedIn } from './at-desk.ts';

/** Her code for the door: on her own page, read by the camera of whoever welcomes her. */
const service = useService({ now: '2026-11-16T10:00:00Z', listen: true });
const start = new Date('2026-11-26T17:30:00Z');
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let event: Awaited<ReturnType<typeof makeEvent>>;
let ada: Awaited<ReturnType<typeof makeMember>>;
let her: string;

beforeAll(async () => {
  chapter = await makeChapter(service.db);
  ada = await makeMember(service.db, chapter.id, { firstName: 'Ada', lastName: 'Blu' });
  event = await makeEvent(service.deps, chapter.id, { startsAt: start, format: 'hybrid' });
  her = await rsvpPath(event.id, ada.id);
});

async function rsvpPath(eventId: string, personId: string): Promise<string> {
  const invitation = await service.db
    .selectFrom('invitations')
    .innerJoin('people', 'people.id', 'invitations.personId')
    .select(['invitations.id', 'eventId', 'personId', 'linkEpoch'])
    .where('eventId', '=', eventId)
    .where('personId', '=', personId)
    .executeTakeFirstOrThrow();
  return `/r/${service.deps.links.rsvpToken(invitation)}`;
}
const says = (answer: 'yes' | 'no', mode: 'room' | 'online' = 'room') =>
  answerInvitation(service.deps, { eventId: event.id, personId: ada.id, answer, mode, source: 'link' });

/** The picture on her page as pixels, dark and light, with what is around it. */
async function picture(scale: number): Promise<{ width: number; dark: Uint8Array } | null> {
  const page = (await service.server.inject({ url: her, headers: { accept: 'text/html' } })).body;
  const size = Number(/<svg viewBox="0 0 (\d+) \d+" role="img"/.exec(page)?.[1] ?? 0);
  const path = /<path fill="#000" d="([^"]+)"/.exec(page)?.[1];
  if (!path) return null;
  const width = size * scale;
  const dark = new Uint8Array(width * width);
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
    for (let dy = 0; dy < scale; dy += 1) {
      const from = (Number(y) * scale + dy) * width + Number(x) * scale;
      dark.fill(1, from, from + scale);
    }
  }
  return { width, dark };
}

test('is on her page while she comes in person, says what the list holds, and opens nothing', async () => {
  expect(await picture(1)).toBeNull();
  await says('yes', 'online');
  expect(await picture(1)).toBeNull();
  await says('yes');
  const drawn = await picture(6);
  if (!drawn) throw new Error('there is no code');
  const data = new Uint8Array(drawn.width * drawn.width * 4).fill(255);
  drawn.dark.forEach((isDark, index) => {
    if (isDark) data.fill(0, index * 4, index * 4 + 3);
  });
  const text = decodeQR({ width: drawn.width, height: drawn.width, data });
  service.clock.set(new Date(start.getTime() - 3_600_000));
  const desk = await signedIn(service, chapter.coordinator.id);
  const { people } = (await desk.get(`/desk/events/${event.id}/door/list`)).json();
  expect(people.find(({ id }: { id: string }) => id === ada.id).codes[0]).toBe(text);
  // Not a link, not her token, and another one at another event.
  expect(text).toMatch(/^RITROVO:[0-9A-F]{20}$/);
  const ids = { eventId: event.id, personId: ada.id, linkEpoch: ada.linkEpoch };
  expect(service.deps.links.doorCodes({ ...ids, eventId: chapter.id })).not.toContain(text);
  // A link that was revoked takes its code along.
  expect(service.deps.links.doorCodes({ ...ids, linkEpoch: ids.linkEpoch + 1 })).not.toContain(text);
});

test('is read by the phone’s camera without a network, and she is here', async () => {
  await says('yes');
  const drawn = await picture(8);
  if (!drawn) throw new Error('there is no code');
  service.clock.set(new Date(start.getTime() - 600_000));
  const directory = await mkdtemp(join(tmpdir(), 'ritrovo-camera-'));
  const film = join(directory, 'code.y4m');
  await writeFile(film, filmOf(drawn, 640, 480));
  const browser = await openBrowser([
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    `--use-file-for-fake-video-capture=${film}`,
  ]);
  try {
    const phone = await takeDoorPhone(service, browser, chapter.coordinator.id);
    await phone.open(event.id);
    await phone.network(false);
    await phone.again();
    await phone.page.getByRole('button', { name: 'Inquadra il codice' }).click();
    await phone.says('Ada Blu è qui');
    await phone.page.getByRole('button', { name: 'Chiudi', exact: true }).click();
    await phone.says('1 di 1');
    await phone.network(true);
    await phone.status('Tutto salvato');
    const row = await service.db.selectFrom('attendance').select('personId').executeTakeFirstOrThrow();
    expect(row.personId).toBe(ada.id);
    await phone.close();
  } finally {
    await browser.close();
    await rm(directory, { recursive: true });
  }
}, 60_000);

/** A few frames of a code in front of a grey wall, as Chromium's fake camera takes them. */
function filmOf({ width, dark }: { width: number; dark: Uint8Array }, across: number, down: number): Buffer {
  const luma = Buffer.alloc(across * down, 190);
  const left = Math.floor((across - width) / 2);
  const top = Math.floor((down - width) / 2);
  dark.forEach((isDark, index) => {
    luma[(top + Math.floor(index / width)) * across + left + (index % width)] = isDark ? 30 : 235;
  });
  const frame = Buffer.concat([Buffer.from('FRAME\n'), luma, Buffer.alloc((across * down) / 2, 128)]);
  const head = Buffer.from(`YUV4MPEG2 W${across} H${down} F10:1 Ip A1:1 C420jpeg\n`);
  return Buffer.concat([head, ...Array.from({ length: 5 }, () => frame)]);
}
