import sharp from 'sharp';
import { directoryFields } from '../../server/directory/rules.ts';
import { saveEntry } from '../../server/directory/service.ts';
import { saveQuestions } from '../../server/events/questions.ts';
import { cancelEvent, changeEvent } from '../../server/events/service.ts';
import { createMessage, planMessage } from '../../server/messages/service.ts';
import { answerQuestions } from '../../server/rsvps/own-questions.ts';
import { type AnswerInput, answerInvitation } from '../../server/rsvps/service.ts';
import { afterPages } from '../feedback/member-pages.ts';
import { followUpMemberPages } from '../followups/member-pages.ts';
import { introductionPages } from '../introductions/member-pages.ts';
import { hours } from './clock.ts';
import { makeChapter, makeEvent, makeMember } from './factories.ts';
import type { TestSite } from './site.ts';

/** The address of every page that a member or a stranger can meet, each in every state, made by the use cases. */

export type StatePage = { name: string; path: string; post?: Record<string, string | string[]> };

const actor = { kind: 'system' } as const;

/** Each state is the state at the clock's present: nothing has to be travelled to. */
export async function memberPages(site: TestSite, accent: string): Promise<StatePage[]> {
  const { deps, db, clock } = site;
  const now = clock();
  const chapter = await makeChapter(db, { slug: `bologna-${accent.slice(1)}` });
  await db
    .updateTable('chapters')
    .set({ accentColour: accent, replyTo: 'chiara@example.org' })
    .where('id', '=', chapter.id)
    .execute();
  const anna = await makeMember(db, chapter.id, { firstName: 'Anna', lastName: 'Rinaldi' });
  const elena = await makeMember(db, chapter.id, { firstName: 'Elena', lastName: 'Poli' });

  await showAll(site, chapter.id, elena.id);
  const emptyChapter = await makeChapter(db);
  const stranger = await makeMember(db, emptyChapter.id, { firstName: 'Nora' });
  const nameless = await makeMember(db, chapter.id, { firstName: 'Ugo', email: null });
  const renewing = await makeMember(db, chapter.id, { firstName: 'Rita' });
  const leaving = await makeMember(db, chapter.id, { firstName: 'Lia' });

  const details = {
    title: 'Aperitivo di novembre',
    description:
      'Ci ritroviamo davanti a un calice.\n\n- **un minuto** a testa\n- [le slide no](https://example.org)',
    cost: '15 €, si paga sul posto',
    bring: 'Biglietti da visita.',
    guestsAllowed: 2,
    maybeAllowed: true,
    startsAt: new Date(now.getTime() + hours(72)),
  };
  const hybrid = {
    format: 'hybrid',
    seatsRoom: 12,
    seatsOnline: 30,
    joinUrl: 'https://meet.example.org/x',
  } as const;
  const make = (more: Parameters<typeof makeEvent>[2] = {}) =>
    makeEvent(deps, chapter.id, { ...details, ...more });
  const answer = (eventId: string, answer: AnswerInput['answer'], more: Partial<AnswerInput> = {}) =>
    answerInvitation(deps, { eventId, personId: anna.id, answer, source: 'link', ...more });
  const pages: StatePage[] = [];
  const add = async (
    name: string,
    eventId: string,
    more: { query?: string; post?: StatePage['post'] } = {},
  ) => {
    const path = (await site.linkOf(eventId, anna.id)) + (more.query ?? '');
    pages.push({ name, path, ...(more.post && { post: more.post }) });
  };
  const full = async (more: Parameters<typeof makeEvent>[2] = {}) => {
    const event = await make({ seatsRoom: 1, ...more });
    await answer(event.id, 'yes', { personId: elena.id });
    return event;
  };

  const open = await make({ seatsRoom: 25 });
  await add('open', open.id);
  await add('open, no preselected', open.id, { query: '?a=no' });
  await add('refused', open.id, {
    post: { answer: 'yes', guestName: ['A', 'B', 'C'], note: 'x'.repeat(1001) },
  });
  await add('open, hybrid', (await make(hybrid)).id);
  await add('full', (await full()).id);

  const going = await make();
  await answer(going.id, 'yes', { personId: elena.id, visible: true });
  await db
    .insertInto('profiles')
    .values({ personId: elena.id, askMe: 'api in città', updatedAt: now })
    .onConflict((conflict) => conflict.column('personId').doUpdateSet({ askMe: 'api in città' }))
    .execute();
  await answer(going.id, 'yes', { guests: [{ name: 'Sara Neri' }], note: 'Arrivo alle 19.' });
  await add('going', going.id);
  await add('going, asked whether not', going.id, { query: '?a=no' });
  const unseen = await make();
  await answer(unseen.id, 'yes');
  pages.push({
    name: 'going, what she tells refused',
    path: `${await site.linkOf(unseen.id, anna.id)}/profile`,
    post: { askMe: 'x'.repeat(121), seeks: 'Un orto', visible: '0' },
  });
  const telling = await make();
  await answer(telling.id, 'yes', { personId: elena.id });
  pages.push({
    name: 'going, having told',
    path: `${await site.linkOf(telling.id, elena.id)}?done=told`,
  });
  await add('going, her own link mailed', unseen.id, { query: '?done=mailed' });
  const online = await make(hybrid);
  await answer(online.id, 'yes', { mode: 'online' });
  await add('going online', online.id);
  const inRoom = await make({ ...hybrid, seatsOnline: 1 });
  await answer(inRoom.id, 'yes', { personId: elena.id, mode: 'online' });
  await answer(inRoom.id, 'yes', { mode: 'room' });
  await add('going to the room, no seat online', inRoom.id);
  await add('going to the room, a seat online refused', inRoom.id, {
    post: { answer: 'yes', mode: 'online' },
  });
  const asking = await make();
  await saveQuestions(deps, {
    eventId: asking.id,
    actor,
    questions: [
      { id: null, kind: 'text', label: 'C’è qualcosa che non mangi?', choices: [], required: true },
      { id: null, kind: 'choice', label: 'Come arrivi?', choices: ['In treno', 'In auto'], required: false },
      { id: null, kind: 'yes_no', label: 'Ti serve un passaggio?', choices: [], required: false },
    ],
  });
  await answer(asking.id, 'yes');
  await add('going, with questions', asking.id);
  const told = await make();
  await saveQuestions(deps, {
    eventId: told.id,
    actor,
    questions: [{ id: null, kind: 'yes_no', label: 'Ti serve un passaggio?', choices: [], required: false }],
  });
  await answer(told.id, 'yes');
  const question = await db
    .selectFrom('eventQuestions')
    .select('id')
    .where('eventId', '=', told.id)
    .executeTakeFirstOrThrow();
  await answerQuestions(deps, { eventId: told.id, personId: anna.id }, { [`q-${question.id}`]: 'yes' });
  await add('going, questions answered', told.id);
  const maybe = await make();
  await answer(maybe.id, 'maybe');
  await add('maybe', maybe.id);
  const waiting = await full();
  await answer(waiting.id, 'yes');
  await add('waitlisted', waiting.id);
  const offered = await full();
  await answer(offered.id, 'yes');
  await answer(offered.id, 'no', { personId: elena.id });
  await add('offered', offered.id);
  const waitsForRoom = await full({ ...hybrid, seatsRoom: 1 });
  await answer(waitsForRoom.id, 'yes', { mode: 'room' });
  await add('waitlisted for the room, seats online', waitsForRoom.id);
  await add('waitlisted for the room, online chosen', waitsForRoom.id, { query: '?mode=online' });
  const offeredRoom = await full({ ...hybrid, seatsRoom: 1 });
  await answer(offeredRoom.id, 'yes', { mode: 'room' });
  await answer(offeredRoom.id, 'no', { personId: elena.id });
  await add('offered in the room, seats online', offeredRoom.id);
  // In the last hour nothing is held: the free seat is hers who takes it.
  const lastHour = await full({ startsAt: new Date(now.getTime() + hours(0.5)) });
  await answer(lastHour.id, 'yes');
  await answer(lastHour.id, 'no', { personId: elena.id });
  await add('waitlisted, a seat free in the last hour', lastHour.id);
  const declined = await make();
  await answer(declined.id, 'no');
  await add('declined', declined.id);
  const withdrawn = await make();
  await answer(withdrawn.id, 'yes');
  await answer(withdrawn.id, 'no');
  await add('withdrawn', withdrawn.id);

  const moved = await make();
  await answer(moved.id, 'yes');
  const cancelled = await make({ access: 'public' });
  await cancelEvent(deps, cancelled.id, {
    actor,
    reason: 'Guasto all’acqua: ci rifacciamo a dicembre.',
    notify: false,
  });
  await add('cancelled', cancelled.id);
  const lapsed = await full();
  await answer(lapsed.id, 'yes');
  await db
    .updateTable('rsvps')
    .set({ offerLapsedAt: now })
    .where('eventId', '=', lapsed.id)
    .where('personId', '=', anna.id)
    .execute();
  await add('waitlisted, offer lapsed', lapsed.id);
  const closed = await make({ access: 'public', answersCloseAt: new Date(now.getTime() - hours(1)) });
  await add('closed', closed.id);
  const ended = await make();
  await db.updateTable('events').set({ state: 'ended' }).where('id', '=', ended.id).execute();
  await add('ended', ended.id);
  const expired = await make();
  await db
    .updateTable('events')
    .set({
      startsAt: new Date(now.getTime() - hours(24 * 9)),
      endsAt: new Date(now.getTime() - hours(24 * 8)),
    })
    .where('id', '=', expired.id)
    .execute();
  await add('expired link', expired.id);
  clock.advance(60_000);
  await changeEvent(deps, moved.id, { venueName: 'Sala Borsa' }, { actor, notify: false });
  await add('moved', moved.id);

  const listed = await make({ access: 'public', ...hybrid });
  const hidden = await make({ access: 'members' });
  const shown = await make({ access: 'public' });
  const secret = await make({ access: 'members' });
  await db
    .updateTable('events')
    .set({ startsAt: new Date(now.getTime() - hours(2)), endsAt: new Date(now.getTime() + hours(1)) })
    .where('id', 'in', [shown.id, secret.id])
    .execute();
  const subscription = { personId: anna.id, chapterId: chapter.id, topic: 'reminder' } as const;
  const unsubscribe = new URL(deps.links.unsubscribeUrl(subscription)).pathname;
  const stopped = { ...subscription, topic: 'thanks' } as const;
  await db.insertInto('preferences').values(stopped).execute();
  const archive = (of: { id: string; linkEpoch: number }, chapterId: string) =>
    new URL(deps.links.archiveUrl({ personId: of.id, chapterId, linkEpoch: of.linkEpoch })).pathname;
  const message = await sentMessage(site, chapter);
  pages.push(
    { name: 'messages', path: archive(anna, chapter.id) },
    { name: 'message', path: `${archive(anna, chapter.id)}/${message}` },
    { name: 'no messages', path: archive(elena, (await makeChapter(db)).id) },
    { name: 'messages, wrong link', path: '/m/nonsense' },
    ...(await introductionPages(site, chapter)),
    ...(await followUpMemberPages(site, chapter)),
    { name: 'after, not yet', path: await site.feedbackLinkOf(going.id, anna.id) },
    { name: 'after', path: await site.feedbackLinkOf(ended.id, anna.id) },
    { name: 'own page', path: site.ownLinkOf(anna) },
    {
      name: 'own page, refused',
      path: site.ownLinkOf(anna),
      post: { askMe: 'x'.repeat(121), website: 'mailto:x' },
    },
    { name: 'own page, with a photo', path: site.ownLinkOf(elena) },
    { name: 'own page, photo refused', path: `${site.ownLinkOf(elena)}/photo`, post: {} },
    { name: 'directory', path: site.directoryLinkOf(anna, chapter.id) },
    { name: 'directory, nobody found', path: `${site.directoryLinkOf(anna, chapter.id)}?q=zzz` },
    { name: 'directory, a later page', path: `${site.directoryLinkOf(anna, chapter.id)}?page=2` },
    { name: 'directory, nobody in it', path: site.directoryLinkOf(stranger, emptyChapter.id) },
    { name: 'directory, wrong link', path: '/d/nonsense' },
    { name: 'own page, a new link', path: `${site.ownLinkOf(anna)}/link` },
    { name: 'own page, a new link, no address', path: `${site.ownLinkOf(nameless)}/link` },
    { name: 'own page, erasing', path: `${site.ownLinkOf(anna)}/erasure` },
    { name: 'own page, erasing not sure', path: `${site.ownLinkOf(anna)}/erasure`, post: { sure: 'no' } },
    {
      name: 'own page, erasing the last coordinator',
      path: `${site.ownLinkOf(chapter.coordinator)}/erasure`,
      post: { sure: 'yes' },
    },
    { name: 'own page, asked for', path: '/me' },
    // These two end what they are about: each is of somebody whom no other page shows.
    { name: 'own page, link renewed', path: `${site.ownLinkOf(renewing)}/link`, post: {} },
    { name: 'own page, erased', path: `${site.ownLinkOf(leaving)}/erasure`, post: { sure: 'yes' } },
    { name: 'own page, wrong link', path: '/me/nonsense' },
    { name: 'wrong link', path: '/r/nonsense' },
    { name: 'public event, who was here', path: `/e/${shown.id}` },
    { name: 'members’ event, who was here', path: `/e/${secret.id}` },
    { name: 'who was here, refused', path: `/e/${shown.id}/link`, post: { name: '', email: 'x' } },
    { name: 'who was here, asked for', path: `/e/${shown.id}/link`, post: { email: 'nobody@example.org' } },
    ...(await afterPages(site, chapter, anna)),
    { name: 'public event', path: `/e/${listed.id}` },
    { name: 'public event, cancelled', path: `/e/${cancelled.id}` },
    { name: 'public event, closed', path: `/e/${closed.id}` },
    { name: 'members’ event', path: `/e/${hidden.id}` },
    {
      name: 'link form refused',
      path: `/e/${listed.id}/link`,
      post: { name: '', email: 'x', invitedBy: 'Elena' },
    },
    { name: 'link asked for', path: `/e/${hidden.id}/link`, post: { email: 'nobody@example.org' } },
    { name: 'chapter', path: `/c/${chapter.slug}` },
    { name: 'how to join', path: `/c/${chapter.slug}/join` },
    { name: 'chapter without events', path: `/c/${(await makeChapter(db)).slug}` },
    { name: 'home', path: '/' },
    { name: 'privacy', path: '/privacy' },
    { name: 'unsubscribe', path: unsubscribe },
    { name: 'unsubscribed', path: new URL(deps.links.unsubscribeUrl(stopped)).pathname },
    { name: 'not there', path: '/nowhere' },
  );
  return pages;
}

/** Somebody in the directory who shows all that can be shown, and a photo of one colour. */
async function showAll({ deps, db, clock }: TestSite, chapterId: string, personId: string): Promise<void> {
  await db.updateTable('people').set({ phone: '+39 333 1234567' }).where('id', '=', personId).execute();
  const texts = { askMe: 'Api in città', work: 'Apicoltrice', seeks: 'Un orto', offers: 'Miele' };
  await db
    .insertInto('profiles')
    .values({ personId, ...texts, website: 'https://www.example.org/una-pagina', updatedAt: clock() })
    .execute();
  const background = { r: 196, g: 120, b: 60 };
  const drawn = sharp({ create: { width: 512, height: 512, channels: 3, background } });
  const bytes = await drawn.jpeg().toBuffer();
  await db.insertInto('photos').values({ personId, bytes, takenAt: clock() }).execute();
  await saveEntry(deps, { personId, chapterId }, directoryFields);
}

/** A message to the whole group, as if it had left: no worker runs here. */
async function sentMessage(
  { deps, db, clock }: TestSite,
  chapter: { id: string; coordinator: { id: string } },
): Promise<string> {
  const actor = { kind: 'person', id: chapter.coordinator.id } as const;
  const made = await createMessage(
    deps,
    chapter.id,
    {
      subject: 'Ci ritroviamo a gennaio',
      body: 'Ciao {{ firstName }},\n\n## Le date\n\n- **14 gennaio**\n- 11 febbraio\n\n[Il programma](https://example.org/x "button")\n\nhttps://example.org/lungo',
      audience: 'members',
      eventId: null,
      eventAudience: null,
    },
    { actor },
  );
  if (!made.ok) throw new Error(made.reason);
  await planMessage(deps, { chapterId: chapter.id, messageId: made.id, actor }, 'now');
  await db
    .updateTable('mailings')
    .set({ state: 'done', startedAt: clock(), doneAt: clock() })
    .where('messageId', '=', made.id)
    .execute();
  return made.id;
}
