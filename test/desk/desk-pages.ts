import { directoryFields } from '../../server/directory/rules.ts';
import { saveEntry } from '../../server/directory/service.ts';
import { changeEvent } from '../../server/events/service.ts';
import { createSignInLink } from '../../server/organizers/sign-in.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import type { TestService } from '../support/app.ts';
import { minutes } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { eventFields } from './at-desk.ts';
import { entryPages } from './entry-pages.ts';
import { figuresPages } from './figures-pages.ts';
import { followUpPages } from './follow-up-pages.ts';
import { gatherPages } from './gather-pages.ts';
import { importPages } from './import-pages.ts';
import { introductionPages } from './introduction-pages.ts';
import { messagePages } from './message-pages.ts';
import { seriesPages } from './series-pages.ts';
import { textPages } from './text-pages.ts';
import { welcomePages } from './welcome-pages.ts';

/** A page of the desk in one of its states: opened, or the answer to a form. */
export type DeskPage = { name: string; path: string; post?: Record<string, string | string[]> };

const names = [
  'Giulia Rossi',
  'Sara Bianchi',
  'Elena Conti',
  'Marta Ferri',
  'Chiara Galli',
  'Paola Neri',
  'Lucia Moretti',
  'Silvia Riva',
];

/** A chapter in the middle of its life, and every page of its desk in every state. Leaves the clock on the event's day. */
export async function deskPages(service: TestService): Promise<{ pages: DeskPage[]; coordinatorId: string }> {
  const { db, deps, clock } = service;
  const chapter = await makeChapter(db, { slug: 'bologna' });
  const empty = await makeChapter(db, { slug: 'imola' });
  await db
    .insertInto('memberships')
    .values({
      chapterId: empty.id,
      personId: chapter.coordinator.id,
      role: 'coordinator',
      source: 'test',
      startsAt: clock(),
    })
    .execute();
  const rows: { id: string; email: string | null }[] = [];
  for (const [index, name] of names.entries()) {
    const [firstName = '', lastName = ''] = name.split(' ');
    rows.push(await makeMember(db, chapter.id, { firstName, lastName, ...(index === 5 && { email: null }) }));
  }
  const id = (index: number) => rows[index]?.id as string;
  await db
    .updateTable('people')
    .set({ phone: '+39 333 1234567' })
    .where('id', 'in', [id(0), id(3)])
    .execute();

  const draft = await makeEvent(deps, chapter.id, {
    draft: true,
    startsAt: new Date('2026-12-03T17:30:00Z'),
    description: 'Con **voglia**',
  });
  const past = await makeEvent(deps, chapter.id, {
    draft: true,
    startsAt: new Date('2026-11-17T17:30:00Z'),
    title: 'Bozza scaduta',
  });
  const off = await makeEvent(deps, chapter.id, {
    startsAt: new Date('2026-12-10T17:30:00Z'),
    title: 'Cena annullata',
  });
  await db
    .updateTable('events')
    .set({ state: 'cancelled', cancelReason: 'Neve' })
    .where('id', '=', off.id)
    .execute();
  const event = await makeEvent(deps, chapter.id, {
    startsAt: new Date('2026-11-26T17:30:00Z'),
    endsAt: new Date('2026-11-26T19:30:00Z'),
    format: 'hybrid',
    joinUrl: 'https://meet.example.org/x',
    seatsRoom: 5,
    seatsOnline: 10,
    guestsAllowed: 2,
    maybeAllowed: true,
  });
  const says = (index: number, answer: 'yes' | 'no' | 'maybe', more: object = {}) => {
    clock.advance(1000);
    return answerInvitation(deps, {
      eventId: event.id,
      personId: id(index),
      answer,
      source: 'link',
      mode: 'room',
      ...more,
    });
  };
  await says(0, 'yes', {
    guests: [{ name: 'Carla Verdi' }, { name: '' }],
    note: 'Arrivo alle 19, ho il treno',
  });
  await says(1, 'yes');
  await says(2, 'yes');
  await says(3, 'yes');
  await says(4, 'maybe');
  await says(5, 'yes', { mode: 'online' });
  service.inbox.hooks = {
    rcpt: (to) => (to.startsWith('silvia') ? 550 : to.startsWith('lucia') ? 451 : undefined),
  };
  await service.settle();
  service.inbox.hooks = {};
  clock.set('2026-11-18T10:00:00Z');
  const moved = { venueName: 'Il Chiostro', venueAddress: 'Piazza Santo Stefano 5, Bologna' };
  await changeEvent(deps, event.id, moved, { actor: { kind: 'system' }, notify: true });
  await makeMember(db, chapter.id, { firstName: 'Nuova', lastName: 'Socia' });
  const chase = await db
    .selectFrom('mailings')
    .select('id')
    .where('eventId', '=', event.id)
    .where('kind', '=', 'chase')
    .executeTakeFirstOrThrow();
  await db.updateTable('mailings').set({ state: 'held' }).where('id', '=', chase.id).execute();
  clock.set('2026-11-26T17:20:00Z');
  await says(1, 'no');
  await db
    .insertInto('calendarReplies')
    .values([
      {
        eventId: event.id,
        personId: id(6),
        chapterId: chapter.id,
        said: 'yes',
        failed: 'sender',
        at: clock(),
      },
      { eventId: event.id, personId: id(7), chapterId: chapter.id, said: 'no', failed: 'proof', at: clock() },
    ])
    .execute();
  clock.advance(minutes(15));

  const numbers = await figuresPages(service, {
    chapterId: chapter.id,
    personIds: names.map((_, index) => id(index)),
    eventId: event.id,
    draftId: draft.id,
  });
  const welcomes = await welcomePages(service, { chapterId: chapter.id });
  const messages = await messagePages(service, {
    chapterId: chapter.id,
    coordinatorId: chapter.coordinator.id,
    eventId: event.id,
    personIds: [id(0), id(3)],
  });

  const gather = await gatherPages(service, chapter);
  const texts = await textPages(service, {
    chapterId: chapter.id,
    slug: 'bologna',
    eventId: event.id,
    draftId: draft.id,
  });
  const introductions = await introductionPages(service, chapter);
  const at = `/desk/events/${event.id}`;
  const members = '/desk/chapters/bologna/members';
  const people = '/desk/chapters/bologna/people';
  const taken = rows[1]?.email as string;
  await db
    .insertInto('personNotes')
    .values({
      personId: id(0),
      chapterId: chapter.id,
      authorId: chapter.coordinator.id,
      text: 'Cerca una socia per il laboratorio.\nNe parla volentieri.',
      createdAt: clock(),
    })
    .execute();
  const link = await createSignInLink(db, deps.links, {
    personId: chapter.coordinator.id,
    now: clock(),
    minutes: 30,
  });
  const used = await createSignInLink(db, deps.links, {
    personId: chapter.coordinator.id,
    now: clock(),
    minutes: -1,
  });
  await saveEntry(deps, { personId: id(0), chapterId: chapter.id }, directoryFields);
  const fields = eventFields({ format: 'hybrid', joinUrl: 'https://meet.example.org/x', guestsAllowed: '2' });
  return {
    coordinatorId: chapter.coordinator.id,
    pages: [
      { name: 'directory', path: '/desk/chapters/bologna/directory' },
      { name: 'directory, nobody in it', path: '/desk/chapters/imola/directory' },
      { name: 'sign-in', path: '/sign-in' },
      { name: 'sign-in refused', path: '/sign-in', post: { email: 'anna@' } },
      { name: 'sign-in sent', path: '/sign-in', post: { email: 'anna@example.org' } },
      {
        name: 'sign-in, wrong code',
        path: '/sign-in/code',
        post: { email: 'anna@example.org', code: '000000' },
      },
      { name: 'sign-in button', path: new URL(link.url).pathname },
      { name: 'sign-in over', path: new URL(used.url).pathname },
      { name: 'sign-in wrong', path: '/sign-in/x.y' },
      { name: 'home', path: '/desk/' },
      { name: 'home, all past', path: '/desk/?past=all&done=saved' },
      { name: 'help', path: '/desk/help' },
      { name: 'sessions', path: '/desk/sessions' },
      ...(await entryPages(service, chapter.coordinator.id)),
      ...(await seriesPages(service, chapter)),
      ...(await followUpPages(service, chapter, { eventId: event.id, cancelledId: off.id })),
      ...(await importPages(service, chapter.coordinator.id)),
      ...introductions,
      { name: 'ties', path: '/desk/chapters/bologna/ties' },
      { name: 'ties, nobody', path: '/desk/chapters/imola/ties?problem=silent' },
      { name: 'more', path: '/desk/chapters/bologna/more' },
      { name: 'members', path: members },
      { name: 'members, one gone', path: `${members}?left=${id(7)}` },
      { name: 'members of an empty group', path: '/desk/chapters/imola/members' },
      { name: 'members, filtered', path: `${members}?filter=unreachable&q=silvia` },
      { name: 'members, nobody found', path: `${members}?q=nessuna&filter=former` },
      { name: 'new members', path: `${members}/new` },
      {
        name: 'new member, wrong',
        path: '/desk/chapters/bologna/people',
        post: { firstName: '', email: 'x', phone: 'x', locale: 'x', form: 'neutral' },
      },
      { name: 'person', path: `${people}/${id(0)}?said=added` },
      { name: 'person whose mail fails', path: `${people}/${id(7)}` },
      { name: 'person, empty note', path: `${people}/${id(0)}/notes`, post: { text: ' ' } },
      { name: 'coordinator', path: `${people}/${chapter.coordinator.id}` },
      { name: 'person, edited', path: `${people}/${id(0)}/edit` },
      {
        name: 'person, another’s address',
        path: `${people}/${id(0)}`,
        post: { firstName: 'G', email: taken },
      },
      { name: 'merge, choosing', path: `${people}/${id(0)}/merge?q=a` },
      { name: 'merge, nobody alike', path: `${people}/${id(0)}/merge` },
      { name: 'merge', path: `${people}/${id(1)}/merge?with=${id(7)}&keep=${id(7)}` },
      { name: 'erasure', path: `${people}/${id(0)}/erasure` },
      { name: 'erasure, no tick', path: `${people}/${id(0)}/erasure`, post: {} },
      { name: 'members, empty paste', path: `${members}/preview`, post: { people: ' ' } },
      {
        name: 'members preview',
        path: `${members}/preview`,
        post: { people: 'Ada Blu, ada@x.it\neva@x.it\nIda\nio, a@b' },
      },
      { name: 'new event', path: '/desk/chapters/bologna/events/new' },
      {
        name: 'new event, wrong',
        path: '/desk/chapters/bologna/events',
        post: eventFields({ title: '', date: '', seatsRoom: 'x', format: '', timeZone: 'X', closeDate: 'x' }),
      },
      { name: 'draft', path: `/desk/events/${draft.id}` },
      { name: 'publication', path: `/desk/events/${draft.id}/publication?done=testSent` },
      { name: 'publication of the past', path: `/desk/events/${past.id}/publication` },
      { name: 'publication refused', path: `/desk/events/${past.id}/publication`, post: { when: 'now' } },
      { name: 'dropping a draft', path: `/desk/events/${draft.id}/cancellation` },
      { name: 'event', path: `${at}?done=answered` },
      { name: 'cancelled event', path: `/desk/events/${off.id}` },
      { name: 'edit', path: `${at}/edit` },
      { name: 'move', path: at, post: { ...fields, date: '2026-11-27', venueName: 'Altrove' } },
      { name: 'cancellation', path: `${at}/cancellation` },
      {
        name: 'cancellation, unsure',
        path: `${at}/cancellation`,
        post: { reason: 'x'.repeat(1001), notify: 'no' },
      },
      { name: 'cancellation, no tick', path: `${at}/cancellation`, post: { notify: 'yes' } },
      { name: 'answer', path: `${at}/answers/${id(0)}` },
      { name: 'answer refused', path: `${at}/answers/${id(0)}`, post: {} },
      { name: 'answer without an address', path: `${at}/answers/${id(5)}` },
      { name: 'answer, wrong address', path: `${at}/answers/${id(5)}/address`, post: { email: 'x' } },
      { name: 'mailings', path: `${at}/mailings` },
      ...texts,
      ...messages,
      ...welcomes,
      ...numbers,
      { name: 'door', path: `${at}/door` },
      { name: 'door, searched', path: `${at}/door?q=giu` },
      { name: 'door as a phone keeps it', path: `${at}/door/shell` },
      { name: 'door, wrong walk-in', path: `${at}/walk-ins`, post: { name: '', email: 'x', mode: 'room' } },
      {
        name: 'door, wrong address',
        path: `${at}/walk-ins`,
        post: { name: 'Zoe', email: 'x', mode: 'room' },
      },
      { name: 'door too early', path: `/desk/events/${draft.id}/door` },
      { name: 'door complete', path: `${at}/attendance/complete`, post: { mode: 'room', complete: 'yes' } },
      ...gather,
      { name: 'not found', path: '/desk/events/x' },
      { name: 'refused', path: '/desk/sign-out', post: { _csrf: 'x' } },
    ],
  };
}
