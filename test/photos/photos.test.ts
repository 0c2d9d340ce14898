import sharp from 'sharp';
import { beforeEach, describe, expect, test } from 'vitest';
import { saveEntry } from '../../server/directory/service.ts';
import { letBeSeen } from '../../server/people/consents.ts';
import { erasePerson } from '../../server/people/erasure.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { useSite } from '../support/site.ts';

const site = useSite('2026-11-16T10:00:00+01:00');
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let anna: Awaited<ReturnType<typeof makeMember>>;
let elena: Awaited<ReturnType<typeof makeMember>>;

beforeEach(async () => {
  chapter = await makeChapter(site.db);
  anna = await makeMember(site.db, chapter.id, { firstName: 'Anna' });
  elena = await makeMember(site.db, chapter.id, { firstName: 'Elena' });
});

const get = (url: string) => site.server.inject({ url });
const seen = (url: string) => get(url).then(({ statusCode }) => statusCode === 200);

/** Brings a file as a browser's form does. */
function bring(path: string, bytes: Buffer | null, { name = 'foto.jpg', headers = {} } = {}) {
  const line = '----line';
  const head = `--${line}\r\ncontent-disposition: form-data; name="photo"; filename="${bytes ? name : ''}"\r\ncontent-type: image/jpeg\r\n\r\n`;
  return site.server.inject({
    method: 'POST',
    url: `${path}/photo`,
    headers: { 'content-type': `multipart/form-data; boundary=${line}`, accept: 'text/html', ...headers },
    payload: Buffer.concat([Buffer.from(head), bytes ?? Buffer.alloc(0), Buffer.from(`\r\n--${line}--\r\n`)]),
  });
}

const plain = (width: number, height: number, colour = '#3355aa') =>
  sharp({ create: { width, height, channels: 3, background: colour }, limitInputPixels: false });
const kept = (personId: string) =>
  site.db.selectFrom('photos').select('bytes').where('personId', '=', personId).executeTakeFirst();
const withPhoto = async (person: { id: string; linkEpoch: number }) =>
  expect((await bring(site.ownLinkOf(person), await plain(600, 400).jpeg().toBuffer())).statusCode).toBe(303);

describe('her photo', () => {
  test('becomes an upright square without the place, the day or the telephone', async () => {
    // Red on the left, blue on the right; turned by a quarter, so that red is above.
    const pair = await plain(800, 800, '#ff0000')
      .composite([{ input: await plain(400, 800, '#0000ff').png().toBuffer(), left: 400, top: 0 }])
      .jpeg()
      .withExif({ IFD0: { Make: 'Telefono' }, IFD3: { GPSLatitude: '44/1 29/1 0/1' } })
      .withMetadata({ orientation: 6 })
      .toBuffer();
    expect((await sharp(pair).metadata()).exif).toBeDefined();
    expect((await bring(site.ownLinkOf(anna), pair)).headers.location).toContain('?done=saved');
    const answered = await get(`${site.ownLinkOf(anna)}/photo`);
    expect(answered.headers).toMatchObject({
      'content-type': 'image/jpeg',
      'x-content-type-options': 'nosniff',
      'cache-control': expect.stringContaining('private'),
    });
    const made = sharp(answered.rawPayload);
    const told = await made.metadata();
    expect(told).toMatchObject({ format: 'jpeg', width: 512, height: 512 });
    expect([told.exif, told.icc, told.xmp, told.iptc, told.orientation]).toEqual(Array(5).fill(undefined));
    const [red, , blue] = await made
      .clone()
      .extract({ left: 250, top: 20, width: 1, height: 1 })
      .raw()
      .toBuffer();
    expect(red).toBeGreaterThan(200);
    expect(blue).toBeLessThan(60);
    expect(answered.rawPayload.length).toBeLessThan(100_000);
  });

  test('is taken as PNG and WebP too, put in the place of another, and taken away', async () => {
    const path = site.ownLinkOf(anna);
    await bring(path, await plain(100, 300).png().toBuffer());
    const first = await kept(anna.id);
    expect((await bring(path, await plain(300, 100, '#ffcc00').webp().toBuffer())).statusCode).toBe(303);
    expect((await kept(anna.id))?.bytes).not.toEqual(first?.bytes);
    expect((await get(path)).body).toContain(`src="${path}/photo"`);
    expect((await site.post(`${path}/photo/removal`, {})).statusCode).toBe(303);
    expect(await kept(anna.id)).toBeUndefined();
    expect((await get(path)).body).not.toContain(`src="${path}/photo"`);
  });

  test.each([
    [
      'a picture that unpacks to far too many points',
      () => plain(20_000, 20_000).png().toBuffer(),
      'troppi punti',
    ],
    [
      'a drawing with a script',
      () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'),
      'JPEG, PNG o WebP',
    ],
    ['a text', () => Buffer.from('Cara Anna, ti mando la foto.'), 'JPEG, PNG o WebP'],
    [
      'a photo cut off',
      async () => (await plain(900, 900).jpeg().toBuffer()).subarray(0, 700),
      'non si apre',
    ],
    ['an iPhone’s own format', () => Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic'), 'HEIC'],
    ['an empty file', () => Buffer.alloc(0), 'Non è arrivata'],
    ['no file', () => null, 'Non è arrivata'],
    [
      'what is larger than 10 MB',
      () => Buffer.alloc(10 * 1024 * 1024 + 1, '\xff\xd8\xff', 'latin1'),
      '10 MB:',
    ],
  ])('%s is refused, with what to do, and the photo that was there stays', async (_name, file, words) => {
    await withPhoto(anna);
    const before = await kept(anna.id);
    const refused = await bring(site.ownLinkOf(anna), await file());
    expect(refused.statusCode).toBe(400);
    expect(refused.body).toMatch(new RegExp(`class="error" id="photo-problem">[^<]*${words}`));
    expect(await kept(anna.id)).toEqual(before);
  });

  test('is taken by no wrong link, from no other site, and not after she was erased', async () => {
    const photo = await plain(300, 300).jpeg().toBuffer();
    const path = site.ownLinkOf(anna);
    expect((await bring(`${path}x`, photo)).statusCode).toBe(404);
    expect((await bring(path, photo, { headers: { origin: 'https://evil.example' } })).statusCode).toBe(403);
    expect(await kept(anna.id)).toBeUndefined();
    await bring(path, photo);
    await erasePerson(site.deps, anna.id, { kind: 'person', id: anna.id });
    expect(await kept(anna.id)).toBeUndefined();
    expect(await seen(`${path}/photo`)).toBe(false);
  });

  test('is in her own copy of her data', async () => {
    await withPhoto(anna);
    const { photo } = (await get(`${site.ownLinkOf(anna)}/data.json`)).json<{ photo: string }>();
    expect(Buffer.from(photo.replace('data:image/jpeg;base64,', ''), 'base64')).toEqual(
      (await kept(anna.id))?.bytes,
    );
  });
});

describe('who sees it', () => {
  const coming = async (eventId: string, personId: string, visible: boolean) =>
    answerInvitation(site.deps, { eventId, personId, answer: 'yes', visible, source: 'link' });

  test('those who come as well, as long as she lets them see her name and comes', async () => {
    const event = await makeEvent(site.deps, chapter.id);
    await withPhoto(elena);
    await coming(event.id, elena.id, true);
    const path = await site.linkOf(event.id, anna.id);
    const photo = `${path}/photos/${elena.id}`;
    expect(await seen(photo)).toBe(false);
    await coming(event.id, anna.id, false);
    expect((await get(path)).body).toContain(`src="${photo}"`);
    expect(await seen(photo)).toBe(true);
    expect(await seen(`${path}x/photos/${elena.id}`)).toBe(false);
    const of = { eventId: event.id, personId: elena.id, chapterId: chapter.id };
    await letBeSeen(site.db as never, { ...of, visible: false, source: 'own_page', now: site.clock() });
    expect((await get(path)).body).not.toContain('/photos/');
    expect(await seen(photo)).toBe(false);
    await coming(event.id, elena.id, true);
    expect(await seen(photo)).toBe(true);
    await answerInvitation(site.deps, { ...of, answer: 'no', source: 'link' });
    expect(await seen(photo)).toBe(false);
  });

  test('nobody through another event, nor once it is over', async () => {
    const [event, other] = [await makeEvent(site.deps, chapter.id), await makeEvent(site.deps, chapter.id)];
    await withPhoto(elena);
    await coming(event.id, elena.id, true);
    await coming(event.id, anna.id, false);
    await coming(other.id, anna.id, false);
    expect(await seen(`${await site.linkOf(other.id, anna.id)}/photos/${elena.id}`)).toBe(false);
    const path = `${await site.linkOf(event.id, anna.id)}/photos/${elena.id}`;
    expect(await seen(path)).toBe(true);
    await site.db.updateTable('events').set({ state: 'ended' }).where('id', '=', event.id).execute();
    expect(await seen(path)).toBe(false);
  });

  test('the group, where she shows it in the directory', async () => {
    await withPhoto(elena);
    const photo = `${site.directoryLinkOf(anna, chapter.id)}/photos/${elena.id}`;
    await saveEntry(site.deps, { personId: elena.id, chapterId: chapter.id }, ['work']);
    expect(await seen(photo)).toBe(false);
    await saveEntry(site.deps, { personId: elena.id, chapterId: chapter.id }, ['photo']);
    expect(await seen(photo)).toBe(true);
  });
});
