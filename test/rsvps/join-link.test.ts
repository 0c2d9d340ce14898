import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { createToken } from '../../server/api/tokens.ts';
import { changeEvent } from '../../server/events/service.ts';
import { createMessage, planMessage } from '../../server/messages/service.ts';
import { answerInvitation, expireOffers } from '../../server/rsvps/service.ts';
import { signedIn } from '../desk/at-desk.ts';
import { calendarIn, subjectOf } from '../journeys/inbox.ts';
import { readableRoutes } from '../public/readable-routes.ts';
import { useService } from '../support/app.ts';
import { minutes } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember, makeMembers } from '../support/factories.ts';
import { linkPaths } from '../support/link-paths.ts';
import type { SinkMail } from '../support/smtp-sink.ts';

/** A join link that would be known anywhere: whoever is not confirmed online never sees it, whichever way she looks. */
const canary = 'canarino-nella-miniera';
const linkNo = (number: number) => `https://incontri.example/${canary}-${number}`;

const service = useService({ now: '2031-11-03T10:00:00+01:00' });
const paths = linkPaths(() => service.deps);
const actor = { kind: 'system' } as const;
const get = (url: string, headers: Record<string, string> = {}) =>
  service.server.inject({ url, headers: { accept: 'text/html', ...headers } });

let chapter: Awaited<ReturnType<typeof makeChapter>>;
let other: Awaited<ReturnType<typeof makeChapter>>;
beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  other = await makeChapter(service.db, { slug: 'modena' });
});

/** All that a mail says, its calendar part and its headers included. */
async function wholeOf(mail: SinkMail): Promise<string> {
  const { text, html } = await mail.parsed();
  return [await subjectOf(mail), text, html || '', (await calendarIn(mail)) ?? '', mail.raw.toString()].join(
    '\n',
  );
}

async function confirmedOnline(eventId: string): Promise<Set<string>> {
  const rows = await service.db
    .selectFrom('rsvps')
    .innerJoin('people', 'people.id', 'rsvps.personId')
    .select(['people.id', 'people.email'])
    .where('eventId', '=', eventId)
    .where('state', '=', 'going')
    .where('mode', '=', 'online')
    .execute();
  return new Set(rows.flatMap(({ id, email }) => [id, email?.toLowerCase() ?? '']));
}

/** Every page and file behind somebody's own links. */
async function ownPages(eventId: string, person: { id: string; linkEpoch: number }): Promise<string> {
  const answer = await paths.linkOf(eventId, person.id);
  const urls = [
    answer,
    `${answer}?a=no`,
    `${answer}?mode=online`,
    `${answer}?mode=room`,
    `${answer}/calendar.ics`,
    await paths.feedbackLinkOf(eventId, person.id),
    paths.ownLinkOf(person),
    paths.directoryLinkOf(person, chapter.id),
  ];
  const bodies = await Promise.all(urls.map(async (url) => (await get(url)).body));
  return bodies.join('\n').replace(/\r\n[ \t]/g, '');
}

type Step =
  | { do: 'answer'; who: number; answer: 'yes' | 'no' | 'maybe'; mode: 'room' | 'online' }
  | { do: 'link'; number: number }
  | { do: 'place'; number: number }
  | { do: 'format'; format: 'hybrid' | 'in_person' | 'online' }
  | { do: 'seats'; room: number; online: number }
  | { do: 'wait'; hours: number };

const people = 5;
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record<Step & { do: 'answer' }>({
      do: fc.constant('answer'),
      who: fc.nat(people - 1),
      answer: fc.constantFrom('yes', 'yes', 'yes', 'no', 'maybe'),
      mode: fc.constantFrom('room', 'online'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record<Step & { do: 'link' }>({ do: fc.constant('link'), number: fc.nat(3) }),
  },
  {
    weight: 1,
    arbitrary: fc.record<Step & { do: 'place' }>({ do: fc.constant('place'), number: fc.nat(3) }),
  },
  {
    weight: 1,
    arbitrary: fc.record<Step & { do: 'format' }>({
      do: fc.constant('format'),
      format: fc.constantFrom('hybrid', 'hybrid', 'in_person', 'online'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record<Step & { do: 'seats' }>({
      do: fc.constant('seats'),
      room: fc.integer({ min: 1, max: 4 }),
      online: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record<Step & { do: 'wait' }>({ do: fc.constant('wait'), hours: fc.constantFrom(1, 25) }),
  },
);

test('no mail and no page of hers has the join link, unless she is confirmed online', {
  timeout: 240_000,
}, async () => {
  let year = 2031;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), async (steps) => {
      year += 1;
      await service.travel(`${year}-11-03T10:00:00+01:00`);
      const { deps, clock } = service;
      const members = await makeMembers(service.db, chapter.id, people);
      const event = await makeEvent(deps, chapter.id, {
        format: 'hybrid',
        joinUrl: linkNo(0),
        seatsRoom: 1,
        seatsOnline: 2,
        maybeAllowed: true,
        access: 'public',
        startsAt: new Date(`${year}-11-20T18:30:00+01:00`),
      });
      await service.settle();
      for (const one of steps) {
        service.inbox.clear();
        clock.advance(minutes(1));
        const change = (changes: Parameters<typeof changeEvent>[2]) =>
          changeEvent(deps, event.id, changes, { actor, notify: true });
        if (one.do === 'answer') {
          const { answer, mode } = one;
          const personId = members[one.who]?.id as string;
          await answerInvitation(deps, { eventId: event.id, personId, answer, mode, source: 'link' });
        } else if (one.do === 'link') await change({ joinUrl: linkNo(one.number) });
        else if (one.do === 'place') await change({ venueName: `Sala ${one.number}` });
        else if (one.do === 'format') await change({ format: one.format });
        else if (one.do === 'seats') await change({ seatsRoom: one.room, seatsOnline: one.online });
        else {
          clock.advance(minutes(60 * one.hours));
          await expireOffers(deps);
        }
        await service.settle();
        const online = await confirmedOnline(event.id);
        const { joinUrl } = await service.db
          .selectFrom('events')
          .select('joinUrl')
          .where('id', '=', event.id)
          .executeTakeFirstOrThrow();
        for (const mail of service.inbox.messages) {
          const said =
            (await wholeOf(mail)).match(new RegExp(`https://incontri\\.example/${canary}-\\d`, 'g')) ?? [];
          if (!online.has(mail.to.toLowerCase())) expect(said, mail.to).toEqual([]);
          // And nobody gets one that is over.
          for (const link of said) expect(link).toBe(joinUrl);
        }
        for (const person of members) {
          const isShown = (await ownPages(event.id, person)).includes(canary);
          expect(isShown, `${JSON.stringify(one)}, ${person.firstName}`).toBe(online.has(person.id));
        }
      }
      // None of the earlier ones is written to in a later year.
      await service.db
        .deleteFrom('memberships')
        .where(
          'personId',
          'in',
          members.map(({ id }) => id),
        )
        .execute();
    }),
    { numRuns: 5, endOnFailure: true },
  );
});

test('neither the public, nor who helps at the door, nor another chapter sees it, on any page that there is', async () => {
  await service.travel('2061-11-03T10:00:00+01:00');
  const { db, deps, server } = service;
  const startsAt = new Date('2061-11-03T18:30:00+01:00');
  const event = await makeEvent(deps, chapter.id, {
    format: 'hybrid',
    joinUrl: linkNo(0),
    access: 'public',
    startsAt,
  });
  const anna = await makeMember(db, chapter.id, { firstName: 'Anna' });
  const host = await makeMember(db, chapter.id, { firstName: 'Ospitale' });
  await db
    .insertInto('invitations')
    .values(
      [anna, host].map(({ id }) => ({
        eventId: event.id,
        personId: id,
        chapterId: chapter.id,
        source: 'member',
        calendarUid: id,
      })),
    )
    .execute();
  const online = { eventId: event.id, answer: 'yes', mode: 'online', source: 'link' } as const;
  await answerInvitation(deps, { ...online, personId: anna.id });
  await db
    .insertInto('eventHosts')
    .values({ eventId: event.id, personId: host.id, chapterId: chapter.id })
    .execute();
  const atDoor = await signedIn(service, host.id);
  const elsewhere = await signedIn(service, other.coordinator.id);
  const { secret: token } = await createToken(db, {
    name: 'altrove',
    chapterId: other.id,
    now: service.clock(),
  });

  const values: Record<string, string> = {
    id: event.id,
    eventId: event.id,
    slug: 'bologna',
    chapter: 'bologna',
    personId: anna.id,
    scope: 'events',
    kind: 'reminder',
    locale: 'it',
    mode: 'online',
  };
  const routes = (await readableRoutes(server)).filter((path) => !path.endsWith('/live'));
  let opened = 0;
  for (const route of routes) {
    const path = route.replace(/:(\w+)/g, (_, name: string) => values[name] ?? event.id);
    for (const headers of [
      {},
      { cookie: atDoor.cookie },
      { cookie: elsewhere.cookie },
      { authorization: `Bearer ${token}` },
    ]) {
      const response = await get(path, headers as Record<string, string>);
      if (response.statusCode === 200) opened += 1;
      expect(response.body.includes(canary), `${path} ${Object.keys(headers)}`).toBe(false);
    }
  }
  expect(opened).toBeGreaterThan(30);
  // The one who has it, has it.
  expect(await ownPages(event.id, anna)).toContain(canary);
});

test('a message to those of an event brings it to nobody who is not confirmed online', async () => {
  const { deps } = service;
  await service.travel('2062-11-03T10:00:00+01:00');
  const event = await makeEvent(deps, chapter.id, { format: 'hybrid', joinUrl: linkNo(0) });
  const [inRoom, byScreen] = await makeMembers(service.db, chapter.id, 2);
  await service.db
    .insertInto('invitations')
    .values(
      [inRoom, byScreen].map((person) => ({
        eventId: event.id,
        personId: person!.id,
        chapterId: chapter.id,
        source: 'member',
        calendarUid: person!.id,
      })),
    )
    .execute();
  for (const [person, mode] of [
    [inRoom, 'room'],
    [byScreen, 'online'],
  ] as const)
    await answerInvitation(deps, {
      eventId: event.id,
      personId: person!.id,
      answer: 'yes',
      mode,
      source: 'link',
    });
  await service.settle();
  for (const [who, person] of [
    ['going_room', inRoom],
    ['going_online', byScreen],
  ] as const) {
    service.inbox.clear();
    const made = await createMessage(
      deps,
      chapter.id,
      {
        subject: '{{ event.title }}',
        body: 'Ci vediamo: {{ event.place }}\n\n[La tua pagina]({{ links.answer }} "button")',
        audience: 'event',
        eventId: event.id,
        eventAudience: who,
      },
      { actor: { kind: 'person', id: chapter.coordinator.id } },
    );
    if (!made.ok) throw new Error(made.reason);
    await planMessage(deps, { chapterId: chapter.id, messageId: made.id, actor }, 'now');
    await service.settle();
    expect(service.inbox.messages.map(({ to }) => to.toLowerCase())).toEqual([person!.email]);
    expect(await wholeOf(service.inbox.messages[0] as SinkMail)).not.toContain(canary);
  }
});
