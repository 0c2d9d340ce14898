import { beforeEach, expect, test } from 'vitest';
import { erasePerson } from '../../server/people/erasure.ts';
import { exportPerson } from '../../server/people/export.ts';
import { mergePeople } from '../../server/people/merge.ts';
import { type AtDesk, formBody, signedIn } from '../desk/at-desk.ts';
import { makeEvening } from '../introductions/acquaintances.ts';
import { linksOf, mailsTo, subjectOf, wordsOf } from '../journeys/inbox.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeMember } from '../support/factories.ts';
import { linkPaths } from '../support/link-paths.ts';

const service = useService({ now: '2031-11-20T17:30:00+01:00' });
const { feedbackLinkOf } = linkPaths(() => service.deps);

type Member = Awaited<ReturnType<typeof makeMember>>;
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let people: Record<'paola' | 'giulia' | 'marta' | 'assente' | 'schiva', Member>;
let event: { id: string };
let desk: AtDesk;

/** Paola presents; she whose name nobody may see presents too. */
beforeEach(async () => {
  const { db, deps, clock } = service;
  clock.set('2031-11-20T17:30:00+01:00');
  chapter = await makeChapter(db);
  const make = (firstName: string, lastName: string) => makeMember(db, chapter.id, { firstName, lastName });
  people = {
    paola: await make('Paola', 'Neri'),
    giulia: await make('Giulia', 'Amati'),
    marta: await make('Marta', 'Berti'),
    assente: await make('Assente', 'Costa'),
    schiva: await make('Schiva', 'Denti'),
  };
  event = await makeEvening(deps, chapter.id, Object.values(people), {
    absent: [people.assente],
    unseen: [people.schiva],
  });
  clock.set('2031-11-20T22:00:00+01:00');
  await service.settle();
  desk = await signedIn(service, chapter.coordinator.id);
  const person = [people.paola.id, people.schiva.id, people.assente.id];
  await desk.post(`/desk/events/${event.id}/follow-up/pitches`, { person });
});

const pageOf = async (person: Member) =>
  (await service.server.inject(await feedbackLinkOf(event.id, person.id))).body;

async function write(from: Member, text: string, more: Record<string, string> = {}, to = people.paola) {
  return service.server.inject({
    method: 'POST',
    url: await feedbackLinkOf(event.id, from.id),
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' },
    payload: formBody({ [`pitch-${to.id}`]: text, ...more }),
  });
}
const signed = () => ({ [`pitchSigned-${people.paola.id}`]: 'yes' });
const brought = () =>
  mailsTo(service, people.paola.email as string, 'feedback').filter((mail) =>
    /presentazione/.test(mail.header('subject') ?? ''),
  );
const secondDay = () => service.travel('2031-11-22T18:00:30+01:00');

test('those who were there write to those who presented and may be seen, and to nobody else', async () => {
  expect(await pageOf(people.giulia)).toContain('Due righe per Paola N.');
  expect(await pageOf(people.giulia)).not.toContain('Schiva');
  // She who was not there ticked by mistake, and she who presented, do not write to themselves.
  expect(await pageOf(people.assente)).not.toContain('Un pensiero per chi ha presentato');
  expect(await pageOf(people.paola)).not.toContain('Due righe per Paola');
  await write(people.assente, 'Non c’ero');
  await write(people.giulia, 'A lei no', {}, people.schiva);
  expect(
    await service.db.selectFrom('pitchNotes').selectAll().where('eventId', '=', event.id).execute(),
  ).toEqual([]);
});

test('what came by the second day is one mail, what comes later is one more, and then it is over', async () => {
  await write(people.giulia, 'Bella voce.\nSi sente che ci credi.', signed());
  await write(people.marta, 'Prima versione');
  await write(people.marta, '<b>Chiara</b> [qui](https://evil.example)');
  await service.travel('2031-11-22T17:59:00+01:00');
  expect(brought()).toHaveLength(0);
  await secondDay();
  await service.travel('2031-11-22T19:30:00+01:00');
  expect(brought()).toHaveLength(1);
  const [mail] = brought();
  expect(await subjectOf(mail!)).toContain('Per la tua presentazione a “Aperitivo di novembre”');
  const words = await wordsOf(mail!);
  expect(words).toContain('Bella voce. Si sente che ci credi. (Giulia A.)');
  expect(words).toContain('<b>Chiara</b> [qui](https://evil.example)');
  expect(words).not.toMatch(/Marta|Prima versione/);
  expect(words).toContain('Scrivi a me: rispondi a questa mail');
  expect((await linksOf(mail!)).some(({ url }) => url.includes('evil'))).toBe(false);
  expect((await mail!.parsed()).html).toContain('&lt;b&gt;Chiara&lt;/b&gt;');
  expect(mail!.header('list-unsubscribe')).toContain('/u/');

  // On its way, it is no longer changed.
  await write(people.marta, 'Cambiata');
  expect(await pageOf(people.marta)).toContain('Il tuo pensiero per Paola N. è già partito.');
  await write(people.schiva, 'In ritardo, ma di cuore');
  await service.travel('2031-11-27T17:30:00+01:00');
  expect(brought()).toHaveLength(1);
  await service.travel('2031-11-27T18:00:30+01:00');
  expect(brought()).toHaveLength(2);
  expect(await wordsOf(brought()[1]!)).toContain('In ritardo, ma di cuore');
  expect(await wordsOf(brought()[1]!)).not.toContain('Cambiata');
  await write(people.giulia, 'Troppo tardi');
  await service.travel('2031-11-29T18:30:00+01:00');
  expect(brought()).toHaveLength(2);
});

test('no coordinator and no token sees a note: not on a page, in a preview, in an export or in the record', async () => {
  const { db } = service;
  const secret = 'parola-segreta-di-giulia';
  await write(people.giulia, secret, signed());
  await secondDay();
  expect(await wordsOf(brought().at(-1)!)).toContain(secret);
  const base = `/desk/chapters/${chapter.slug}/people/${people.paola.id}`;
  for (const path of [
    `/desk/events/${event.id}/follow-up`,
    `/desk/events/${event.id}`,
    `/desk/events/${event.id}/mailings`,
    base,
    `${base}/export`,
    `/desk/chapters/${chapter.slug}/texts/pitch_notes`,
  ]) {
    const page = await desk.get(path);
    expect([path, page.statusCode]).toEqual([path, 200]);
    expect(page.body).not.toContain(secret);
  }
  const log = await db.selectFrom('auditLog').selectAll().execute();
  const mailings = await db.selectFrom('mailings').selectAll().execute();
  expect(JSON.stringify([log, mailings])).not.toContain(secret);
  // Each of the two has her own part of it.
  const hers = await exportPerson(db, people.paola.id);
  expect(hers.afterEvents.notesReceived).toMatchObject([{ text: secret, from: 'Giulia' }]);
  const written = await exportPerson(db, people.giulia.id);
  expect(written.afterEvents.notesWritten).toMatchObject([{ text: secret, signed: true }]);
  expect(JSON.stringify(written)).not.toContain('Paola');
});

test('who has herself erased takes her notes with her, also one that is just leaving', async () => {
  const { db, deps, clock } = service;
  await write(people.giulia, 'Me ne vado');
  await write(people.marta, 'Io resto');
  // Her thanks have gone before: the next mail to her is this one.
  await service.travel('2031-11-21T10:00:30+01:00');
  clock.set('2031-11-22T18:00:30+01:00');
  let isGone = false;
  service.inbox.hooks = {
    rcpt: async (to) => {
      if (!isGone && to === people.paola.email) {
        isGone = true;
        await erasePerson(deps, people.giulia.id, { kind: 'system' });
      }
      return undefined;
    },
  };
  await service.settle();
  service.inbox.hooks = {};
  expect(isGone).toBe(true);
  expect(await wordsOf(brought().at(-1)!)).toContain('Io resto');
  expect(await wordsOf(brought().at(-1)!)).not.toContain('Me ne vado');
  await erasePerson(deps, people.paola.id, { kind: 'system' });
  expect(await db.selectFrom('pitchNotes').selectAll().where('eventId', '=', event.id).execute()).toEqual([]);
});

test('two rows of one woman become one: she writes no note to herself, and one to each other', async () => {
  const { db, deps } = service;
  const merge = async (keptId: string, goneId: string) => {
    const reach = { chapterIds: [], isAdministrator: true };
    const all = { keptId, goneId, reach, chapterId: chapter.id, actor: { kind: 'cli' } as const };
    expect(await mergePeople(deps, all)).toMatchObject({ ok: true });
  };
  await write(people.giulia, 'Da Giulia');
  await write(people.marta, 'Da Marta');
  await merge(people.giulia.id, people.marta.id);
  const notes = await db.selectFrom('pitchNotes').selectAll().where('eventId', '=', event.id).execute();
  expect(notes).toMatchObject([{ text: 'Da Giulia', fromPersonId: people.giulia.id }]);
  await merge(people.paola.id, people.giulia.id);
  expect(await db.selectFrom('pitchNotes').selectAll().where('eventId', '=', event.id).execute()).toEqual([]);
});

test('who wants no such mail is not offered any, and what is too long is kept for her to shorten', async () => {
  const long = await write(people.giulia, 'lunga '.repeat(100));
  expect(long.statusCode).toBe(400);
  expect(long.body).toContain('lunga lunga');
  await service.db
    .insertInto('preferences')
    .values({ personId: people.paola.id, chapterId: chapter.id, topic: 'feedback' })
    .execute();
  expect(await pageOf(people.giulia)).not.toContain('Due righe per Paola');
});
