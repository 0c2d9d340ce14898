import { type Selectable, sql } from 'kysely';
import { isCurrent } from '../chapters/current.ts';
import type { Db } from '../db/database.ts';
import type { Chapters, Events, Invitations, Mailings, People, Rsvps } from '../db/types.ts';
import { isNewcomer } from '../encounters/newcomers.ts';
import { loadMessage, type MessageContext } from '../messages/context.ts';
import { isUnknown } from '../people/strangers.ts';
import type { Mode } from '../rsvps/rules.ts';
import type { Claimed } from './ledger.ts';
import { type TextIds, textIdsOfMailing } from './texts.ts';

/** All that the mail of one delivery is written from, as it stands now. */
export type MailContext = {
  mailing: Selectable<Mailings> & { textIds: TextIds | null };
  person: Selectable<People>;
  network: Awaited<ReturnType<typeof findNetwork>>;
  chapter: Selectable<Chapters> | null;
  coordinator: Awaited<ReturnType<typeof findSigner>>;
  event: EventContext | null;
  message: MessageContext | null;
};

export type EventContext = {
  event: Selectable<Events>;
  invitation: Selectable<Invitations> | null;
  rsvp: Selectable<Rsvps> | null;
  guests: { name: string; email: string | null }[];
  newcomer: boolean;
  /** Where she was seen. */
  seenMode: Mode | null;
};

type Reader = Pick<Claimed, 'personId' | 'eventId' | 'datedAt'>;
type Mailing = MailContext['mailing'];

/** The contexts of some deliveries, in their order: each table is asked once for all of them. */
export async function loadMailContexts(
  db: Db,
  claims: readonly (Reader & Pick<Claimed, 'mailingId'>)[],
): Promise<MailContext[]> {
  const rows = await db
    .selectFrom('mailings')
    .selectAll()
    .select(textIdsOfMailing.as('textIds'))
    .where('id', '=', anyOf(claims.map((claim) => claim.mailingId)))
    .execute();
  const mailings = byId(rows);
  return contextsOf(
    db,
    claims.map((reader) => ({ mailing: found(mailings, reader.mailingId), reader })),
  );
}

/** The same for a mailing that is not, or not yet, in the ledger. */
export async function contextOf(db: Db, mailing: Mailing, reader: Reader): Promise<MailContext> {
  const [context] = await contextsOf(db, [{ mailing, reader }]);
  return context as MailContext;
}

async function contextsOf(
  db: Db,
  items: readonly { mailing: Mailing; reader: Reader }[],
): Promise<MailContext[]> {
  const network = await findNetwork(db);
  const chapters = byId(
    await findAll(
      db,
      'chapters',
      ids(items, ({ mailing }) => mailing.chapterId),
    ),
  );
  const events = byId(
    await findAll(
      db,
      'events',
      ids(items, ({ reader }) => reader.eventId),
    ),
  );
  const people = byId(
    await findReaders(
      db,
      ids(items, ({ reader }) => reader.personId),
    ),
  );
  const messages = new Map<string, Awaited<ReturnType<typeof loadMessage>>>();
  for (const id of ids(items, ({ mailing }) => mailing.messageId))
    messages.set(id, await loadMessage(db, id));
  const messageOf = (mailing: Mailing) => (mailing.messageId ? messages.get(mailing.messageId) : undefined);

  const pairs = items.flatMap(({ mailing, reader: { personId, eventId } }) => [
    { eventId, personId },
    { eventId: messageOf(mailing)?.event?.id ?? null, personId },
  ]);
  const about = await findAnswers(db, pairs);
  const signers = new Map<string, Awaited<ReturnType<typeof findCoordinators>>>();

  const contexts: MailContext[] = [];
  for (const { mailing, reader } of items) {
    const { personId, eventId } = reader;
    const event = eventId ? { event: found(events, eventId), ...about(eventId, personId) } : null;
    const message = messageOf(mailing);
    let coordinator: MailContext['coordinator'] = null;
    if (mailing.chapterId) {
      const key = `${mailing.chapterId} ${reader.datedAt.getTime()}`;
      const coordinators =
        signers.get(key) ?? (await findCoordinators(db, mailing.chapterId, reader.datedAt));
      signers.set(key, coordinators);
      coordinator = findSigner(coordinators, event?.event.createdBy ?? message?.createdBy);
    }
    contexts.push({
      mailing,
      person: found(people, personId),
      network,
      chapter: mailing.chapterId ? found(chapters, mailing.chapterId) : null,
      coordinator,
      event,
      message: message
        ? {
            ...message,
            event: message.event && {
              ...message.event,
              invitationId: about(message.event.id, personId).invitation?.id ?? null,
            },
          }
        : null,
    });
  }
  return contexts;
}

function findNetwork(db: Db) {
  return db.selectFrom('networks').selectAll().executeTakeFirstOrThrow();
}

async function findAll<T extends 'chapters' | 'events'>(db: Db, table: T, of: readonly string[]) {
  if (of.length === 0) return [];
  const rows = await sql`select * from ${sql.table(table)} where id = ${anyOf(of)}`.execute(db);
  return rows.rows as Selectable<T extends 'chapters' ? Chapters : Events>[];
}

/** What a stranger is called was written by whoever typed her address: no mail repeats it before she answers. */
async function findReaders(db: Db, of: readonly string[]): Promise<Selectable<People>[]> {
  const { rows } = await sql<Selectable<People> & { isStranger: boolean }>`
    select p.*, ${isUnknown} as is_stranger from people p where p.id = ${anyOf(of)}`.execute(db);
  return rows.map(({ isStranger, ...person }) =>
    isStranger ? { ...person, firstName: '', lastName: '' } : person,
  );
}

/** Invitations, answers and guests of some pairs of event and person. */
async function findAnswers(db: Db, wanted: readonly { eventId: string | null; personId: string }[]) {
  const pairs = wanted.filter(({ eventId }) => eventId !== null);
  const key = (eventId: string, personId: string) => `${eventId} ${personId}`;
  const relation = sql`unnest(${pairs.map(({ eventId }) => eventId)}::uuid[],
    ${pairs.map(({ personId }) => personId)}::uuid[]) as pair (event_id, person_id)`;
  const read = async <Row extends { eventId: string; personId: string }>(
    columns: ReturnType<typeof sql>,
    table: string,
  ) => {
    const { rows } = await sql<Row>`select ${columns} from ${relation}
      join ${sql.table(table)} i on i.event_id = pair.event_id and i.person_id = pair.person_id`.execute(db);
    return rows;
  };
  type Invited = Selectable<Invitations> & { newcomer: boolean; seenMode: Mode | null };
  const invitations = new Map<string, Invited>();
  const rsvps = new Map<string, Selectable<Rsvps>>();
  const guests = new Map<string, EventContext['guests']>();
  if (pairs.length > 0) {
    const seenMode = sql`(select a.mode from attendance a
      where a.event_id = i.event_id and a.person_id = i.person_id) as seen_mode`;
    for (const row of await read<Invited>(sql`i.*, ${isNewcomer} as newcomer, ${seenMode}`, 'invitations'))
      invitations.set(key(row.eventId, row.personId), row);
    for (const row of await read<Selectable<Rsvps>>(sql`i.*`, 'rsvps'))
      rsvps.set(key(row.eventId, row.personId), row);
  }
  if (rsvps.values().some((rsvp) => rsvp.guests > 0)) {
    type Guest = { eventId: string; personId: string; name: string; email: string | null; position: number };
    const rows = await read<Guest>(
      sql`distinct i.event_id, i.person_id, i.position, i.name, i.email`,
      'rsvp_guests',
    );
    rows.sort((a, b) => a.position - b.position);
    for (const { eventId, personId, name, email } of rows) {
      const list = guests.get(key(eventId, personId)) ?? [];
      guests.set(key(eventId, personId), [...list, { name, email }]);
    }
  }
  return (eventId: string, personId: string): Omit<EventContext, 'event'> => {
    const rsvp = rsvps.get(key(eventId, personId)) ?? null;
    const {
      newcomer = false,
      seenMode = null,
      ...invitation
    } = invitations.get(key(eventId, personId)) ?? {};
    return {
      invitation: 'id' in invitation ? (invitation as Selectable<Invitations>) : null,
      rsvp,
      guests: rsvp?.guests ? (guests.get(key(eventId, personId)) ?? []) : [],
      newcomer,
      seenMode,
    };
  };
}

/** Who may sign a chapter's mails, whoever has coordinated longest first. */
async function findCoordinators(db: Db, chapterId: string, at: Date) {
  return (
    db
      .selectFrom('memberships')
      .innerJoin('people', 'people.id', 'memberships.personId')
      .select(['people.id', 'people.firstName', 'people.lastName', 'people.phone', 'people.email'])
      .where('memberships.chapterId', '=', chapterId)
      .where('memberships.role', '=', 'coordinator')
      // Who hands over signs until her last day is over.
      .where(isCurrent('memberships', at))
      .where('people.erasedAt', 'is', null)
      .orderBy('memberships.startsAt')
      .orderBy('memberships.id')
      .execute()
  );
}

/** Who signs: whoever made the event or wrote the message, while she coordinates; else who has coordinated longest. */
function findSigner(
  coordinators: Awaited<ReturnType<typeof findCoordinators>>,
  createdBy: string | null | undefined,
) {
  return coordinators.find((person) => person.id === createdBy) ?? coordinators[0] ?? null;
}

const anyOf = (of: readonly string[]) => sql<string>`any(${[...new Set(of)]}::uuid[])`;

function ids<T>(items: readonly T[], idOf: (item: T) => string | null): string[] {
  return [...new Set(items.map(idOf))].filter((id) => id !== null);
}

function byId<T extends { id: string }>(rows: readonly T[]): Map<string, T> {
  return new Map(rows.map((row) => [row.id, row]));
}

function found<T>(rows: ReadonlyMap<string, T>, id: string): T {
  const row = rows.get(id);
  if (row === undefined) throw new Error(`no row ${id}`);
  return row;
}
