import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changeEvent } from '../../server/events/service.ts';
import { requestSignIn } from '../../server/organizers/sign-in.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { checksums } from '../support/checksum.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { addressOf, type Person, standings } from './full-event.ts';
import { kindOf, lastMail, linkIn, linksOf } from './inbox.ts';
import { type Phone, useBrowser } from './phone.ts';
import { scan } from './scanner.ts';

const service = useService({
  now: '2031-11-10T10:00:00+01:00',
  listen: true,
  env: { LOG_LEVEL: 'error' },
});
const browser = useBrowser();

let chapter: Awaited<ReturnType<typeof makeChapter>>;
let event: Awaited<ReturnType<typeof makeEvent>>;
let sandbox: Phone;
const people: Record<string, Person> = {};
const of = (name: string) => people[name] as Person;
const anna = () => chapter.coordinator.email as string;

beforeAll(async () => {
  sandbox = await browser.takePhone();
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  for (const name of ['Giulia', 'Irene', 'Laura', 'Nora', 'Zitta']) {
    people[name] = await makeMember(service.db, chapter.id, { firstName: name });
  }
  event = await makeEvent(service.deps, chapter.id, {
    seatsRoom: 1,
    access: 'link',
    maybeAllowed: true,
    startsAt: new Date('2031-11-20T18:30:00+01:00'),
    endsAt: new Date('2031-11-20T20:30:00+01:00'),
  });
});
afterAll(() => sandbox?.close());

const says = (name: string, answer: 'yes' | 'no' | 'maybe') =>
  answerInvitation(service.deps, { eventId: event.id, personId: of(name).id, answer, source: 'link' });

describe('a gateway that opens every link of every mail, scripts and all', () => {
  const scanned = new Set<string>();
  const kinds = new Set<string>();

  /** Opens all that the mails so far hold, and what their headers say. */
  async function scanMails(): Promise<void> {
    const before = await checksums(service.db);
    for (const mail of [...service.inbox.messages]) {
      kinds.add(kindOf(mail));
      const [, unsubscribe] = /<(https?:[^>]+)>/.exec(mail.header('list-unsubscribe') ?? '') ?? [];
      const links = [...(await linksOf(mail)).map(({ url }) => url), ...(unsubscribe ? [unsubscribe] : [])];
      for (const url of links.filter((link) => link.startsWith(service.url) && !scanned.has(link))) {
        scanned.add(url);
        for (const status of await scan(url, sandbox)) expect(status, url).toBeLessThan(500);
      }
    }
    await service.settle();
    expect(await checksums(service.db)).toEqual(before);
  }

  test('answers nothing, unsubscribes nobody, and uses no sign-in link up', { timeout: 90_000 }, async () => {
    await service.settle();
    await requestSignIn(service.deps, anna());
    await service.settle();
    await scanMails();
    expect(await standings(service, event.id)).toEqual({});

    await says('Giulia', 'yes');
    await says('Irene', 'yes');
    await says('Laura', 'maybe');
    await says('Nora', 'no');
    await service.settle();
    await changeEvent(
      service.deps,
      event.id,
      { venueName: 'Caffè Zamboni' },
      { actor: { kind: 'system' }, notify: true },
    );
    await service.settle();
    await scanMails();

    await says('Giulia', 'no');
    await service.settle();
    await scanMails();
    expect(await standings(service, event.id)).toEqual({
      Giulia: 'withdrawn',
      Irene: 'offered',
      Laura: 'maybe',
      Nora: 'declined',
    });
    expect(await service.db.selectFrom('preferences').selectAll().execute()).toEqual([]);
    expect([...kinds].sort()).toEqual(['confirmation', 'invitation', 'offer', 'sign_in', 'update']);
    expect(scanned.size).toBeGreaterThan(20);
  });

  test('and the reader who comes after it finds her mails as they were', async () => {
    const phone = await browser.takePhone();
    await phone.open(await linkIn(lastMail(service, addressOf(of('Irene')), 'offer'), 'Sì, ci sarò'));
    await phone.tap('Lo prendo: ci sarò');
    expect(await phone.words()).toContain('Ci vediamo');
    await phone.open(await linkIn(lastMail(service, anna(), 'sign_in'), 'Entra'));
    await phone.tap('Entra');
    expect(await phone.words()).toContain('Aperitivo di rete');
    await phone.close();
  });
});

describe('a form of a page that a real browser has opened', () => {
  /** Takes down what the browser says with a post. */
  function listen(phone: Phone) {
    const posts: { url: string; headers: Record<string, string> }[] = [];
    phone.page.on('request', (request) => {
      if (request.method() !== 'POST') return;
      void request.allHeaders().then((headers) => posts.push({ url: request.url(), headers }));
    });
    return posts;
  }

  test('passes the checks of a member’s page, and says where it comes from', async () => {
    const phone = await browser.takePhone();
    const posts = listen(phone);
    await phone.open(await linkIn(lastMail(service, addressOf(of('Zitta')), 'invitation'), 'Non ci sarò'));
    await phone.tap('Non ci sarò');
    expect(await standings(service, event.id)).toMatchObject({ Zitta: 'declined' });
    expect(posts.map(({ headers }) => [headers.origin, headers['sec-fetch-site']])).toEqual([
      [service.url, 'same-origin'],
    ]);
    await phone.close();
  });

  test('passes those of the desk, its form token included', async () => {
    const phone = await browser.takePhone();
    const posts = listen(phone);
    service.clock.advance(3_600_000);
    await requestSignIn(service.deps, anna());
    await service.settle();
    await phone.open(await linkIn(lastMail(service, anna(), 'sign_in'), 'Entra'));
    await phone.tap('Entra');
    await phone.open(`${service.url}/desk/events/${event.id}/edit`);
    await phone.fill('Titolo', 'Aperitivo d’autunno');
    await phone.tap('Salva');
    expect(await phone.words()).toContain('Salvato.');
    expect(posts).toHaveLength(2);

    // The same form with its token taken away, or changed, saves nothing.
    for (const token of ['', 'AAAAAAAAAAAAAAAAAAAAAA']) {
      await phone.open(`${service.url}/desk/events/${event.id}/edit`);
      await phone.fill('Titolo', 'Preso da un altro');
      await phone.page.evaluate(
        `document.querySelector('form.sheet [name=_csrf]').value = ${JSON.stringify(token)}`,
      );
      await phone.tap('Salva');
      expect(await phone.words()).toContain('Non abbiamo salvato nulla');
    }
    expect(await titleOf()).toBe('Aperitivo d’autunno');
    await phone.close();
  });

  test('is refused when another site sends it: on a member’s page, on unsubscribing, and at the desk', async () => {
    const invitation = lastMail(service, addressOf(of('Zitta')), 'invitation');
    const member = (await linkIn(invitation, 'Ci sarò')).replace(/\?.*/, '');
    const unsubscribe = /<(https?:[^>]+)>/.exec(invitation.header('list-unsubscribe') ?? '')?.[1] as string;
    const signIn = await linkIn(lastMail(service, anna(), 'sign_in'), 'Entra');
    const before = await checksums(service.db);
    const attempts = [
      { url: member, fields: { answer: 'yes' } },
      { url: unsubscribe, fields: { choice: 'stop' } },
      { url: signIn, fields: {} },
      { url: `${service.url}/e/${event.id}/link`, fields: { name: 'Sara', email: 'sara@example.org' } },
    ];
    for (const { url, fields } of attempts) {
      for (const headers of [
        { origin: 'https://altrove.example' },
        { origin: 'null' },
        { 'sec-fetch-site': 'cross-site' },
      ]) {
        const answer = await fetch(url, { method: 'POST', headers, body: new URLSearchParams(fields) });
        expect([403, 404], `${url} ${JSON.stringify(headers)}`).toContain(answer.status);
      }
    }
    await service.settle();
    expect(await checksums(service.db)).toEqual(before);

    // What says nothing of its origin is believed: old browsers, and the mail program's own button.
    const answer = await fetch(member, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ answer: 'maybe' }),
    });
    expect(answer.status).toBe(303);
    const oneClick = await fetch(unsubscribe, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }),
    });
    expect(oneClick.status).toBe(200);
    expect(await service.db.selectFrom('preferences').select('topic').execute()).toEqual([
      { topic: 'invitation' },
    ]);
  });

  test('and a page of another site that posts to the desk by itself gets nowhere', async () => {
    const phone = await browser.takePhone();
    service.clock.advance(3_600_000);
    await requestSignIn(service.deps, anna());
    await service.settle();
    await phone.open(await linkIn(lastMail(service, anna(), 'sign_in'), 'Entra'));
    await phone.tap('Entra');
    // Another origin, in the same browser, with the coordinator's cookie in its jar.
    await phone.page.route('http://altrove.example/**', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<form method="post" action="${service.url}/desk/events/${event.id}/cancellation">
          <input name="sure" value="yes"><input name="notify" value="yes"></form>
          <script>document.forms[0].submit()</script>`,
      }),
    );
    const landed = phone.page.waitForResponse((response) => response.request().method() === 'POST');
    await phone.page.goto('http://altrove.example/').catch(() => {});
    expect((await landed).status()).toBeGreaterThanOrEqual(300);
    const row = await service.db
      .selectFrom('events')
      .select('state')
      .where('id', '=', event.id)
      .executeTakeFirstOrThrow();
    expect(row.state).toBe('published');
    await phone.close();
  });
});

async function titleOf(): Promise<string> {
  const row = await service.db
    .selectFrom('events')
    .select('title')
    .where('id', '=', event.id)
    .executeTakeFirstOrThrow();
  return row.title;
}
