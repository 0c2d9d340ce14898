import { beforeAll, expect, test } from 'vitest';
import { markPresent } from '../../server/attendance/service.ts';
import { erasePerson } from '../../server/people/erasure.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { linkPaths } from '../support/link-paths.ts';

const service = useService({ now: '2026-09-01T10:00:00Z' });
const links = linkPaths(() => service.deps);
const actor = { kind: 'system' } as const;
type Person = Awaited<ReturnType<typeof makeMember>>;
let chapterId: string;
let giulia: Person;
let paola: Person;
let sara: Person;

beforeAll(async () => {
  chapterId = (await makeChapter(service.db, { slug: 'bologna' })).id;
  giulia = await makeMember(service.db, chapterId, { firstName: 'Giulia', lastName: 'Rossi' });
  paola = await makeMember(service.db, chapterId, { firstName: 'Paola', lastName: 'Neri' });
  sara = await makeMember(service.db, chapterId, { firstName: 'Sara', lastName: 'Bianchi' });
});

const met = async (person: Person) => {
  const { body } = await service.server.inject(links.ownLinkOf(person));
  return body.split('id="met"')[1]?.split('</section>')[0] ?? '';
};
const beSeen = (eventId: string, person: Person, visible: boolean) =>
  service.db
    .updateTable('invitations')
    .set({ visible })
    .where('eventId', '=', eventId)
    .where('personId', '=', person.id)
    .execute();

async function evening(day: string, title: string, there: [Person, 'room' | 'online'][]): Promise<string> {
  const startsAt = new Date(`${day}T17:00:00Z`);
  const event = await makeEvent(service.deps, chapterId, {
    title,
    startsAt,
    format: 'hybrid',
    joinUrl: 'https://meet.example.org/x',
  });
  await service.travel(`${day}T17:30:00Z`);
  for (const [person, mode] of there) {
    await markPresent(service.deps, { eventId: event.id, personId: person.id, mode }, actor);
    await beSeen(event.id, person, true);
  }
  await service.travel(`${day}T20:00:00Z`);
  return event.id;
}

test('before her first event her page says something warm', async () => {
  expect(await met(giulia)).toContain('ti aspettiamo');
});

test('she reads whom she met where, once each, and how she was there', async () => {
  await evening('2026-09-10', 'Pranzo', [
    [giulia, 'online'],
    [paola, 'online'],
  ]);
  await evening('2026-09-20', 'Aperitivo', [
    [giulia, 'room'],
    [paola, 'room'],
    [sara, 'online'],
  ]);
  const html = await met(giulia);
  expect(html).toContain('una volta di persona, una volta online');
  expect(html.match(/Paola N\./g)).toHaveLength(1);
  expect(html).not.toContain('Neri');
  expect(html).toContain('Di persona: Aperitivo, domenica 20 settembre');
  expect(html).toContain('2 volte in tutto');
  // One in the room and one online are not in each other's company.
  expect(html).not.toContain('Sara');
});

test('either of the two takes her consent back, and the name is gone from both pages', async () => {
  const eventId = await evening('2026-09-30', 'Cena', [
    [giulia, 'room'],
    [sara, 'room'],
  ]);
  expect(await met(giulia)).toContain('Sara B.');
  for (const who of [giulia, sara]) {
    await beSeen(eventId, who, false);
    expect(await met(giulia)).not.toContain('Sara');
    expect(await met(sara)).not.toContain('Giulia');
    await beSeen(eventId, who, true);
  }
  expect(await met(sara)).toContain('Giulia R.');
  await erasePerson(service.deps, sara.id, actor);
  expect(await met(giulia)).not.toContain('Sara');
});

test('what lies more than a year back counts no more', async () => {
  await service.travel('2027-11-01T10:00:00Z');
  const html = await met(giulia);
  expect(html).toContain('Paola N.');
  expect(html).not.toContain('Negli ultimi dodici mesi');
});
