import { createHash } from 'node:crypto';
import type { ParsedMail } from 'mailparser';
import { audit } from '../audit.ts';
import type { CalendarReply } from '../calendar/reply.ts';
import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import type { ReplyCase } from '../mail/variables.ts';
import { lockForAnswer, type StandingNow } from '../rsvps/answer-queries.ts';
import { type AnsweredEvent, lockEvent } from '../rsvps/queries.ts';
import { type Answer, capacityOf, type Format, type Mode, modes, type Refusal } from '../rsvps/rules.ts';
import { answerLocked } from '../rsvps/service.ts';
import { authorOf, comparable, proveAuthor } from './proof.ts';
import { tellOfReply } from './reply-mail.ts';
import {
  countChanges,
  type Failed,
  findEntry,
  findInvitationOfUid,
  type InvitationOfUid,
  keepUncertain,
  markTaken,
  type Said,
} from './reply-queries.ts';
import type { Resolve } from './resolver.ts';

/** What became of an answer by calendar. */
export type ReplyTaken =
  /** It counts: her answer is what it says, or was so already. */
  | 'reply'
  /** It is hers and could not be taken: a mail tells her why. */
  | 'reply_told'
  /** It was taken before, something newer was, or it says nothing. */
  | 'reply_seen'
  /** It names her entry and is not proved hers. */
  | 'reply_uncertain'
  /** It names no entry of anybody's. */
  | 'reply_unknown';

/** Nobody can tell yet whose a mail is: whoever brought it is asked to come again. */
export class TryLater extends Error {}

/** Her calendar may change her answer so often in a day; what does it more often is two machines at odds. */
const mostChangesADay = 12;
const day = 86_400_000;

const answers: Readonly<Record<string, Answer>> = { ACCEPTED: 'yes', DECLINED: 'no', TENTATIVE: 'maybe' };

type Needs = Pick<Deps, 'db' | 'clock' | 'links' | 'config'>;

/**
 * Takes what a calendar writes back to us, if all of this proves it hers: the UID is that of her entry, the attendee and
 * the author are her address on record, and the mail is really from there; then that it is about the entry as it stands,
 * and newer than whatever was taken (RFC 5546 sections 2.1.4 and 3.2.3).
 * @param options.isPatient whether whoever brought it will come again; else what cannot be asked now is not proved
 * @throws TryLater where DNS is away, and is asked again
 */
export async function takeReply(
  deps: Needs,
  { mail, raw, reply, content }: { mail: ParsedMail; raw: Buffer; reply: CalendarReply; content: Buffer },
  options: { resolve: Resolve; isPatient: boolean },
): Promise<ReplyTaken> {
  const of = await findInvitationOfUid(deps.db, deps.links, reply.uid);
  if (!of) return 'reply_unknown';
  const failed = await whatFails(deps, of, { mail, raw, reply }, options);
  const now = deps.clock();
  if (failed) return deps.db.transaction().execute((trx) => setAside(trx, of, { reply, failed, now }));
  const hash = createHash('sha256').update(content).digest();
  return deps.db.transaction().execute((trx) => takeProved(trx, of, { reply, hash, now }));
}

/** The first thing that speaks against its being hers, or null. */
async function whatFails(
  { config }: Needs,
  of: InvitationOfUid,
  { mail, raw, reply }: { mail: ParsedMail; raw: Buffer; reply: CalendarReply },
  { resolve, isPatient }: { resolve: Resolve; isPatient: boolean },
): Promise<Failed | null> {
  const address = of.email && comparable(of.email);
  if (!address || comparable(reply.attendee) !== address) return 'attendee';
  if (authorOf(mail) !== address) return 'sender';
  const proof = await proveAuthor(mail, raw, address, { trustedRelay: config.trustedRelay, resolve });
  if (proof === 'later' && isPatient) throw new TryLater('DNS does not say just now whose a mail is');
  return proof === 'proved' ? null : 'proof';
}

/** What is proved hers, under the lock that every answer to its event takes. */
async function takeProved(
  trx: Trx,
  of: InvitationOfUid,
  { reply, hash, now }: { reply: CalendarReply; hash: Buffer; now: Date },
): Promise<ReplyTaken> {
  const { event, standing } = await lockForAnswer(trx, { invitationId: of.id }, now);
  const entry = await findEntry(trx, of.id);
  // Her address, or whose row this is, may have changed while DNS was asked.
  if (!event || !standing || standing.personId !== of.personId || entry?.email !== of.email)
    return 'reply_unknown';
  if (entry.calendarReplyHash?.equals(hash)) return 'reply_seen';
  if (reply.stamp && entry.calendarReplyAt && reply.stamp < entry.calendarReplyAt) return 'reply_seen';
  // Without a moment (RFC 5545 section 3.8.7.2 demands one) nobody knows which of two answers is the later one.
  const hasAnswered = entry.calendarReplyAt !== null || standing.answeredAt !== null;
  if (!reply.stamp && hasAnswered) return setAside(trx, of, { reply, failed: 'sequence', now });
  if (reply.sequence > entry.sequence) return setAside(trx, of, { reply, failed: 'sequence', now });

  const tell = async (what: ReplyCase): Promise<ReplyTaken> => {
    await tellOfReply(trx, of, what, now);
    return 'reply_told';
  };
  if (reply.method === 'COUNTER') return tell('counter');
  if (reply.method === 'REFRESH') return tell('refresh');
  if (reply.partstat === 'DELEGATED') return tell('delegated');
  const answer = answers[reply.partstat];
  if (!answer) return 'reply_seen';
  if (event.state === 'draft') return tell('unpublished');
  // What ended says more than that its entry is an old one.
  const isOver = event.state === 'cancelled' || event.state === 'ended' || now >= event.endsAt;
  if (!isOver && isOutdated(reply, entry.sequence, standing)) {
    return standsAlready(answer, standing) ? 'reply_seen' : tell('outdated');
  }
  const since = new Date(now.getTime() - day);
  if ((await countChanges(trx, of, since)) >= mostChangesADay) return tell('outdated');

  const outcome = await answerLocked(
    trx,
    event,
    {
      eventId: of.eventId,
      personId: of.personId,
      answer,
      mode: modeFor(event, standing),
      note: reply.comment ?? undefined,
      source: 'calendar',
    },
    now,
  );
  if (!outcome.ok) return tell(refusals[outcome.reason] ?? 'outdated');
  // A clock ahead of ours would keep out every later answer.
  const at = reply.stamp && reply.stamp < now ? reply.stamp : now;
  await markTaken(trx, of.id, { at, hash });
  const waits = outcome.state === 'waitlisted' && !outcome.changed && standing.offerLapsedAt === null;
  // Her calendar shows a yes now, and no mail would say that she waits still.
  if (answer === 'yes' && waits) await tellOfReply(trx, of, 'waiting', now);
  return 'reply';
}

const refusals: Partial<Record<Refusal | 'not_invited', ReplyCase>> = {
  event_cancelled: 'cancelled',
  event_ended: 'over',
  answers_closed: 'closed',
  maybe_not_allowed: 'no_maybe',
};

/** About an entry that has changed since, or older than what she said last in another way. */
function isOutdated(reply: CalendarReply, sequence: number, standing: StandingNow): boolean {
  if (reply.sequence < sequence) return true;
  const said = Math.max(standing.answeredAt?.getTime() ?? 0, standing.reconfirmedAt?.getTime() ?? 0);
  // A stamp has no fractions of a second.
  return reply.stamp !== null && reply.stamp.getTime() < Math.floor(said / 1000) * 1000;
}

function standsAlready(answer: Answer, { state }: StandingNow): boolean {
  if (answer === 'yes') return state === 'going';
  return answer === 'no' ? state === 'declined' || state === 'withdrawn' : state === 'maybe';
}

/** A calendar does not say how she comes: as she said before, else in the room, where it still has a seat. */
function modeFor(event: AnsweredEvent, standing: StandingNow): Mode | undefined {
  if ((event.format as Format) !== 'hybrid' || standing.mode !== null) return undefined;
  const isFree = (mode: Mode) => {
    const capacity = capacityOf(event, mode);
    return capacity === null || standing[mode] < capacity;
  };
  return modes.find(isFree) ?? 'room';
}

/** Kept for whoever coordinates, who asks her; and her link goes once to where she is reached. */
async function setAside(
  trx: Trx,
  of: InvitationOfUid,
  { reply, failed, now }: { reply: CalendarReply; failed: Failed; now: Date },
): Promise<ReplyTaken> {
  const said = saidIn(reply);
  const event = await lockEvent(trx, of.eventId);
  const entry = await findEntry(trx, of.id);
  if (!event || !entry) return 'reply_unknown';
  if (!said || event.state !== 'published' || now >= event.endsAt) return 'reply_uncertain';
  // However often it comes, it is written down once.
  if (!(await keepUncertain(trx, of, { said, failed, now }))) return 'reply_uncertain';
  await audit(trx, {
    actor: { kind: 'system' },
    chapterId: of.chapterId,
    action: 'calendar_reply.set_aside',
    subjectType: 'person',
    subjectId: of.personId,
    detail: { event: of.eventId, failed },
  });
  await tellOfReply(trx, of, 'uncertain', now);
  return 'reply_uncertain';
}

function saidIn(reply: CalendarReply): Said | null {
  if (reply.method === 'COUNTER') return 'counter';
  if (reply.method === 'REFRESH') return null;
  return answers[reply.partstat] ?? (reply.partstat === 'DELEGATED' ? 'delegated' : null);
}
