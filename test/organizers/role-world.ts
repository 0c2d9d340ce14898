import { sql } from 'kysely';
import { saveEntry } from '../../server/directory/service.ts';
import { askToIntroduce } from '../../server/introductions/service.ts';
import { handOver } from '../../server/organizers/handover.ts';
import { createSession } from '../../server/organizers/sessions.ts';
import { csrfOf, signedIn } from '../desk/at-desk.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import type { TestSite } from '../support/site.ts';

/** One chapter as the addresses of its pages name it: a value of every parameter that a route can have. */
export type Place = {
  chapterId: string;
  slug: string;
  eventId: string;
  personId: string;
  mailingId: string;
  deliveryId: string;
  sessionId: string;
  handoverId: string;
  noteId: string;
  seriesId: string;
  messageId: string;
  linkId: string;
  importId: string;
  introductionId: string;
  /** An event of a third chapter, which asks this one to hold it together. */
  askedEventId: string;
};
export type Places = { own: Place; other: Place; sibling: { eventId: string; mailingId: string } };

/** Parameters that name no row: they are the same everywhere. */
const words: Record<string, string> = { kind: 'invitation', mode: 'room', locale: 'it', scope: 'events' };
export const isWord = (name: string) => name in words;

/** What stands for a parameter of a route. A new one needs its value in `Place`, and a row of another chapter for it. */
export function placeOf(path: string, name: string, place: Place): string {
  if (words[name]) return words[name];
  if (name === 'eventId' && path.includes('/cohosting/')) return place.askedEventId;
  if (name === 'id') {
    if (path.startsWith('/api/v1/deliveries/')) return place.deliveryId;
    return path.startsWith('/api/v1/mailings/') ? place.mailingId : place.eventId;
  }
  const value = place[name as keyof Place];
  if (!value) throw new Error(`this test knows no value for :${name} of ${path}`);
  return value;
}

export type Seat = { cookie: string; csrf: string };

/** Two chapters, and somebody in every part that one can have in them. */
export async function roleWorld(site: TestSite) {
  const { db, deps, clock } = site;
  const today = new Date(clock().getTime() + 30 * 60_000);

  const third = await makeChapter(db, { slug: 'milano' });

  async function chapterWith(slug: string) {
    const chapter = await makeChapter(db, { slug });
    const person = await makeMember(db, chapter.id, { firstName: 'Giulia' });
    const host = await makeMember(db, chapter.id, { firstName: 'Ospitale' });
    const next = await makeMember(db, chapter.id, { firstName: 'Marta' });
    const eventAndMailing = async (title: string) => {
      const event = await makeEvent(deps, chapter.id, {
        title,
        format: 'hybrid',
        joinUrl: 'https://meet.example.org/x',
        startsAt: today,
      });
      const mailing = await db
        .selectFrom('mailings')
        .select('id')
        .where('eventId', '=', event.id)
        .where('kind', '=', 'invitation')
        .executeTakeFirstOrThrow();
      return { eventId: event.id, mailingId: mailing.id };
    };
    const own = await eventAndMailing('Aperitivo di rete');
    const sibling = await eventAndMailing('Un altro incontro');
    await db
      .insertInto('eventHosts')
      .values({ eventId: own.eventId, personId: host.id, chapterId: chapter.id })
      .execute();
    const handed = await handOver(deps, {
      chapterId: chapter.id,
      outgoingId: chapter.coordinator.id,
      candidate: { personId: next.id },
      at: new Date(clock().getTime() + 30 * 86_400_000),
      actor: { kind: 'system' },
    });
    if (!handed.ok) throw new Error(handed.reason);
    await createSession(db, chapter.coordinator.id, clock());
    const session = await db
      .selectFrom('sessions')
      .select('id')
      .where('personId', '=', chapter.coordinator.id)
      .executeTakeFirstOrThrow();
    await db
      .insertInto('photos')
      .values({ personId: person.id, bytes: Buffer.from('a picture'), takenAt: clock() })
      .execute();
    await saveEntry(deps, { personId: person.id, chapterId: chapter.id }, ['photo']);
    const note = await db
      .insertInto('personNotes')
      .values({ personId: person.id, chapterId: chapter.id, text: 'Ama il tè' })
      .returning('id')
      .executeTakeFirstOrThrow();
    const series = await db
      .insertInto('series')
      .values({
        chapterId: chapter.id,
        rule: 'FREQ=MONTHLY;BYDAY=1TH',
        startsOn: '2026-12-03',
        startsAtTime: '13:00',
        minutes: 90,
        timeZone: 'Europe/Rome',
        title: 'Pranzo del giovedì',
        format: 'in_person',
        madeUntil: '2026-12-03',
        lookedAt: clock(),
        createdBy: chapter.coordinator.id,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await db
      .updateTable('events')
      .set({ seriesId: series.id, recurrenceOn: '2026-12-03' })
      .where('id', '=', sibling.eventId)
      .execute();
    const members = await db
      .insertInto('memberImports')
      .values({
        chapterId: chapter.id,
        createdBy: chapter.coordinator.id,
        fileName: 'socie.csv',
        encoding: 'utf-8',
        delimiter: ';',
        hasHeader: true,
        firstLine: 1,
        width: 3,
        total: 0,
        createdAt: clock(),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const asked = await makeEvent(deps, third.id, { title: 'Insieme', draft: true });
    await db
      .insertInto('eventCohosts')
      .values({ eventId: asked.id, chapterId: chapter.id, askedAt: clock() })
      .execute();
    const message = await db
      .insertInto('messages')
      .values({ chapterId: chapter.id, subject: 'Ciao', body: 'Un saluto', audience: 'members' })
      .returning('id')
      .executeTakeFirstOrThrow();
    const introduction = await askToIntroduce(deps, {
      chapterId: chapter.id,
      personIds: [person.id, host.id],
      words: 'Vi piace la stessa cosa',
      byId: chapter.coordinator.id,
      actor: { kind: 'system' },
    });
    if (!introduction.ok) throw new Error(introduction.reason);
    const link = await db
      .insertInto('eventLinks')
      .values({
        eventId: own.eventId,
        chapterId: chapter.id,
        kind: 'photo',
        url: 'https://foto.example.org/a',
        title: 'Le foto',
        position: 0,
        addedAt: clock(),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const delivery = await db
      .insertInto('deliveries')
      .values({
        mailingId: own.mailingId,
        personId: person.id,
        chapterId: chapter.id,
        eventId: own.eventId,
        kind: 'invitation',
        state: 'unknown',
        priority: 1,
        firstQueuedAt: clock(),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const place: Place = {
      ...own,
      deliveryId: delivery.id,
      chapterId: chapter.id,
      slug,
      personId: person.id,
      sessionId: session.id,
      handoverId: handed.handoverId,
      noteId: note.id,
      seriesId: series.id,
      messageId: message.id,
      linkId: link.id,
      importId: members.id,
      introductionId: introduction.introductionId,
      askedEventId: asked.id,
    };
    return { chapter, host, person, place, sibling };
  }

  const here = await chapterWith('bologna');
  const there = await chapterWith('torino');
  const administrator = await makeMember(db, there.chapter.id, { firstName: 'Amministra' });
  await db.insertInto('networkAdministrators').values({ personId: administrator.id }).execute();
  const former = await makeMember(db, here.chapter.id, { firstName: 'Passata' });
  await db
    .insertInto('memberships')
    .values({
      chapterId: here.chapter.id,
      personId: former.id,
      role: 'coordinator',
      source: 'test',
      startsAt: new Date('2020-01-01T00:00:00Z'),
      endsAt: new Date(clock().getTime() - 1),
    })
    .execute();

  const sit = async (personId: string): Promise<Seat> => {
    const { cookie, get } = await signedIn(site, personId);
    return { cookie, csrf: csrfOf((await get('/desk/help')).body) };
  };
  /** Somebody without a part: a session, and nothing that it opens. */
  const stand = async (personId: string): Promise<Seat> => ({
    cookie: `ritrovo_desk=${await createSession(db, personId, clock())}`,
    csrf: '',
  });
  const seats: Record<string, Seat> = {
    administrator: await sit(administrator.id),
    coordinator: await sit(here.chapter.coordinator.id),
    'coordinator of another': await sit(there.chapter.coordinator.id),
    host: await sit(here.host.id),
    'host of another': await sit(there.host.id),
    member: await stand(here.person.id),
    former: await stand(former.id),
  };
  const places: Places = { own: here.place, other: there.place, sibling: here.sibling };

  /** In which tables a row of this chapter speaks of somebody of the other one, and how often. */
  async function strangersIn(chapterId: string, otherChapterId: string): Promise<Record<string, number>> {
    const columns = await sql<{ name: string; person: string }>`
      select c.table_name as name, p.column_name as person from information_schema.columns c
      join information_schema.columns p on p.table_schema = c.table_schema and p.table_name = c.table_name
      where c.table_schema = 'public' and c.column_name = 'chapter_id'
        and p.data_type = 'uuid' and (p.column_name = 'person_id' or p.column_name like '%\\_person\\_id')`.execute(
      db,
    );
    const found: Record<string, number> = {};
    for (const { name, person } of columns.rows) {
      const { rows } = await sql<{ count: number }>`
        select count(*)::int as count from ${sql.table(name)} t
        where t.chapter_id = ${chapterId} and ${sql.ref(`t.${person}`)} in (
          select m.person_id from memberships m where m.chapter_id = ${otherChapterId})
        and ${sql.ref(`t.${person}`)} not in (
          select m.person_id from memberships m where m.chapter_id = ${chapterId})`.execute(db);
      if (rows[0]?.count) found[`${name}.${person}`] = rows[0].count;
    }
    return found;
  }

  return { seats, places, strangersIn };
}

export type RoleWorld = Awaited<ReturnType<typeof roleWorld>>;
