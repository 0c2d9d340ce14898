import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { strangerMailsPerHour } from '../../server/people/strangers.ts';
import { useService } from '../support/app.ts';
import { days, hours } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

const service = useService({ now: '2026-11-16T10:00:00+01:00' });
let visitors = 0;

/** Asks for a link, each time from another machine. */
async function ask(eventId: string, email: string, name = 'Sara Neri', invitedBy = '') {
  const page = await service.server.inject({
    method: 'POST',
    url: `/e/${eventId}/link`,
    remoteAddress: `10.0.0.${(visitors++ % 250) + 1}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'accept-language': 'it' },
    payload: new URLSearchParams({ name, email, invitedBy }).toString(),
  });
  return { status: page.statusCode, body: page.body };
}

const newAddress = () => `${randomUUID()}@example.org`;
const findPerson = (email: string) =>
  service.db.selectFrom('people').selectAll().where('email', '=', email).executeTakeFirst();
const mailsTo = (email: string) => service.inbox.messages.filter(({ to }) => to === email);

async function answer(eventId: string, personId: string) {
  const row = await service.db
    .selectFrom('invitations as i')
    .innerJoin('people as p', 'p.id', 'i.personId')
    .select(['i.id', 'i.eventId', 'i.personId', 'p.linkEpoch'])
    .where('i.eventId', '=', eventId)
    .where('i.personId', '=', personId)
    .executeTakeFirstOrThrow();
  const page = await service.server.inject({
    method: 'POST',
    url: `/r/${service.deps.links.rsvpToken(row)}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'answer=yes',
  });
  expect(page.statusCode).toBeLessThan(400);
}

test('a chapter’s form mails twenty strangers an hour, and makes nobody beyond them', async () => {
  const chapter = await makeChapter(service.db);
  const giulia = await makeMember(service.db, chapter.id, { firstName: 'Giulia' });
  const event = await makeEvent(service.deps, chapter.id, { access: 'public' });
  await service.settle();
  const addresses = Array.from({ length: strangerMailsPerHour + 5 }, newAddress);
  const pages = await Promise.all(addresses.map((email) => ask(event.id, email)));
  expect(new Set(pages.map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set(pages.map(({ body }) => body)).size).toBe(1);
  const made = await service.db
    .selectFrom('people')
    .select('email')
    .where('email', 'in', addresses)
    .execute();
  expect(made).toHaveLength(strangerMailsPerHour);
  await service.settle();
  expect(service.inbox.messages.filter(({ to }) => addresses.includes(to))).toHaveLength(
    strangerMailsPerHour,
  );

  // Whoever is known gets hers all the same, and another chapter counts for itself.
  const before = mailsTo(giulia.email as string).length;
  await ask(event.id, giulia.email as string);
  const other = await makeEvent(service.deps, (await makeChapter(service.db)).id, { access: 'link' });
  await service.settle();
  const elsewhere = newAddress();
  await ask(other.id, elsewhere);
  await service.settle();
  expect(mailsTo(giulia.email as string)).toHaveLength(before + 1);
  expect(mailsTo(elsewhere)).toHaveLength(1);

  service.clock.advance(hours(1) + 1000);
  const later = newAddress();
  await ask(event.id, later);
  expect(await findPerson(later)).toBeDefined();
});

test('of whom nothing is heard for thirty days nothing is kept, and whoever answered or opted out stays', async () => {
  const chapter = await makeChapter(service.db);
  const event = await makeEvent(service.deps, chapter.id, { access: 'public' });
  const far = await makeEvent(service.deps, chapter.id, {
    access: 'public',
    startsAt: new Date(service.clock().getTime() + days(50)),
  });
  const [silent, answered, optedOut, early] = [newAddress(), newAddress(), newAddress(), newAddress()];
  for (const email of [silent, answered, optedOut]) await ask(event.id, email);
  await ask(far.id, early);
  await service.settle();
  const idOf = async (email: string) => (await findPerson(email))?.id as string;
  const silentId = await idOf(silent);
  await answer(event.id, await idOf(answered));
  const url = service.deps.links.unsubscribeUrl({
    personId: await idOf(optedOut),
    chapterId: chapter.id,
    topic: 'invitation',
  });
  const stopped = await service.server.inject({
    method: 'POST',
    url: new URL(url).pathname,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'List-Unsubscribe=One-Click',
  });
  expect(stopped.statusCode).toBe(200);

  service.clock.advance(days(29));
  await service.settle();
  expect(await findPerson(silent)).toBeDefined();
  service.clock.advance(days(1) + 1000);
  await service.settle();
  expect(await findPerson(silent)).toBeUndefined();
  for (const table of ['invitations', 'deliveries', 'mailings'] as const) {
    const left = await service.db.selectFrom(table).select('id').where('personId', '=', silentId).execute();
    expect([table, left]).toEqual([table, []]);
  }
  for (const email of [answered, optedOut, early]) expect((await findPerson(email))?.email).toBe(email);
  // Her link opened until seven days after the event's end.
  service.clock.advance(days(28));
  await service.settle();
  expect(await findPerson(early)).toBeUndefined();
});

test('what a stranger writes into the form reaches nobody’s mailbox before that person has answered', async () => {
  const chapter = await makeChapter(service.db);
  await makeMember(service.db, chapter.id, { firstName: 'Elena', lastName: 'Riva' });
  const event = await makeEvent(service.deps, chapter.id, { access: 'public' });
  await service.settle();
  const email = newAddress();
  await ask(event.id, email, 'Prestiti Facili', 'Chiama Subito');
  await service.settle();
  const [first] = mailsTo(email);
  const text = (await first?.parsed())?.text ?? '';
  expect(text).toContain('Ciao,');
  expect(first?.header('To')).toContain(email);
  for (const word of ['Prestiti', 'Facili', 'Chiama', 'Subito']) {
    expect(text).not.toContain(word);
    expect(first?.header('To')).not.toContain(word);
  }
  expect((await first?.parsed())?.html).not.toMatch(/Prestiti|Chiama/);

  // Once she has answered, the name is hers.
  await answer(event.id, (await findPerson(email))?.id as string);
  await service.settle();
  expect((await mailsTo(email).at(-1)?.parsed())?.text).toContain('Ciao Prestiti,');

  // A member whom she names is named as the group knows her, and one whose address was written is not.
  const [named, addressed] = [newAddress(), newAddress()];
  await ask(event.id, named, 'Sara Neri', 'elena RIVA');
  const dora = await makeMember(service.db, chapter.id, { firstName: 'Dora', lastName: 'Sala' });
  await ask(event.id, addressed, 'Sara Neri', dora.email as string);
  await service.settle();
  expect((await mailsTo(named)[0]?.parsed())?.text).toContain('ti inviti Elena R.');
  expect((await mailsTo(addressed)[0]?.parsed())?.text).not.toContain('Dora');
});
