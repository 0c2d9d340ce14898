import type { Db } from '../db/database.ts';

export type PersonExport = Awaited<ReturnType<typeof exportPerson>>;

/**
 * All that we hold about a person, as she may ask for it (GDPR articles 15 and 20). Of what signs her in only the times
 * are told.
 */
export async function exportPerson(db: Db, personId: string) {
  return {
    person: await findPerson(db, personId),
    memberships: await listMemberships(db, personId),
    networkAdministrator: await findAdministrator(db, personId),
    events: await listEvents(db, personId),
    answers: await listAnswers(db, personId),
    namedAsGuest: await listAsGuest(db, personId),
    mails: await listMails(db, personId),
    mailsNotWanted: await listPreferences(db, personId),
    signIns: await listSignIns(db, personId),
    log: await listLog(db, personId),
  };
}

async function findPerson(db: Db, personId: string) {
  return db
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
}

async function listMemberships(db: Db, personId: string) {
  return db
    .selectFrom('memberships as m')
    .innerJoin('chapters as c', 'c.id', 'm.chapterId')
    .select(['c.slug as chapter', 'm.role', 'm.startsAt', 'm.endsAt', 'm.source'])
    .where('m.personId', '=', personId)
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
async function listEvents(db: Db, personId: string) {
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
    ])
    .select([
      'r.state',
      'r.mode',
      'r.note',
      'r.visible as visibleToOthers',
      'r.answeredAt',
      'r.source as answeredVia',
    ])
    .select(['a.mode as presentMode', 'a.recordedAt as presentSince', 'a.walkIn'])
    .where('i.personId', '=', personId)
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

async function listAnswers(db: Db, personId: string) {
  return db
    .selectFrom('rsvpHistory')
    .select(['eventId', 'state', 'mode', 'guests', 'source', 'late', 'at'])
    .where('personId', '=', personId)
    .orderBy('id')
    .execute();
}

/** Where somebody else named her by her address, or as the one who brought her. */
async function listAsGuest(db: Db, personId: string) {
  const guest = await db
    .selectFrom('rsvpGuests as g')
    .innerJoin('people as p', 'p.email', 'g.email')
    .select(['g.eventId', 'g.name', 'g.email'])
    .where('p.id', '=', personId)
    .execute();
  const inviter = await db
    .selectFrom('invitations')
    .select(['eventId', 'invitedBy'])
    .where('invitedByPersonId', '=', personId)
    .execute();
  return { asGuest: guest, asInviter: inviter };
}

async function listMails(db: Db, personId: string) {
  return db
    .selectFrom('deliveries')
    .select(['kind', 'eventId', 'state', 'sentAt', 'messageId', 'response', 'reason'])
    .where('personId', '=', personId)
    .orderBy('id')
    .execute();
}

async function listPreferences(db: Db, personId: string) {
  return db
    .selectFrom('preferences as o')
    .innerJoin('chapters as c', 'c.id', 'o.chapterId')
    .select(['c.slug as chapter', 'o.topic', 'o.optedOutAt'])
    .where('o.personId', '=', personId)
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
async function listLog(db: Db, personId: string) {
  return db
    .selectFrom('auditLog')
    .select(['at', 'actor', 'actorId', 'action', 'subjectType', 'subjectId'])
    .where((where) =>
      where.or([
        where.and([where('subjectType', '=', 'person'), where('subjectId', '=', personId)]),
        where.and([where('actor', '=', 'person'), where('actorId', '=', personId)]),
      ]),
    )
    .orderBy('id')
    .execute();
}
