import { parse } from 'csv-parse/sync';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { erasePerson } from '../../server/people/erasure.ts';
import { exportPerson } from '../../server/people/export.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { type AtDesk, formBody, signedIn } from './at-desk.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let desk: AtDesk;
let giulia: Awaited<ReturnType<typeof makeMember>>;
let eventId: string;
let ids: string[];

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  desk = await signedIn(service, chapter.coordinator.id);
});
const three = {
  label0: 'C’è qualcosa che non mangi?',
  kind0: 'text',
  required0: 'yes',
  label1: 'Come arrivi?',
  kind1: 'choice',
  choices1: 'In treno\nIn auto\n\nIn auto',
  label2: 'Ti serve un passaggio?',
  kind2: 'yes_no',
};
const asked = () =>
  service.db
    .selectFrom('eventQuestions')
    .selectAll()
    .where('eventId', '=', eventId)
    .orderBy('position')
    .execute();
beforeEach(async () => {
  giulia = await makeMember(service.db, chapter.id, { firstName: 'Giulia', lastName: 'Rossi' });
  eventId = (await makeEvent(service.deps, chapter.id)).id;
  await desk.post(`/desk/events/${eventId}/questions`, three);
  ids = (await asked()).map(({ id }) => id);
});

async function link(): Promise<string> {
  const row = await service.db
    .selectFrom('invitations as i')
    .innerJoin('people as p', 'p.id', 'i.personId')
    .select(['i.id', 'i.eventId', 'i.personId', 'p.linkEpoch'])
    .where('i.eventId', '=', eventId)
    .where('i.personId', '=', giulia.id)
    .executeTakeFirstOrThrow();
  return `/r/${service.deps.links.rsvpToken(row)}`;
}
const post = (path: string, fields: Record<string, string>) =>
  service.server.inject({
    method: 'POST',
    url: path,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' },
    payload: formBody(fields),
  });
const page = async () =>
  (await service.server.inject({ url: await link(), headers: { accept: 'text/html' } })).body;
const answer = async (...values: string[]) =>
  post(
    `${await link()}/questions`,
    Object.fromEntries(values.map((value, index) => [`q-${ids[index]}`, value])),
  );
const said = async () =>
  (
    await service.db
      .selectFrom('questionAnswers')
      .select('value')
      .where('eventId', '=', eventId)
      .orderBy('questionId')
      .execute()
  ).map(({ value }) => value);

describe('a coordinator’s own questions', () => {
  test('are asked after the yes and never before it', async () => {
    expect(await page()).not.toContain('Come arrivi?');
    await post(await link(), { answer: 'yes' });
    expect(await page()).toContain('Come arrivi?');
    await post(await link(), { answer: 'no' });
    expect(await page()).not.toContain('Come arrivi?');
  });

  test('do not stand in the way of her yes, though an answer is needed', async () => {
    await post(await link(), { answer: 'yes' });
    const rsvp = await service.db
      .selectFrom('rsvps')
      .select('state')
      .where('personId', '=', giulia.id)
      .executeTakeFirstOrThrow();
    expect(rsvp.state).toBe('going');
    expect((await answer('', 'In treno')).statusCode).toBe(303);
    // She is asked again, kindly.
    expect(await page()).toContain('ancora una risposta qui sotto');
    await answer('Il pesce');
    expect(await page()).not.toContain('ancora una risposta qui sotto');
    expect(await said()).toEqual(['Il pesce', 'In treno']);
  });

  test('take a choice that is there and nothing else, and let her take an answer back', async () => {
    await post(await link(), { answer: 'yes' });
    await answer('Niente', 'In aereo', 'forse');
    expect(await said()).toEqual(['Niente']);
    await answer('', 'In auto', 'no');
    expect(await said()).toEqual(['In auto', 'no']);
  });

  test('are not answered by whoever does not come, nor from another’s page', async () => {
    await answer('Il pesce');
    expect(await said()).toEqual([]);
    const other = await makeEvent(service.deps, chapter.id);
    await desk.post(`/desk/events/${other.id}/questions`, { label0: 'Altro?', kind0: 'text' });
    const foreign = await service.db
      .selectFrom('eventQuestions')
      .select('id')
      .where('eventId', '=', other.id)
      .executeTakeFirstOrThrow();
    await post(await link(), { answer: 'yes' });
    await post(`${await link()}/questions`, { [`q-${foreign.id}`]: 'x' });
    expect(
      await service.db
        .selectFrom('questionAnswers')
        .select('value')
        .where('questionId', '=', foreign.id)
        .execute(),
    ).toEqual([]);
  });

  test('show what each said and the sum, on the page and in the file', async () => {
    await post(await link(), { answer: 'yes' });
    await answer('=HYPERLINK("http://x")', 'In treno', 'yes');
    const { body } = await desk.get(`/desk/events/${eventId}`);
    expect(body).toContain('<b>1</b> In treno');
    const file = await desk.get(`/desk/events/${eventId}/answers.csv`);
    expect(file.rawPayload.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
    const [head = [], ...rows] = parse(file.body, { delimiter: ';', bom: true }) as string[][];
    expect(head).toContain('Come arrivi?');
    const hers = rows.find((row) => row[0] === 'Giulia' && row[3] === 'ci sarà') as string[];
    expect(hers[head.indexOf('Come arrivi?')]).toBe('In treno');
    expect(hers[head.indexOf('Ti serve un passaggio?')]).toBe('sì');
    // A spreadsheet runs nothing of it.
    expect(hers[head.indexOf('C’è qualcosa che non mangi?')]).toMatch(/^'=/);
  });

  test('keep what was answered when their words change, and when they are taken out', async () => {
    await post(await link(), { answer: 'yes' });
    await answer('Il pesce', 'In treno');
    await desk.post(`/desk/events/${eventId}/questions`, {
      id0: ids[0] as string,
      label0: 'Allergie?',
      kind0: 'text',
    });
    expect(await said()).toEqual(['Il pesce', 'In treno']);
    const { body } = await desk.get(`/desk/events/${eventId}`);
    expect(body).toContain('Allergie?');
    expect(body).toContain('Non la chiedi più');
    // The third had no answer: nothing of it stays.
    expect((await asked()).map(({ label }) => label)).not.toContain('Ti serve un passaggio?');
    expect(await page()).not.toContain('Come arrivi?');
  });

  test('are refused with words kept where something is missing, and never more than five', async () => {
    const wrong = await desk.post(`/desk/events/${eventId}/questions`, {
      label0: 'Come?',
      kind0: 'choice',
      choices0: 'Una sola',
    });
    expect(wrong.statusCode).toBe(400);
    expect(wrong.body).toContain('Una sola');
    const six = Object.fromEntries([0, 1, 2, 3, 4, 5].map((n) => [`label${n}`, `Domanda ${n}?`]));
    await desk.post(`/desk/events/${eventId}/questions`, six);
    expect((await asked()).filter(({ removedAt }) => removedAt === null)).toHaveLength(5);
  });

  test('are in what we export of her, and go with her', async () => {
    await post(await link(), { answer: 'yes' });
    await answer('Il pesce');
    expect((await exportPerson(service.db, giulia.id)).answersToQuestions).toMatchObject([
      { answer: 'Il pesce' },
    ]);
    await erasePerson(service.deps, giulia.id, { kind: 'system' });
    expect(await said()).toEqual([]);
  });
});

describe('the list on paper', () => {
  test('names those who come with a box to tick, the waiting below, and no address', async () => {
    await post(await link(), { answer: 'yes' });
    const { body } = await desk.get(`/desk/events/${eventId}/list`);
    expect(body).toContain('Giulia Rossi');
    expect(body).toContain('prima volta');
    expect(body).not.toContain(giulia.email as string);
  });
});
