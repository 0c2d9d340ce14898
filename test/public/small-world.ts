import { createToken } from '../../server/api/tokens.ts';
import { saveEntry } from '../../server/directory/service.ts';
import { cancelEvent, changeEvent } from '../../server/events/service.ts';
import { endEvents } from '../../server/mailings/due.ts';
import { createMessage, planMessage } from '../../server/messages/service.ts';
import { createSession } from '../../server/organizers/sessions.ts';
import { createSignInLink } from '../../server/organizers/sign-in.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { topics } from '../../server/web/links.ts';
import { csrfOf } from '../desk/at-desk.ts';
import { makeIntroductions } from '../introductions/acquaintances.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import type { TestSite } from '../support/site.ts';

const actor = { kind: 'system' } as const;

/** A chapter with an event in each state and a member in each standing, and every link that leads to them. */
export async function smallWorld(site: TestSite) {
  const { deps, db, clock } = site;
  const { links } = deps;
  const chapter = await makeChapter(db, { slug: 'bologna' });
  const elsewhere = await makeChapter(db, { slug: 'milano' });
  const people: Awaited<ReturnType<typeof makeMember>>[] = [];
  for (const firstName of ['Dora', 'Giulia', 'Irene', 'Carla', 'Nora', 'Zitta']) {
    people.push(await makeMember(db, chapter.id, { firstName }));
  }
  const make = (title: string, start: string, more: Parameters<typeof makeEvent>[2] = {}) =>
    makeEvent(deps, chapter.id, {
      title,
      startsAt: new Date(start),
      endsAt: new Date(Date.parse(start) + 7.2e6),
      ...more,
    });

  clock.set('2031-11-01T10:00:00+01:00');
  const ended = await make('Pranzo', '2031-11-05T13:00:00+01:00');
  clock.set('2031-11-10T10:00:00+01:00');
  await endEvents(deps);
  const open = await make('Aperitivo', '2031-11-20T18:30:00+01:00', {
    seatsRoom: 2,
    access: 'public',
    guestsAllowed: 1,
  });
  const moved = await make('Laboratorio', '2031-11-20T18:30:00+01:00', {
    format: 'hybrid',
    joinUrl: 'https://meet.example.org/x',
    access: 'link',
    maybeAllowed: true,
  });
  const cancelled = await make('Cena', '2031-11-20T18:30:00+01:00');
  const draft = await make('Bozza', '2031-11-20T18:30:00+01:00', { draft: true });

  const says = async (eventId: string, firstName: string, answer: 'yes' | 'no' | 'maybe') => {
    clock.advance(60_000);
    const personId = people.find((person) => person.firstName === firstName)?.id as string;
    await answerInvitation(deps, { eventId, personId, answer, source: 'link' });
  };
  for (const firstName of ['Dora', 'Giulia', 'Irene', 'Carla']) await says(open.id, firstName, 'yes');
  await says(open.id, 'Giulia', 'no');
  await says(open.id, 'Nora', 'no');
  for (const firstName of ['Dora', 'Giulia']) await says(moved.id, firstName, 'yes');
  await says(moved.id, 'Nora', 'maybe');
  await changeEvent(deps, moved.id, { venueName: 'Altrove' }, { actor, notify: true });
  await cancelEvent(deps, cancelled.id, { actor, reason: 'Piove', notify: true });

  const events = [open, moved, cancelled, ended];
  const tokens: string[] = [];
  const feedback: string[] = [];
  for (const event of [open, moved, cancelled, ended]) {
    for (const person of people) {
      tokens.push((await site.linkOf(event.id, person.id)).slice('/r/'.length));
      feedback.push((await site.feedbackLinkOf(event.id, person.id)).slice('/f/'.length));
    }
  }
  const unsubscribe = topics.map((topic) => {
    const url = links.unsubscribeUrl({ personId: people[0]?.id as string, chapterId: chapter.id, topic });
    return url.split('/u/')[1] as string;
  });
  const month = 30 * 24 * 60;
  const archive = people.slice(0, 2).map((person) => {
    const url = links.archiveUrl({ personId: person.id, chapterId: chapter.id, linkEpoch: person.linkEpoch });
    return url.split('/m/')[1] as string;
  });
  const messages: string[] = [];
  for (const audience of ['members', 'event'] as const) {
    const made = await createMessage(
      deps,
      chapter.id,
      {
        subject: 'Ciao {{ firstName }}',
        body: 'Un **saluto**',
        audience,
        eventId: audience === 'event' ? open.id : null,
        eventAudience: audience === 'event' ? 'going' : null,
      },
      { actor: { kind: 'person', id: chapter.coordinator.id } },
    );
    if (!made.ok) throw new Error(made.reason);
    messages.push(made.id);
    await planMessage(deps, { chapterId: chapter.id, messageId: made.id, actor }, 'now');
  }
  const series = await db
    .insertInto('series')
    .values({
      chapterId: chapter.id,
      rule: 'FREQ=MONTHLY;BYDAY=1TH',
      startsOn: '2031-12-04',
      startsAtTime: '13:00',
      minutes: 90,
      timeZone: 'Europe/Rome',
      title: 'Pranzo',
      format: 'in_person',
      lookedAt: clock(),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await db
    .updateTable('events')
    .set({ seriesId: series.id, recurrenceOn: '2031-11-20' })
    .where('id', '=', open.id)
    .execute();
  const imports = await db
    .insertInto('memberImports')
    .values(
      (['uploaded', 'done', 'done'] as const).map((state) => ({
        chapterId: chapter.id,
        createdBy: chapter.coordinator.id,
        fileName: 'socie.csv',
        encoding: 'utf-8',
        delimiter: ';',
        hasHeader: true,
        firstLine: 1,
        width: 2,
        total: 0,
        state,
        ...(state === 'done' && { columns: ['email', 'firstName'], doneAt: clock() }),
        createdAt: clock(),
      })),
    )
    .returning('id')
    .execute();
  const introductions = await makeIntroductions(deps, chapter, people);
  const theirs = await makeEvent(deps, elsewhere.id, { title: 'Insieme', draft: true });
  await db
    .insertInto('eventCohosts')
    .values({ eventId: theirs.id, chapterId: chapter.id, askedAt: clock() })
    .execute();
  await db.insertInto('networkAdministrators').values({ personId: chapter.coordinator.id }).execute();
  // As it stands once it has left.
  await db
    .updateTable('mailings')
    .set({ state: 'done', startedAt: clock(), doneAt: clock() })
    .where('kind', '=', 'announcement')
    .execute();
  const unsent = await createMessage(
    deps,
    chapter.id,
    { subject: 'Bozza', body: 'Un saluto', audience: 'members', eventId: null, eventAudience: null },
    { actor },
  );
  if (!unsent.ok) throw new Error(unsent.reason);
  messages.push(unsent.id);
  const signIn = await createSignInLink(db, links, {
    personId: chapter.coordinator.id,
    now: clock(),
    minutes: month,
  });
  const secret = await createSession(db, chapter.coordinator.id, clock());
  const foreign = await createSession(db, elsewhere.coordinator.id, clock());
  const apiToken = await createToken(db, { name: 'a test', chapterId: null, now: clock() });
  const mailings = await db.selectFrom('mailings').select('id').where('eventId', '=', open.id).execute();

  for (const { id: personId } of people) {
    await db
      .insertInto('photos')
      .values({ personId, bytes: Buffer.from('x'), takenAt: clock() })
      .execute();
    await saveEntry(deps, { personId, chapterId: chapter.id }, ['photo']);
  }
  await db.updateTable('invitations').set({ visible: true }).execute();

  const join: string[] = [];
  for (const { id: personId, linkEpoch } of people.slice(0, 2)) {
    const { id: requestId } = await db
      .insertInto('joinRequests')
      .values({ personId, chapterId: chapter.id, name: 'Chi Chiede', line: '', askedAt: clock() })
      .returning('id')
      .executeTakeFirstOrThrow();
    const url = links.joinUrl({ requestId, personId, linkEpoch, slug: 'bologna' });
    join.push(url.split('/join/')[1] as string);
  }

  return {
    /** Real values of each parameter that a route can have. */
    real: {
      rsvp: tokens,
      feedback,
      join,
      ownPage: people.slice(0, 3).map((person) => site.ownLinkOf(person).slice('/me/'.length)),
      feed: people.slice(0, 3).map((person) => site.feedLinkOf(person).split('/')[2] as string),
      directory: people
        .slice(0, 3)
        .map((person) => site.directoryLinkOf(person, chapter.id).slice('/d/'.length)),
      introduction: introductions.flatMap(({ id, pair }) =>
        pair.map((person) => site.introductionLinkOf(id, person).slice('/i/'.length)),
      ),
      introductionId: introductions.map(({ id }) => id),
      unsubscribe,
      archive,
      message: messages,
      series: [series.id],
      memberImport: imports.map(({ id }) => id),
      signIn: [signIn.token],
      event: [...events, theirs, draft].map(({ id }) => id),
      person: people.map(({ id }) => id),
      mailing: mailings.map(({ id }) => id),
      slug: ['bologna', 'milano'],
    },
    sessions: { own: secret, foreign },
    csrf: csrfOf(
      (await site.server.inject({ url: '/desk/help', headers: { cookie: `ritrovo_desk=${secret}` } })).body,
    ),
    apiToken: apiToken.secret,
  };
}

export type SmallWorld = Awaited<ReturnType<typeof smallWorld>>;
