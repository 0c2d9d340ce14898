import { beforeEach, expect, test } from 'vitest';
import { exportPerson } from '../../server/people/export.ts';
import { signedIn } from '../desk/at-desk.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { useSite } from '../support/site.ts';

const site = useSite('2031-11-10T10:00:00+01:00');
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let giulia: Awaited<ReturnType<typeof makeMember>>;
const secrets = ['ne vorrei parlare', 'Confidata', 'Apicoltrice', 'data:image/jpeg', 'contactsGiven'];

/** Giulia, in one chapter alone, with something of all that is hers and nobody else's. */
beforeEach(async () => {
  const { db, deps, clock } = site;
  chapter = await makeChapter(db);
  giulia = await makeMember(db, chapter.id);
  const other = await makeMember(db, chapter.id, { firstName: 'Confidata' });
  const event = await makeEvent(deps, chapter.id);
  const row = { eventId: event.id, chapterId: chapter.id, personId: giulia.id };
  // Both were there, and the other lets those who were see her name.
  for (const { id: personId } of [giulia, other])
    await db
      .insertInto('attendance')
      .values({ ...row, personId, mode: 'room', recordedAt: clock() })
      .execute();
  await db
    .updateTable('invitations')
    .set({ visible: true })
    .where('eventId', '=', event.id)
    .where('personId', '=', other.id)
    .execute();
  await db
    .insertInto('feedbackAnswers')
    .values({ ...row, kind: 'text', value: 'Di una cosa ne vorrei parlare', answeredAt: clock() })
    .execute();
  await db
    .insertInto('meetWishes')
    .values({
      fromPersonId: giulia.id,
      toPersonId: other.id,
      eventId: event.id,
      chapterId: chapter.id,
      contacts: ['phone'],
      wishedAt: clock(),
    })
    .execute();
  await db
    .insertInto('profiles')
    .values({ personId: giulia.id, work: 'Apicoltrice', updatedAt: clock() })
    .execute();
  await db
    .insertInto('photos')
    .values({ personId: giulia.id, bytes: Buffer.from('x'), takenAt: clock() })
    .execute();
  const mail = { chapterId: chapter.id, personId: giulia.id, kind: 'introduction' };
  const mailing = await db
    .insertInto('mailings')
    .values({ ...mail, template: 'introduction', cause: `x:${giulia.id}`, dueAt: clock(), state: 'done' })
    .returning('id')
    .executeTakeFirstOrThrow();
  await db
    .insertInto('deliveries')
    .values({ ...mail, mailingId: mailing.id, state: 'sent', priority: 0, firstQueuedAt: clock() })
    .execute();
});

test('she who coordinates the one chapter of somebody is not handed what that woman said or wished in confidence', async () => {
  const desk = await signedIn(site, chapter.coordinator.id);
  const handed = await desk.get(`/desk/chapters/${chapter.slug}/people/${giulia.id}/export`);
  expect(handed.statusCode).toBe(200);
  expect(handed.json()).toMatchObject({ saidAfterwards: [], wishes: [], introductions: [], mails: [] });
  for (const secret of secrets) expect(handed.body).not.toContain(secret);
});

test('an operator’s copy has all of it but her wishes, and her own has those too', async () => {
  const operators = await exportPerson(site.db, giulia.id);
  expect(operators).toMatchObject({ wishes: [], profile: { work: 'Apicoltrice' }, mails: [{}] });
  expect(JSON.stringify(operators)).not.toContain('Confidata');
  const own = await exportPerson(site.db, giulia.id, { forHerself: true });
  for (const secret of secrets) expect(JSON.stringify(own)).toContain(secret);
  // Whoever asks for one chapter's part is not she, whatever is said.
  const part = await exportPerson(site.db, giulia.id, { chapterIds: [chapter.id], forHerself: true });
  expect(part).toMatchObject({ wishes: [], saidAfterwards: [], profile: null, photo: null });
});
