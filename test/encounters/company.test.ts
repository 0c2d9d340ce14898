import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { markPresent } from '../../server/attendance/service.ts';
import { letBeSeen } from '../../server/people/consents.ts';
import { erasePerson } from '../../server/people/erasure.ts';
import { type AnswerInput, answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { linkPaths } from '../support/link-paths.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
const links = linkPaths(() => service.deps);
type Person = Awaited<ReturnType<typeof makeMember>>;
let chapterId: string;
let giulia: Person;
let start = Date.parse('2026-12-01T17:30:00Z');

beforeAll(async () => {
  chapterId = (await makeChapter(service.db, { slug: 'bologna' })).id;
});

beforeEach(async () => {
  // Each test has an evening of its own, ten days after the last.
  start += 10 * 86_400_000;
  service.clock.set(new Date(start - 8 * 86_400_000));
  giulia = await member('Giulia', 'Rossi');
});

const member = (firstName: string, lastName: string, locale?: string) =>
  makeMember(service.db, chapterId, { firstName, lastName, ...(locale && { locale }) });

const evening = (details: Parameters<typeof makeEvent>[2] = {}) =>
  makeEvent(service.deps, chapterId, { startsAt: new Date(start), ...details });

const hybrid = { format: 'hybrid', joinUrl: 'https://meet.example.org/x' } as const;

async function says(eventId: string, person: Person, more: Partial<AnswerInput> = {}): Promise<void> {
  const of = { eventId, personId: person.id };
  const outcome = await answerInvitation(service.deps, {
    ...of,
    answer: 'yes',
    mode: 'room',
    source: 'link',
    ...more,
  });
  expect(outcome).toMatchObject({ ok: true });
}

const beSeen = (eventId: string, person: Person, visible: boolean) =>
  service.db.transaction().execute((trx) =>
    letBeSeen(trx, {
      eventId,
      personId: person.id,
      chapterId,
      visible,
      source: 'own_page',
      now: service.clock(),
    }),
  );

const tells = (person: Person, askMe: string) =>
  service.db
    .insertInto('profiles')
    .values({ personId: person.id, askMe, updatedAt: service.clock() })
    .execute();

/** An evening of the past at which some were present. */
async function past(mode: 'room' | 'online', people: readonly Person[]): Promise<void> {
  const event = await makeEvent(service.deps, chapterId, {
    ...hybrid,
    startsAt: new Date(service.clock().getTime() + 3_600_000),
  });
  service.clock.advance(2 * 3_600_000);
  for (const { id } of people) {
    await markPresent(service.deps, { eventId: event.id, personId: id, mode }, { kind: 'system' });
  }
}

/** What the day-before reminder says, as text. */
async function reminderOf(person: Person): Promise<string> {
  await service.travel(new Date(start - 31.5 * 3_600_000));
  await service.travel(new Date(start - 31.5 * 3_600_000 + 60_000));
  return lastReminder(person);
}

async function lastReminder(person: Person): Promise<string> {
  const mail = service.inbox.messages.findLast(
    ({ to, header }) => to === person.email && header('x-ritrovo-kind') === 'reminder',
  );
  return (await mail?.parsed())?.text ?? 'no reminder';
}

const pageOf = async (eventId: string, person: Person) =>
  (
    await service.server.inject({
      url: await links.linkOf(eventId, person.id),
      headers: { accept: 'text/html' },
    })
  ).body;

describe('whom she will meet', () => {
  test('are those who come and agreed to be seen, with what to ask them about; the others are counted', async () => {
    const elena = await member('Elena', 'Riva');
    const shy = await member('Timida', 'Schiva');
    const away = await member('Assente', 'Lontana');
    const event = await evening();
    await tells(elena, 'api in città');
    await says(event.id, giulia, { visible: true });
    await says(event.id, elena, { visible: true });
    await says(event.id, shy, { visible: false });
    await says(event.id, away, { visible: true });
    await says(event.id, away, { answer: 'no' });
    const page = await pageOf(event.id, giulia);
    const mail = await reminderOf(giulia);
    expect(mail).toContain('Chi incontrerai');
    expect(mail).toContain('- Elena R.\n  “Chiedimi di… api in città”\n- e un’altra persona');
    expect(page).toContain('<b>Elena R.</b>');
    expect(page).toContain('Chiedimi di… api in città');
    expect(page).toContain('e un’altra persona');
    for (const said of [mail, page]) {
      expect(said).not.toMatch(/Riva|Timida|Schiva|Assente|Lontana/);
      expect(said.match(/Giulia R\./g) ?? []).toHaveLength(said === page ? 1 : 0);
    }
    // She who does not show herself reads who does.
    expect(await lastReminder(shy)).toMatch(/- (Elena R\.|Giulia R\.)/);
  });

  test('are not listed where nobody agreed, nor to somebody who does not come herself', async () => {
    const shy = await member('Timida', 'Schiva');
    const event = await evening();
    await says(event.id, giulia);
    await says(event.id, shy);
    const other = await evening({ startsAt: new Date(start + 3_600_000) });
    await says(other.id, giulia, { visible: true });
    expect(await pageOf(other.id, shy)).not.toMatch(/Giulia|Chi incontrerai/);
    expect(await reminderOf(giulia)).not.toContain('Chi incontrerai');
    expect(await pageOf(event.id, giulia)).toContain('Ci sarà anche un’altra persona.');
  });

  test('come first where she never met them in person, in her own mode before the other; eight are named', async () => {
    const known = [];
    const unknown = [];
    for (let index = 0; index < 5; index += 1) {
      known.push(await member(`Nota${index}`, 'Vista'));
      unknown.push(await member(`Nuova${index}`, 'Mai'));
    }
    const afar = await member('Lontana', 'Online');
    const event = await evening(hybrid);
    await past('room', [giulia, ...known]);
    await says(event.id, giulia, { visible: true });
    for (const person of [...known, ...unknown]) await says(event.id, person, { visible: true });
    await says(event.id, afar, { visible: true, mode: 'online' });
    const mail = await reminderOf(giulia);
    const names = [...mail.matchAll(/^- (\S+ \S+\.)(?: · .*)?$/gm)].map(([, name]) => name as string);
    expect(names.slice(0, 5).toSorted()).toEqual([0, 1, 2, 3, 4].map((index) => `Nuova${index} M.`));
    expect(names).toHaveLength(8);
    expect(names.slice(5).every((name) => name.startsWith('Nota'))).toBe(true);
    expect(mail).toContain('- e altre 3 persone');
    expect(await lastReminder(afar)).toMatch(/- Nuova\d M\. · in presenza/);
  });

  test('she met only online so far are said to be there, once both let themselves be seen', async () => {
    const paola = await member('Paola', 'Neri', 'en');
    const dora = await member('Dora', 'Blu');
    await past('online', [giulia, paola, dora]);
    await past('room', [giulia, dora]);
    const event = await evening();
    await says(event.id, giulia, { visible: true });
    await says(event.id, paola, { visible: true });
    await says(event.id, dora, { visible: true });
    const mail = await reminderOf(giulia);
    expect(mail).toContain('Ci sarà anche Paola N., che finora hai incontrato solo online.');
    expect(mail).not.toContain('Dora B., che');
    expect(await lastReminder(paola)).toContain('so far you have only met online');
    expect(await pageOf(event.id, giulia)).toContain('che finora hai incontrato solo online');
    // Who does not show herself is told nothing of what the other could not know.
    await beSeen(event.id, giulia, false);
    expect(await pageOf(event.id, giulia)).not.toContain('solo online');
    expect(await pageOf(event.id, giulia)).toContain('Paola N.');
  });

  test('a consent withdrawn, a name erased and a seat given up are gone from the next page on', async () => {
    const elena = await member('Elena', 'Riva');
    const marta = await member('Marta', 'Sala');
    const carla = await member('Carla', 'Bassi');
    const event = await evening();
    await says(event.id, giulia);
    for (const person of [elena, marta, carla]) await says(event.id, person, { visible: true });
    const page = await pageOf(event.id, giulia);
    expect(page).toMatch(/Elena R\./);
    expect(page).toMatch(/Marta S\./);
    await beSeen(event.id, elena, false);
    await erasePerson(service.deps, marta.id, { kind: 'system' });
    await says(event.id, carla, { answer: 'no' });
    expect(await pageOf(event.id, giulia)).not.toMatch(/Elena|Marta|Carla|Chi incontrerai/);
  });

  test('a consent withdrawn between the writing of a mail and its first byte is honoured', async () => {
    const elena = await member('Elena', 'Riva');
    const event = await evening();
    await says(event.id, giulia);
    await says(event.id, elena, { visible: true });
    await service.settle();
    let withdrawn = false;
    service.inbox.hooks = {
      rcpt: async (to) => {
        if (to === giulia.email && !withdrawn) {
          withdrawn = true;
          await beSeen(event.id, elena, false);
        }
        return undefined;
      },
    };
    const mail = await reminderOf(giulia);
    service.inbox.hooks = {};
    expect(withdrawn).toBe(true);
    expect(mail).toContain('il tuo posto c’è');
    expect(mail).not.toMatch(/Elena|Chi incontrerai/);
    const reminders = service.inbox.messages.filter(
      ({ to, header }) => to === giulia.email && header('x-ritrovo-kind') === 'reminder',
    );
    expect(reminders).toHaveLength(1);
  });

  test('what she writes of herself stays words', async () => {
    const evil = await member('[clicca](https://evil.example)', '<b>x</b>');
    const event = await evening();
    await tells(evil, '{{ links.answer }} <img src=x> [x](javascript:alert(1))');
    await says(event.id, giulia);
    await says(event.id, evil, { visible: true });
    await reminderOf(giulia);
    const mail = service.inbox.messages.findLast(
      ({ to, header }) => to === giulia.email && header('X-Ritrovo-Kind') === 'reminder',
    );
    const html = (await mail?.parsed())?.html || '';
    expect(html).toContain('Chiedimi di… {{ links.answer }} &lt;img src=x&gt; [x](javascript:alert(1))');
    expect(html).not.toContain('evil.example"');
    expect(Buffer.byteLength(html)).toBeLessThan(80_000);
  });
});
