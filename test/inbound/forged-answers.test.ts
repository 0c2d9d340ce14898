import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { changePerson } from '../../server/people/edit.ts';
import { erasePerson } from '../../server/people/erasure.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { sinceNow } from '../journeys/inbox.ts';
import { useService } from '../support/app.ts';
import { makeChapter } from '../support/factories.ts';
import { calendarEnv, type Her, organizer, useCalendars } from './calendar-world.ts';

/** Whatever is not proved to be hers changes nothing; what is, counts all the same afterwards. */
const service = useService({ now: '2031-11-10T10:00:00+01:00', env: calendarEnv });
const world = useCalendars(service);
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let giulia: Her;

beforeAll(async () => {
  chapter = await makeChapter(service.db);
});
beforeEach(async () => {
  giulia = await world.makeHer(chapter.id);
});

const signed = (raw: string) => world.sign(raw, world.own);
const withHeader = (raw: string, name: string, value: string) =>
  raw.replace(new RegExp(`^${name}: .*`, 'm'), `${name}: ${value}`);
const yes = (own: object = {}, name?: string) => world.write(giulia, { partstat: 'ACCEPTED', ...own }, name);

const forgeries: Record<string, () => Promise<string>> = {
  'for another attendee': () =>
    signed(yes().replaceAll(`:mailto:${giulia.email}`, ':mailto:altra@example.org')),
  'from another address of her provider': () =>
    signed(withHeader(yes(), 'From', 'Mallory <mallory@example.org>')),
  'in her name, signed by another domain': () => world.sign(yes(), world.evil),
  'in her name, signed by nobody': async () => yes(),
  'from another domain that calls itself by her address': () =>
    world.sign(withHeader(yes(), 'From', `"${giulia.email}" <mallory@evil.example>`), world.evil),
  'from two authors': () =>
    signed(withHeader(yes(), 'From', `Giulia <${giulia.email}>, Mallory <mallory@example.org>`)),
  'with a second From above the signed one': async () =>
    `From: Giulia <${giulia.email}>\r\n${await world.sign(withHeader(yes(), 'From', 'M <mallory@evil.example>'), world.evil)}`,
  'with a signature that leaves the end of the body open': async () => {
    const [head = '', body = ''] = split(yes({ partstat: 'DECLINED' }, 'davical'));
    const open = await world.sign(`${head}\r\n\r\n${body.slice(0, 20)}`, world.own, { maxBodyLength: 20 });
    return open + yes({}, 'davical').split('\r\n\r\n').slice(1).join('\r\n\r\n').slice(20);
  },
  'with a signature that has run out': () =>
    world.sign(yes(), world.own, {
      signTime: new Date(Date.now() - 7_200_000),
      expires: new Date(Date.now() - 3_600_000),
    }),
  'with a UID without a MAC': () => signed(yes({ uid: giulia.entry.uid.replace(/\.[^@]*/, '') })),
  'with a UID that ends in another MAC': () =>
    signed(yes({ uid: giulia.entry.uid.replace(/.@/, (end) => (end === 'A@' ? 'B@' : 'A@')) })),
  'with the MAC of another event of hers': async () => {
    const other = service.deps.links.calendarUid(chapter.id, giulia.id);
    return signed(yes({ uid: `${giulia.entry.uid.split('.')[0]}.${other.split('.').slice(1).join('.')}` }));
  },
  'with the UID of another person': async () => {
    const bea = await world.makeHer(chapter.id, {}, giulia.eventId);
    return signed(yes({ uid: bea.entry.uid }));
  },
  'of an older version of her entry': () => signed(yes({ sequence: giulia.entry.sequence - 1 })),
  'of a version that never was': () => signed(yes({ sequence: giulia.entry.sequence + 1 })),
  'made before what she said last by her link': () =>
    signed(yes({ stamp: new Date(service.clock().getTime() - 3_600_000) })),
  'that does not say when it was made, after an answer that does': () =>
    signed(yes({}, 'davical').replace(/^DTSTAMP.*\r\n/m, '')),
  'for two attendees': () =>
    signed(
      yes({}, 'davical').replace(
        'SEQUENCE:',
        'ATTENDEE;PARTSTAT=ACCEPTED:mailto:altra@example.org\r\nSEQUENCE:',
      ),
    ),
  'with a body that was changed on its way': async () =>
    (await signed(yes({ partstat: 'DECLINED' }, 'davical'))).replace(
      'PARTSTAT=DECLINED',
      'PARTSTAT=ACCEPTED',
    ),
  'vouched for by a relay below the topmost header': async () =>
    `Authentication-Results: mx.example.net; dmarc=fail header.from=example.org\r\nAuthentication-Results: mx.relay.example; dmarc=pass header.from=example.org\r\n${yes()}`,
  'vouched for in a comment and in quotes': async () =>
    `Authentication-Results: mx.relay.example; spf=pass smtp.mailfrom="x; dmarc=pass header.from=example.org"; dkim=none (dmarc=pass header.from=example.org)\r\n${yes()}`,
  'vouched for, and from another address of her provider': async () =>
    `Authentication-Results: mx.relay.example; dmarc=pass header.from=example.org\r\n${withHeader(yes(), 'From', 'Mallory <mallory@example.org>')}`,
  'vouched for as another domain': async () =>
    `Authentication-Results: mx.relay.example; dmarc=pass header.from=evil.example\r\n${yes()}`,
  'sent as an invitation': () =>
    signed(yes().replaceAll('METHOD:REPLY', 'METHOD:REQUEST').replaceAll('method=REPLY', 'method=REQUEST')),
  'sent as a cancellation': () =>
    signed(yes().replaceAll('METHOD:REPLY', 'METHOD:CANCEL').replaceAll('method=REPLY', 'method=CANCEL')),
};

function split(raw: string): [string, string] {
  const at = raw.indexOf('\r\n\r\n');
  return [raw.slice(0, at), raw.slice(at + 4)];
}

describe('a yes changes nothing', () => {
  test.each(Object.keys(forgeries))('%s, and the genuine one after it does', async (name) => {
    const raw = await (forgeries[name] as () => Promise<string>)();
    const before = await world.everythingOf(giulia);
    // One that is no answer at all may be refused in words.
    await world
      .deliver(raw)
      .catch((error: Error) => expect(error.message).toMatch(/550 5\.7\.1 nobody reads/));
    expect(await world.everythingOf(giulia)).toEqual(before);
    expect(await world.stateOf(giulia)).toBe('maybe');
    await service.settle();
    await world.answers(giulia, 'ACCEPTED');
    expect(await world.stateOf(giulia)).toBe('going');
  });

  test('that was sent before and is sent again, once she has changed her mind by her link', async () => {
    const raw = await signed(yes());
    await world.deliver(raw);
    expect(await world.stateOf(giulia)).toBe('going');
    service.clock.advance(60_000);
    await answerInvitation(service.deps, {
      eventId: giulia.eventId,
      personId: giulia.id,
      answer: 'no',
      source: 'link',
    });
    await service.settle();
    const before = await world.everythingOf(giulia);
    for (let time = 1; time <= 3; time += 1) await world.deliver(raw);
    expect(await world.everythingOf(giulia)).toEqual(before);
    // Nor is anybody told of it.
    const told = service.inbox.messages.length;
    await service.settle();
    expect(service.inbox.messages.length).toBe(told);
    await world.answers(giulia, 'ACCEPTED');
    expect(await world.stateOf(giulia)).toBe('going');
  });

  test('that says something else than before, and was made before it', async () => {
    await world.answers(giulia, 'ACCEPTED');
    await service.settle();
    const entry = await world.entryOf(giulia.email);
    const before = await world.everythingOf(giulia);
    const older = new Date(service.clock().getTime() - 30_000);
    const since = sinceNow(service);
    await world.deliver(
      await signed(world.write({ ...giulia, entry }, { partstat: 'DECLINED', stamp: older })),
    );
    expect(await world.everythingOf(giulia)).toEqual(before);
    // It was said before what counts: there is nothing to tell.
    await service.settle();
    expect(since()).toEqual([]);
    await world.answers(giulia, 'DECLINED');
    expect(await world.stateOf(giulia)).toBe('withdrawn');
  });

  test('of an address that was never hers, and the one of her own address does', async () => {
    const raw = await signed(yes());
    const email = `nuova.${giulia.id}@example.org`;
    const changed = await changePerson(service.deps, {
      personId: giulia.id,
      basics: { firstName: 'Giulia', lastName: 'Prova', email, locale: null, form: null },
      // Her links are revoked with it.
      wasNotHers: true,
      chapterId: chapter.id,
      reach: { chapterIds: [chapter.id], isAdministrator: true },
      actor: { kind: 'system' },
    });
    expect(changed).toEqual({ ok: true, addressChanged: true });
    const before = await world.everythingOf(giulia);
    await world.deliver(raw);
    expect(await world.everythingOf(giulia)).toEqual(before);
    const since = sinceNow(service);
    await service.settle();
    // Whoever has that address hears nothing of it.
    expect(since().map(({ to }) => to)).toEqual([email]);
    await world.deliver(await signed(world.write({ ...giulia, email })));
    expect(await world.stateOf(giulia)).toBe('going');
  });

  test('of somebody who was erased, and nothing of it is kept', async () => {
    const raw = await signed(yes());
    expect(await erasePerson(service.deps, giulia.id, { kind: 'cli' })).toEqual({ ok: true });
    const before = await world.everythingOf(giulia);
    await world.deliver(raw);
    await world.deliver(yes());
    expect(await world.everythingOf(giulia)).toEqual(before);
    const kept = await service.db
      .selectFrom('calendarReplies')
      .selectAll()
      .where('personId', '=', giulia.id)
      .execute();
    expect(kept).toEqual([]);
  });
});

test('a yes counts where the relay vouches for it on top, signed or not', async () => {
  await world.deliver(
    `Authentication-Results: mx.relay.example 1; spf=none (no record) smtp.mailfrom=x.example;\r\n dmarc=pass (p=none dis=none) header.from=Example.ORG\r\nAuthentication-Results: mx.relay.example; dmarc=fail header.from=example.org\r\n${yes()}`,
    organizer.toUpperCase(),
  );
  expect(await world.stateOf(giulia)).toBe('going');
});

test('a domain without a DMARC record proves itself by exactly its own signature', async () => {
  const record = world.dns.records.get('_dmarc.example.org') as string;
  world.dns.records.delete('_dmarc.example.org');
  try {
    await world.deliver(await world.sign(yes(), world.evil));
    expect(await world.stateOf(giulia)).toBe('maybe');
    await world.answers(giulia, 'ACCEPTED');
    expect(await world.stateOf(giulia)).toBe('going');
  } finally {
    world.dns.records.set('_dmarc.example.org', record);
  }
});
