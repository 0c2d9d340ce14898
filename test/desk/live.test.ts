import { beforeAll, expect, test } from 'vitest';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { openBrowser, page360 } from '../support/browser.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';
import { signedIn } from './at-desk.ts';

const service = useService({ now: '2026-11-16T10:00:00Z', listen: true });
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let people: Awaited<ReturnType<typeof makeMembers>>;

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  people = await makeMembers(service.db, chapter.id, 3);
});
const says = (eventId: string, index: number) =>
  answerInvitation(service.deps, {
    eventId,
    personId: people[index]?.id as string,
    answer: 'yes',
    source: 'link',
  });

/** What a stream says until it has said a word. */
async function readUntil(reader: ReadableStreamDefaultReader<Uint8Array>, word: string): Promise<string> {
  let text = '';
  while (!text.includes(word)) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += Buffer.from(value).toString();
  }
  return text;
}

test('a stream says that answers changed, of its own event, and holds nothing of the pool', async () => {
  const event = await makeEvent(service.deps, chapter.id);
  const other = await makeEvent(service.deps, chapter.id);
  const { cookie } = await signedIn(service, chapter.coordinator.id);
  const ended = new AbortController();
  const answers = await Promise.all(
    Array.from({ length: 8 }, () =>
      fetch(`${service.url}/desk/events/${event.id}/live`, {
        headers: { cookie, accept: 'text/event-stream' },
        signal: ended.signal,
      }),
    ),
  );
  const readers = answers.map(
    (answer) => answer.body?.getReader() as ReadableStreamDefaultReader<Uint8Array>,
  );
  expect(answers[0]?.headers.get('content-type')).toContain('text/event-stream');
  for (const reader of readers) await readUntil(reader, 'ready');
  // One more page of the same session is too many.
  const ninth = await fetch(`${service.url}/desk/events/${event.id}/live`, {
    headers: { cookie, accept: 'text/event-stream' },
  });
  expect(ninth.status).toBe(503);
  await says(other.id, 0);
  await says(event.id, 0);
  const texts = await Promise.all(readers.map((reader) => readUntil(reader, 'changed')));
  for (const text of texts) expect(text.match(/event: changed/g)).toHaveLength(1);
  ended.abort();
});

test('the page follows the answers while she looks, and keeps what she has ticked', async () => {
  const event = await makeEvent(service.deps, chapter.id);
  await says(event.id, 0);
  const { cookie } = await signedIn(service, chapter.coordinator.id);
  const browser = await openBrowser();
  const page = await page360(browser);
  const [name = '', value = ''] = cookie.split('=');
  await page.context().addCookies([{ name, value, url: `${service.url}/desk` }]);
  const live = page.waitForResponse((response) => response.url().endsWith('/live'));
  await page.goto(`${service.url}/desk/events/${event.id}`);
  await live;
  const tick = page.locator(`input[value="${people[0]?.id}"]`);
  await tick.check();
  await says(event.id, 1);
  await page.locator('#group-going', { hasText: 'Socia2' }).waitFor();
  expect(await tick.isChecked()).toBe(true);
  expect(await page.locator('#figures b').first().textContent()).toBe('2');
  await browser.close();
}, 60_000);
