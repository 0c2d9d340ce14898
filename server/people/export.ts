import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { exportWelcomes } from '../encounters/person-queries.ts';
import { exportFollowUps } from '../followups/person-queries.ts';
import { isNamedTo } from '../introductions/queries.ts';
import { exportRequests } from '../joining/queries.ts';
import { inPart, type Part } from './export-part.ts';
import { exportProfile } from './profile-export.ts';

export type PersonExport = Awaited<ReturnType<typeof exportPerson>>;

/**
 * All that we hold about a person, as she may ask for it (GDPR articles 15 and 20). Of what signs her in only the times
 * are told. Notes about her are hers to read too.
 * @param options.chapterIds the chapters whose part alone is told, where a coordinator of theirs asks; null for all of it
 * @param options.byCoordinator a coordinator, who hands it over, learns nothing of what is private between two people,
 *   nor what was said in confidence after an event, in however many chapters she is
 * @param options.forHerself whether nobody but she reads it: then with the wishes that nobody else knows of
 */
export async function exportPerson(
  db: Db,
  personId: string,
  options: { chapterIds?: readonly string[] | null; byCoordinator?: boolean; forHerself?: boolean } = {},
) {
  const { chapterIds = null, forHerself = false } = options;
  // Whoever asks for a part of it is a coordinator, whatever else she says.
  const isPrivate = chapterIds === null && !options.byCoordinator;
  const of: Part = { personId, chapterIds, isPrivate };
  return {
    person: await findPerson(db, of),
    // Where she is another chapter's too, an earlier address is none of this one's business.
    formerAddresses: chapterIds ? [] : await listFormerAddresses(db, personId),
    ...(await exportProfile(db, of)),
    memberships: await listMemberships(db, of),
    networkAdministrator: await findAdministrator(db, personId),
    events: await listEvents(db, of),
    answers: await listAnswers(db, of),
    answersByCalendar: await listCalendarReplies(db, of),
    answersToQuestions: await listQuestionAnswers(db, of),
    saidAfterwards: isPrivate ? await listFeedback(db, personId) : [],
    longAgo: await listPastPresence(db, of),
    hostAt: await listHosted(db, of),
    welcomes: await exportWelcomes(db, of),
    requestsToJoin: await exportRequests(db, of),
    standingYeses: await listStandingYeses(db, of),
    namedAsGuest: await listAsGuest(db, of),
    notes: await listNotes(db, of),
    // What she wished or agreed to in private is no coordinator's business.
    afterEvents: await exportFollowUps(db, of),
    introductions: isPrivate ? await listIntroductions(db, personId) : [],
    wishes: isPrivate && forHerself ? await listWishes(db, personId) : [],
    mails: await listMails(db, of),
    mailsNotWanted: await listPreferences(db, of),
    mailsReported: await listReports(db, of),
    signIns: chapterIds ? null : await listSignIns(db, personId),
    log: await listLog(db, of),
  };
}

/** That she was with a chapter before its events were summed up, and when first and last. */
async function listPastPresence(db: Db, of: Part) {
  return db
    .selectFrom('pastPresence as z')
    .innerJoin('chapters as c', 'c.id', 'z.chapterId')
    .select(['c.slug as chapter', 'z.firstAt', 'z.lastAt'])
    .where('z.personId', '=', of.personId)
    .where(inPart('z.chapter_id', of))
    .orderBy('c.slug')
    .execute();
}

async function listFormerAddresses(db: Db, personId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('formerAddresses')
    .select('email')
    .where('personId', '=', personId)
    .orderBy('createdAt')
    .execute();
  return rows.map(({ email }) => email);
}

/** That she was introduced to somebody, once both were told; to whom is the other one's to say. */
async function listIntroductions(db: Db, personId: string) {
  return db
    .selectFrom('introductionSides as s')
    .innerJoin('introductions as n', 'n.id', 's.introductionId')
    .innerJoin('chapters as c', 'c.id', 'n.chapterId')
    .select(['c.slug as chapter', 'n.kind', 'n.mailedAt as introducedAt', 's.contacts as contactsGiven'])
    .where('s.personId', '=', personId)
    .where('n.mailedAt', 'is not', null)
    .orderBy('n.id')
    .execute();
}

/** Whom she would like to meet again, as long as nobody knows but she. */
/** Whom she would like to see again: named as her page after the event names her, "Anna R.", and as long as it does. */
async function listWishes(db: Db, personId: string) {
  const isNamed = isNamedTo(sql.ref('p.id'), sql`${personId}::uuid`);
  return db
    .selectFrom('meetWishes as w')
    .innerJoin('people as p', 'p.id', 'w.toPersonId')
    .select(['w.eventId', 'w.contacts as contactsGiven', 'w.wishedAt'])
    .select([
      sql<string | null>`case when ${isNamed} then p.first_name end`.as('firstName'),
      sql<string | null>`case when ${isNamed} then left(p.last_name, 1) end`.as('initial'),
    ])
    .where('w.fromPersonId', '=', personId)
    .orderBy('w.wishedAt')
    .execute();
}

/** What coordinators wrote down about her, without who they are. */
async function listNotes(db: Db, part: Part) {
  return db
    .selectFrom('personNotes as n')
    .innerJoin('chapters as c', 'c.id', 'n.chapterId')
    .select(['c.slug as chapter', 'n.text', 'n.createdAt'])
    .where('n.personId', '=', part.personId)
    .where(inPart('n.chapterId', part))
    .orderBy('n.id')
    .execute();
}

/** Her telephone number is told to the chapters that she belongs to. */
async function findPerson(db: Db, part: Part) {
  const { personId, chapterIds } = part;
  const person = await db
    .selectFrom('people')
    .select([
      'id',
      'email',
      'firstName',
      'lastName',
      'phone',
      'locale',
      'form',
      'source',
      'createdAt',
      'erasedAt',
    ])
    .where('id', '=', personId)
    .executeTakeFirstOrThrow();
  const belongs = chapterIds === null || (await belongsNow(db, part));
  return { ...person, phone: belongs ? person.phone : null };
}

async function belongsNow(db: Db, part: Part): Promise<boolean> {
  const found = await db
    .selectFrom('memberships')
    .select('id')
    .where('personId', '=', part.personId)
    .where(inPart('chapterId', part))
    .where('endsAt', 'is', null)
    .executeTakeFirst();
  return found !== undefined;
}

async function listMemberships(db: Db, part: Part) {
  const { personId } = part;
  return db
    .selectFrom('memberships as m')
    .innerJoin('chapters as c', 'c.id', 'm.chapterId')
    .select(['c.slug as chapter', 'm.role', 'm.startsAt', 'm.endsAt', 'm.source'])
    .where('m.personId', '=', personId)
    .where(inPart('m.chapterId', part))
    .orderBy('m.id')
    .execute();
}

async function findAdministrator(db: Db, personId: string) {
  const row = await db
    .selectFrom('networkAdministrators')
    .select('createdAt as since')
    .where('personId', '=', personId)
    .executeTakeFirst();
  return row ?? null;
}

/** Each event she was invited to: her answer, who comes with her, and whether she was there. */
async function listEvents(db: Db, part: Part) {
  const { personId } = part;
  const events = await db
    .selectFrom('invitations as i')
    .innerJoin('events as e', 'e.id', 'i.eventId')
    .leftJoin('rsvps as r', (join) =>
      join.onRef('r.eventId', '=', 'e.id').onRef('r.personId', '=', 'i.personId'),
    )
    .leftJoin('attendance as a', (join) =>
      join.onRef('a.eventId', '=', 'e.id').onRef('a.personId', '=', 'i.personId'),
    )
    .select([
      'e.id',
      'e.title',
      'e.startsAt',
      'i.source as invitedVia',
      'i.invitedBy',
      'i.createdAt as invitedAt',
      'i.visible as visibleToOthers',
      'i.inPhotos as mayBeInPhotos',
    ])
    .select(['r.state', 'r.mode', 'r.note', 'r.answeredAt', 'r.source as answeredVia'])
    .select(['a.mode as presentMode', 'a.recordedAt as presentSince', 'a.walkIn'])
    .where('i.personId', '=', personId)
    .where(inPart('i.chapterId', part))
    .orderBy('i.id')
    .execute();
  const guests = await db
    .selectFrom('rsvpGuests')
    .select(['eventId', 'name', 'email'])
    .where('personId', '=', personId)
    .orderBy('position')
    .execute();
  return events.map((event) => ({
    ...event,
    guests: guests.filter((guest) => guest.eventId === event.id).map(({ name, email }) => ({ name, email })),
  }));
}

async function listAnswers(db: Db, part: Part) {
  const { personId } = part;
  return db
    .selectFrom('rsvpHistory')
    .select(['eventId', 'state', 'mode', 'guests', 'source', 'late', 'at'])
    .where('personId', '=', personId)
    .where(inPart('chapterId', part))
    .orderBy('id')
    .execute();
}

/** What came by calendar in her name and was not taken, because nobody could be sure that it was hers. */
async function listCalendarReplies(db: Db, part: Part) {
  return db
    .selectFrom('calendarReplies')
    .select(['eventId', 'said', 'failed as notProved', 'at'])
    .where('personId', '=', part.personId)
    .where(inPart('chapterId', part))
    .orderBy('at')
    .execute();
}

/** The series at which her seat is there already, and those where it no longer is. */
async function listStandingYeses(db: Db, part: Part) {
  return db
    .selectFrom('standingYeses as y')
    .innerJoin('series as s', 's.id', 'y.seriesId')
    .select(['s.title', 's.rule', 'y.mode', 'y.source as givenVia', 'y.givenAt', 'y.endedAt'])
    .where('y.personId', '=', part.personId)
    .where(inPart('y.chapterId', part))
    .orderBy('y.givenAt')
    .execute();
}

/** What she said to the questions that coordinators asked of their own. */
async function listQuestionAnswers(db: Db, part: Part) {
  return db
    .selectFrom('questionAnswers as a')
    .innerJoin('eventQuestions as q', 'q.id', 'a.questionId')
    .select(['a.eventId', 'q.label as question', 'a.value as answer', 'a.answeredAt'])
    .where('a.personId', '=', part.personId)
    .where(inPart('a.chapterId', part))
    .orderBy('a.eventId')
    .orderBy('q.position')
    .execute();
}

/**
 * What she said of events afterwards. Whoever coordinates reads it without her name, and does not find it here either.
 */
async function listFeedback(db: Db, personId: string) {
  return db
    .selectFrom('feedbackAnswers')
    .select(['eventId', 'kind as question', 'value as answer', 'answeredAt'])
    .where('personId', '=', personId)
    .orderBy('answeredAt')
    .execute();
}

/** The events at whose door she was asked to help. */
async function listHosted(db: Db, part: Part) {
  return db
    .selectFrom('eventHosts')
    .select(['eventId', 'createdAt as since'])
    .where('personId', '=', part.personId)
    .where(inPart('chapterId', part))
    .orderBy('createdAt')
    .execute();
}

/** Where somebody else named her by her address, or as the one who brought her. */
async function listAsGuest(db: Db, part: Part) {
  const { personId } = part;
  const guest = await db
    .selectFrom('rsvpGuests as g')
    .innerJoin('people as p', 'p.email', 'g.email')
    .select(['g.eventId', 'g.name', 'g.email'])
    .where('p.id', '=', personId)
    .where(inPart('g.chapterId', part))
    .execute();
  const inviter = await db
    .selectFrom('invitations')
    .select(['eventId', 'invitedBy'])
    .where('invitedByPersonId', '=', personId)
    .where(inPart('chapterId', part))
    .execute();
  return { asGuest: guest, asInviter: inviter };
}

async function listMails(db: Db, part: Part) {
  const { personId } = part;
  return (
    db
      .selectFrom('deliveries')
      .select(['kind', 'eventId', 'state', 'sentAt', 'messageId', 'response', 'reason'])
      // What was sent to her under a row that was merged into hers, too.
      .where(
        'personId',
        '=',
        sql<string>`any (array(
        select ${personId}::uuid union all select id from merged_people where kept_id = ${personId}))`,
      )
      .where(inPart('chapterId', part))
      // Two who got one at the same minute were introduced to each other: no coordinator is told.
      .where(part.isPrivate ? sql<boolean>`true` : sql<boolean>`kind <> 'introduction'`)
      .orderBy('id')
      .execute()
  );
}

async function listPreferences(db: Db, part: Part) {
  const { personId } = part;
  return db
    .selectFrom('preferences as o')
    .innerJoin('chapters as c', 'c.id', 'o.chapterId')
    .select(['c.slug as chapter', 'o.topic', 'o.optedOutAt'])
    .where('o.personId', '=', personId)
    .where(inPart('o.chapterId', part))
    .execute();
}

/** Mails of ours that came back, or that she marked as unwanted where she reads her mail. */
async function listReports(db: Db, part: Part) {
  return db
    .selectFrom('mailReports')
    .select(['kind', 'status', 'at'])
    .where('personId', '=', part.personId)
    .where(inPart('chapterId', part))
    .orderBy('at')
    .execute();
}

async function listSignIns(db: Db, personId: string) {
  const links = await db
    .selectFrom('signInLinks')
    .select(['createdAt', 'expiresAt', 'usedAt'])
    .where('personId', '=', personId)
    .orderBy('id')
    .execute();
  const sessions = await db
    .selectFrom('sessions')
    .select(['createdAt', 'lastSeenAt', 'expiresAt', 'endedAt'])
    .where('personId', '=', personId)
    .orderBy('id')
    .execute();
  return { links, sessions };
}

/** What was done to her data, and what she did at the desk. */
async function listLog(db: Db, part: Part) {
  const { personId } = part;
  return db
    .selectFrom('auditLog')
    .select(['at', 'actor', 'actorId', 'action', 'subjectType', 'subjectId'])
    .where(inPart('chapterId', part))
    .where((where) =>
      where.or([
        where.and([where('subjectType', '=', 'person'), where('subjectId', '=', personId)]),
        where.and([where('actor', '=', 'person'), where('actorId', '=', personId)]),
      ]),
    )
    .orderBy('id')
    .execute();
}
