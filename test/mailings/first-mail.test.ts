import { beforeEach, expect, test } from 'vitest';
import { importFile } from '../../server/imports/service.ts';
import { erasePerson } from '../../server/people/erasure.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { signedIn } from '../desk/at-desk.ts';
import { useService } from '../support/app.ts';
import { days, minutes } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
let chapter: Awaited<ReturnType<typeof makeChapter>>;

beforeEach(async () => {
  service.inbox.hooks = {};
  chapter = await makeChapter(service.db);
});

const sentence = (mail: string) => /Ti scriviamo perché|We write to you because/.test(mail);

/** What reached an address, newest last: both parts of each mail. */
async function mailsTo(address: string) {
  const mine = service.inbox.messages.filter(({ to }) => to === address);
  return Promise.all(
    mine.map(async (mail) => {
      const { text = '', html } = await mail.parsed();
      return { kind: mail.header('x-ritrovo-kind'), text: text.replace(/\s+/g, ' '), html: String(html) };
    }),
  );
}

async function addByImport(text: string, by: string | null = chapter.coordinator.id) {
  const outcome = await importFile(
    service.deps,
    {
      chapterId: chapter.id,
      actor: by ? { kind: 'person', id: by } : { kind: 'cli' },
      source: 'import',
      returningAllowed: false,
    },
    Buffer.from(text),
  );
  if (!outcome.ok) throw new Error(outcome.reason);
}

const idOf = async (email: string) =>
  (await service.db.selectFrom('people').select('id').where('email', '=', email).executeTakeFirstOrThrow())
    .id;

test('the first mail to somebody imported says who added her and when, with the way out, in both parts; the next ones do not', async () => {
  await addByImport('Nome;E-mail;Lingua\nGiulia;giulia@example.org;\nEve;eve@example.org;en\n');
  const member = await makeMember(service.db, chapter.id, { firstName: 'Sara', email: 'sara@example.org' });
  const event = await makeEvent(service.deps, chapter.id);
  await service.settle();

  const [first] = await mailsTo('giulia@example.org');
  expect(first?.kind).toBe('invitation');
  const words = 'Ti scriviamo perché Anna Ricci ti ha aggiunta a Rete di prova, Bologna, lunedì 16 novembre.';
  expect(first?.text).toContain(words);
  expect(first?.html).toContain(words);
  const way = /Non vuoi\? Basta un tocco: (\S+)/.exec(first?.text ?? '')?.[1] as string;
  expect(first?.html).toContain(`href="${way}"`);
  expect((await service.server.inject({ url: new URL(way).pathname })).statusCode).toBe(200);
  expect((await mailsTo('eve@example.org'))[0]?.text).toContain(
    'We write to you because Anna Ricci added you to Rete di prova, Bologna, on Monday 16 November.',
  );
  // Whoever has been here for long is not told.
  expect((await mailsTo(member.email as string)).map(({ text }) => sentence(text))).toEqual([false]);

  const personId = await idOf('giulia@example.org');
  await answerInvitation(service.deps, { eventId: event.id, personId, answer: 'yes', source: 'link' });
  await service.settle();
  const [, second] = await mailsTo('giulia@example.org');
  expect(second?.kind).toBe('confirmation');
  expect(sentence(second?.text ?? '') || sentence(second?.html ?? '')).toBe(false);
});

test('a pasted list says it too, in the form in which she is addressed', async () => {
  const desk = await signedIn(service, chapter.coordinator.id);
  await desk.post(`/desk/chapters/${chapter.slug}/members`, { people: 'Piero Blu, piero@example.org' });
  await service.db
    .updateTable('people')
    .set({ form: 'masculine' })
    .where('email', '=', 'piero@example.org')
    .execute();
  await makeEvent(service.deps, chapter.id);
  await service.settle();
  expect((await mailsTo('piero@example.org'))[0]?.text).toContain('Anna Ricci ti ha aggiunto a');
});

test('where nobody can be named it is said without a name', async () => {
  await addByImport('E-mail\nida@example.org\n', null);
  const other = await makeMember(service.db, chapter.id, { firstName: 'Zita' });
  await addByImport('E-mail\nlia@example.org\n', other.id);
  await erasePerson(service.deps, other.id, { kind: 'cli' });
  await makeEvent(service.deps, chapter.id);
  await service.settle();
  for (const address of ['ida@example.org', 'lia@example.org']) {
    expect((await mailsTo(address))[0]?.text).toContain(
      'Ti scriviamo perché lunedì 16 novembre chi si occupa di Rete di prova, Bologna, ha aggiunto il tuo indirizzo.',
    );
  }
});

test('a mail that was refused told her nothing: the next one that is sent says it', async () => {
  await addByImport('Nome;E-mail\nRita;rita@example.org\n');
  service.inbox.hooks = { rcpt: (to) => (to.startsWith('rita') ? 550 : undefined) };
  await makeEvent(service.deps, chapter.id, { title: 'Primo' });
  await service.settle();
  service.inbox.hooks = {};
  await makeEvent(service.deps, chapter.id, { title: 'Secondo' });
  await service.settle();
  const mails = await mailsTo('rita@example.org');
  expect(mails.map(({ text }) => [/Secondo/.test(text), sentence(text)])).toEqual([[true, true]]);
});

test('a mail of which nobody knows whether it arrived is repeated to the letter, whatever left meanwhile', async () => {
  await addByImport('Nome;E-mail\nNora;nora@example.org\n');
  let cut = true;
  service.inbox.hooks = {
    message: (mail) => {
      if (!cut || !mail.to.startsWith('nora')) return undefined;
      cut = false;
      return 'keep_and_drop';
    },
  };
  const event = await makeEvent(service.deps, chapter.id, { title: 'Primo' });
  await service.settle();
  service.clock.advance(minutes(1));
  const personId = await idOf('nora@example.org');
  await answerInvitation(service.deps, { eventId: event.id, personId, answer: 'maybe', source: 'link' });
  await makeEvent(service.deps, chapter.id, { title: 'Secondo' });
  await service.settle();
  service.clock.advance(minutes(20));
  await service.settle();
  const [one, ...others] = service.inbox.messages.filter(({ to }) => to === 'nora@example.org');
  const again = others.filter((mail) => mail.header('message-id') === one?.header('message-id'));
  expect(again.map(({ raw }) => raw.toString())).toEqual([one?.raw.toString()]);
});

test('somebody of another chapter is told by the first mail of this one', async () => {
  const other = await makeChapter(service.db);
  const her = await makeMember(service.db, other.id, { firstName: 'Elena', email: 'elena@example.org' });
  await makeEvent(service.deps, other.id);
  await service.settle();
  await addByImport(`Nome;E-mail\nElena;${her.email}\n`);
  service.clock.advance(days(1));
  await makeEvent(service.deps, chapter.id);
  await service.settle();
  const mails = await mailsTo('elena@example.org');
  expect(mails.map(({ text }) => sentence(text))).toEqual([false, true]);
});

test('what a coordinator looks at before, and sends herself, does not say it', async () => {
  await addByImport('Nome;E-mail\nAda;ada@example.org\n');
  const event = await makeEvent(service.deps, chapter.id, { draft: true });
  const desk = await signedIn(service, chapter.coordinator.id);
  const preview = await desk.get(`/desk/events/${event.id}/publication`);
  expect(preview.statusCode).toBe(200);
  expect(sentence(preview.body)).toBe(false);
});
