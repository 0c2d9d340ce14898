import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { type Actor, audit } from '../audit.ts';
import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { heldBy } from '../events/holders.ts';
import { sendToOne } from '../mailings/personal.ts';
import { closeOpen, isOpen, moveMailing, setOpen } from '../mailings/planned.ts';
import { isMeantFor, type MessageAudience } from './audience.ts';
import { checkMessage } from './check.ts';

/** What a coordinator wrote, and for whom. */
export type MessageContent = {
  subject: string;
  body: string;
  audience: MessageAudience;
  eventId: string | null;
  eventAudience: string | null;
};

/** Whose message it is about, and who asks. */
export type MessageScope = { chapterId: string; messageId: string; actor: Actor };

type Refusal = { ok: false; reason: 'not_found' | 'already_left' | 'incomplete' | 'in_the_past' };
const notFound = { ok: false, reason: 'not_found' } as const;
const alreadyLeft = { ok: false, reason: 'already_left' } as const;

/**
 * Writes down a new message; nothing leaves.
 * @param personIds whom it names, with the audience `people`: each has to be somebody whom the chapter may write to
 */
export async function createMessage(
  deps: Deps,
  chapterId: string,
  content: MessageContent,
  by: { actor: Actor; personIds?: readonly string[] },
): Promise<{ ok: true; id: string } | Refusal> {
  const now = deps.clock();
  return deps.db
    .transaction()
    .execute(async (trx) => {
      if (content.eventId && !(await hasEvent(trx, chapterId, content.eventId))) return notFound;
      const { id } = await trx
        .insertInto('messages')
        .values({
          ...content,
          chapterId,
          createdBy: by.actor.kind === 'person' ? by.actor.id : null,
          createdAt: now,
          updatedAt: now,
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      if (by.personIds && !(await namePeople(trx, { id, chapterId, ...content }, by.personIds, now))) {
        throw new ForeignPerson();
      }
      await record(trx, { chapterId, messageId: id, actor: by.actor }, 'created');
      return { ok: true, id } as const;
    })
    .catch((error: unknown) => {
      // The transaction has taken the message back with it.
      if (error instanceof ForeignPerson) return notFound;
      throw error;
    });
}

class ForeignPerson extends Error {}

async function hasEvent(trx: Trx, chapterId: string, eventId: string): Promise<boolean> {
  const found = await trx
    .selectFrom('events')
    .select('id')
    .where('id', '=', eventId)
    .where('id', 'in', heldBy([chapterId]))
    .where('publishedAt', 'is not', null)
    .executeTakeFirst();
  return found !== undefined;
}

/** @returns false if one of them is nobody whom the chapter may write to; then the caller takes all of it back */
async function namePeople(
  trx: Trx,
  message: { id: string; chapterId: string } & MessageContent,
  personIds: readonly string[],
  now: Date,
): Promise<boolean> {
  const wanted = [...new Set(personIds.map((id) => id.toLowerCase()))];
  await sql`insert into message_people (message_id, person_id)
    select ${message.id}, p.id from people p where p.id = any (${wanted}::uuid[]) and p.erased_at is null`.execute(
    trx,
  );
  const meant = await sql<{ count: number }>`select count(*)::int as count from message_people c
    where c.message_id = ${message.id} and ${isMeantFor(message, sql`c.person_id`, { now, at: now })}`.execute(
    trx,
  );
  return meant.rows[0]?.count === wanted.length && wanted.length > 0;
}

/** Changes a message's words or audience, until it begins to leave. */
export async function saveMessage(
  deps: Deps,
  scope: MessageScope,
  content: MessageContent,
): Promise<{ ok: true } | Refusal> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const message = await lockOpen(trx, scope);
    if (!message.ok) return message;
    // People who were chosen stay chosen together with the event from whose list they come.
    const about = content.audience === 'people' ? { ...content, eventId: message.row.eventId } : content;
    if (about.audience === 'people' && message.row.audience !== 'people') return notFound;
    if (about.eventId && !(await hasEvent(trx, scope.chapterId, about.eventId))) return notFound;
    await trx
      .updateTable('messages')
      .set({ ...about, updatedAt: now })
      .where('id', '=', scope.messageId)
      .execute();
    return { ok: true } as const;
  });
}

/**
 * Lets a message leave at a moment, or moves the moment. "Now" is due at once, through the same alarm as everything else.
 * A second press of the button finds it planned, or gone, and changes nothing.
 */
export async function planMessage(
  deps: Deps,
  scope: MessageScope,
  at: Date | 'now',
): Promise<{ ok: true } | Refusal> {
  const now = deps.clock();
  const dueAt = at === 'now' ? now : at;
  if (dueAt < now) return { ok: false, reason: 'in_the_past' };
  return deps.db.transaction().execute(async (trx) => {
    const locked = await lockOpen(trx, scope);
    if (!locked.ok) return locked;
    const { row, mailing } = locked;
    if (checkMessage({ ...row, aboutEvent: row.eventId !== null }).length > 0) {
      return { ok: false, reason: 'incomplete' } as const;
    }
    if (mailing) {
      // What is held and is now given a moment is meant to leave then.
      await release(trx, deps, mailing, dueAt, now);
      await record(trx, scope, 'moved');
      return { ok: true } as const;
    }
    const planned = await trx
      .insertInto('mailings')
      .values({
        chapterId: scope.chapterId,
        kind: 'announcement',
        template: 'announcement',
        audience: 'message',
        messageId: row.id,
        cause: `message:${row.id}:${randomUUID()}`,
        exact: true,
        dueAt,
      })
      .returning(['id', 'revision', 'dueAt'])
      .executeTakeFirstOrThrow();
    await trx.updateTable('messages').set({ mailingId: planned.id }).where('id', '=', row.id).execute();
    await deps.alarm.set(trx, planned);
    await record(trx, scope, 'planned');
    return { ok: true } as const;
  });
}

type OpenMailing = { id: string; dueAt: Date; state: string; revision: number };

async function release(trx: Trx, deps: Deps, mailing: OpenMailing, dueAt: Date, now: Date): Promise<void> {
  if (mailing.state === 'planned') return moveMailing(trx, deps, mailing, dueAt, now);
  await setOpen(trx, deps, mailing, { state: 'planned', dueAt });
}

/** Holds a planned message back, or lets it go again. */
export async function holdMessage(
  deps: Deps,
  scope: MessageScope,
  change: 'hold' | 'release',
): Promise<{ ok: true } | Refusal> {
  return deps.db.transaction().execute(async (trx) => {
    const locked = await lockOpen(trx, scope);
    if (!locked.ok) return locked;
    if (!locked.mailing) return notFound;
    const isHeld = change === 'hold';
    await setOpen(trx, deps, locked.mailing, { state: isHeld ? 'held' : 'planned' });
    await record(trx, scope, isHeld ? 'held' : 'released');
    return { ok: true } as const;
  });
}

/** Back to a draft: what was planned or held is called off before anybody got it. */
export async function takeMessageBack(deps: Deps, scope: MessageScope): Promise<{ ok: true } | Refusal> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const locked = await lockOpen(trx, scope);
    if (!locked.ok) return locked;
    const { row, mailing } = locked;
    if (!mailing) return { ok: true } as const;
    await closeOpen(trx, [mailing.id], 'cancelled', 'skipped', now);
    await trx.updateTable('messages').set({ mailingId: null }).where('id', '=', row.id).execute();
    await record(trx, scope, 'taken_back');
    return { ok: true } as const;
  });
}

/** Stops a message that is just leaving: whom it has not reached, it does not reach. */
export async function stopMessage(deps: Deps, scope: MessageScope): Promise<{ ok: true } | Refusal> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const row = await lockMessage(trx, scope);
    if (!row?.mailingId) return notFound;
    const stopped = await trx
      .updateTable('mailings')
      .set({ state: 'cancelled', reason: 'stopped', doneAt: now })
      .where('id', '=', row.mailingId)
      .where('state', '=', 'sending')
      .returning('id')
      .executeTakeFirst();
    if (!stopped) return alreadyLeft;
    await record(trx, scope, 'stopped');
    return { ok: true } as const;
  });
}

/** Throws a draft away, or fetches it back. What has been planned is taken back first. */
export async function discardMessage(
  deps: Deps,
  scope: MessageScope,
  discarded: boolean,
): Promise<{ ok: true } | Refusal> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const row = await lockMessage(trx, scope);
    if (!row) return notFound;
    if (row.mailingId) return alreadyLeft;
    await trx
      .updateTable('messages')
      .set({ discardedAt: discarded ? now : null })
      .where('id', '=', row.id)
      .execute();
    return { ok: true } as const;
  });
}

/** The message as it stands, to its writer alone. */
export async function sendMessageTest(deps: Deps, scope: MessageScope, personId: string): Promise<void> {
  await deps.db.transaction().execute((trx) =>
    sendToOne(
      trx,
      [
        {
          kind: 'announcement',
          personId,
          chapterId: scope.chapterId,
          eventId: null,
          messageId: scope.messageId,
          cause: `test:${randomUUID()}`,
          data: { test: true },
        },
      ],
      deps.clock(),
    ),
  );
}

async function lockMessage(trx: Trx, { chapterId, messageId }: MessageScope) {
  return trx
    .selectFrom('messages')
    .selectAll()
    .where('id', '=', messageId)
    .where('chapterId', '=', chapterId)
    .forUpdate()
    .executeTakeFirst();
}

/**
 * A message that can still be changed, with its mailing locked: falling due takes the same lock, so that what leaves is
 * either all of the old or all of the new.
 */
async function lockOpen(trx: Trx, scope: MessageScope) {
  const row = await lockMessage(trx, scope);
  if (!row || row.discardedAt) return notFound;
  if (!row.mailingId) return { ok: true, row, mailing: null } as const;
  const mailing = await trx
    .selectFrom('mailings')
    .select(['id', 'dueAt', 'state', 'revision'])
    .where('id', '=', row.mailingId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return isOpen(mailing.state) ? ({ ok: true, row, mailing } as const) : alreadyLeft;
}

async function record(trx: Trx, { chapterId, messageId, actor }: MessageScope, what: string): Promise<void> {
  await audit(trx, {
    actor,
    chapterId,
    action: `message.${what}`,
    subjectType: 'message',
    subjectId: messageId,
  });
}
