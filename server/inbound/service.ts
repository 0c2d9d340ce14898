import { sql } from 'kysely';
import { simpleParser } from 'mailparser';
import { audit } from '../audit.ts';
import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { readReturnPath, unsubscribeName } from '../mail/return-path.ts';
import { findKept } from '../people/queries.ts';
import { setOptedOut } from '../public/service.ts';
import { topics } from '../web/links.ts';
import { calendarReplyIn } from './calendar-part.ts';
import { isOurs, recipientIn } from './recipient.ts';
import { type ReplyTaken, takeReply } from './replies.ts';
import { readReport } from './report.ts';
import { type Resolve, systemResolve } from './resolver.ts';
import { enough, scoreOf, scoresLastDays } from './rules.ts';

/** What became of a mail that came in: for the log, which learns nothing else of it. */
export type Taken =
  | 'bounce'
  | 'suppressed'
  | 'complaint'
  | 'unsubscribed'
  | 'progress'
  | 'auto_reply'
  | 'unproven'
  | ReplyTaken
  /** Written by somebody to the address that our mails come from, where nobody reads: she has to hear of it. */
  | 'letter'
  | 'other';

export type Needs = Pick<Deps, 'db' | 'clock' | 'links' | 'config'> & {
  /** Asks DNS whose a calendar's answer is; the machine's own resolvers if left out. */
  resolve?: Resolve;
};

/**
 * Reads a mail that came in, and does what it proves. Whoever wrote it is nobody: only the address that it was sent to,
 * the token that it brings, or all that `replies.ts` asks of a calendar, says of whom it speaks. Nothing is ever written
 * back to its sender (RFC 3834 section 4).
 * @param envelope its sender, empty for the null one, and its recipient; null where only the mail itself can say
 * @param options.isPatient whether whoever brought it comes again where DNS is away
 * @throws TryLater where it should come again
 */
export async function takeIn(
  deps: Needs,
  envelope: { from: string; to: string } | null,
  raw: Buffer,
  { isPatient = true }: { isPatient?: boolean } = {},
): Promise<Taken> {
  const mail = await simpleParser(raw, {
    keepDeliveryStatus: true,
    skipHtmlToText: true,
    skipTextToHtml: true,
  });
  const recipient = envelope?.to ?? recipientIn(mail, deps.config);
  if (recipient.toLowerCase().startsWith(`${unsubscribeName}@`)) return leaveList(deps, mail.subject ?? '');
  const report = readReport(mail, envelope?.from ?? null);
  const named = readReturnPath(report.kind === 'complaint' ? (report.returnPath ?? '') : recipient, {
    bounceDomain: deps.config.bounceDomain,
    isSigned: deps.links.isSigned,
  });
  switch (report.kind) {
    case 'bounce':
      return named ? noteBounce(deps, named, report) : 'unproven';
    case 'complaint':
      return named ? noteComplaint(deps, named) : 'unproven';
    case 'progress':
      return report.kind;
  }
  // Calendars answer by themselves, so that being automatic says nothing against it.
  const found = calendarReplyIn(mail);
  if (found) {
    const resolve = deps.resolve ?? systemResolve();
    return takeReply(deps, { mail, raw, ...found }, { resolve, isPatient });
  }
  if (report.kind === 'other' && isOurs(recipient, deps.config.mailFrom)) return 'letter';
  return report.kind;
}

/** The subject is the token of her `/u/` link: whoever has it may leave the list, from whatever address. */
async function leaveList(deps: Needs, subject: string): Promise<Taken> {
  const token = subject.trim().split(/\s+/).at(-1) ?? '';
  const of = deps.links.readUnsubscribeToken(token);
  if (!of) return 'unproven';
  const personId = (await findKept(deps.db, of.personId)) ?? of.personId;
  const known = await deps.db
    .selectFrom('people')
    .select('id')
    .where('id', '=', personId)
    .where('erasedAt', 'is', null)
    .executeTakeFirst();
  if (!known) return 'unproven';
  await setOptedOut(deps, { ...of, personId }, true);
  return 'unsubscribed';
}

/** A mail that a server had taken did not arrive: the ledger says so, and an address that fails for good gets no more. */
async function noteBounce(
  deps: Needs,
  deliveryId: string,
  report: { status: string | null; said: string | null },
): Promise<Taken> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const delivery = await lockReported(trx, deliveryId);
    if (!delivery) return 'unproven';
    const score = scoreOf(report.status);
    const isNew = await addReport(trx, { ...delivery, kind: 'bounce', status: report.status, score, now });
    if (!isNew) return 'bounce';
    const response = [report.status, report.said].filter(Boolean).join(' ').slice(0, 1000) || 'bounced';
    await trx
      .updateTable('deliveries')
      .set({ state: 'failed', failedAt: now, response, nextAttemptAt: null })
      .where('id', '=', deliveryId)
      .where('state', 'in', ['sent', 'unknown'])
      .execute();
    // What is known of an address that she no longer has says nothing of the one that she has.
    const { sum } = await trx
      .selectFrom('mailReports as r')
      .innerJoin('deliveries as d', 'd.id', 'r.deliveryId')
      .innerJoin('people as p', 'p.id', 'r.personId')
      .select(sql<number>`coalesce(sum(r.score), 0)::float8`.as('sum'))
      .where('r.personId', '=', delivery.personId)
      .where('r.kind', '=', 'bounce')
      .where('r.at', '>', new Date(now.getTime() - scoresLastDays * 86_400_000))
      .where(
        sql<boolean>`(p.address_since is null or coalesce(d.dated_at, d.first_queued_at) >= p.address_since)`,
      )
      .executeTakeFirstOrThrow();
    if (sum < enough) return 'bounce';
    await suppress(trx, deps, delivery, 'bounce', now);
    return 'suppressed';
  });
}

/** She does not want this: not the one kind, but anything that this chapter sends by itself. */
async function noteComplaint(deps: Needs, deliveryId: string): Promise<Taken> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const delivery = await lockReported(trx, deliveryId);
    if (!delivery) return 'unproven';
    if (!(await addReport(trx, { ...delivery, kind: 'complaint', status: null, score: 0, now })))
      return 'complaint';
    if (delivery.chapterId) {
      for (const topic of topics) {
        await trx
          .insertInto('preferences')
          .values({ personId: delivery.personId, chapterId: delivery.chapterId, topic, optedOutAt: now })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      }
    }
    await suppress(trx, deps, delivery, 'complaint', now);
    return 'complaint';
  });
}

/** The delivery that a report speaks of, where the person is still there and has the address that it went to. */
async function lockReported(trx: Trx, deliveryId: string) {
  return trx
    .selectFrom('deliveries as d')
    .innerJoin('people as p', 'p.id', 'd.personId')
    .select(['d.id', 'd.personId', 'd.chapterId', 'p.email'])
    .where('d.id', '=', deliveryId)
    .where('d.datedAt', 'is not', null)
    .where('p.erasedAt', 'is', null)
    .where(sql<boolean>`(p.address_since is null or d.dated_at >= p.address_since)`)
    .forUpdate()
    .executeTakeFirst();
}

type Reported = NonNullable<Awaited<ReturnType<typeof lockReported>>>;

/** @returns false for a report that was taken before */
async function addReport(
  trx: Trx,
  report: Reported & { kind: 'bounce' | 'complaint'; status: string | null; score: number; now: Date },
): Promise<boolean> {
  const { id: deliveryId, personId, chapterId, kind, status, score, now } = report;
  const added = await trx
    .insertInto('mailReports')
    .values({ deliveryId, personId, chapterId, kind, status, score, at: now })
    // Who complains about a mail that had bounced is heard, too.
    .onConflict((conflict) =>
      conflict
        .column('deliveryId')
        .doUpdateSet({ kind, status, score, at: now })
        .where('mailReports.kind', '<>', kind)
        .where(sql<boolean>`excluded.kind = 'complaint'`),
    )
    .executeTakeFirst();
  return added.numInsertedOrUpdatedRows !== 0n;
}

async function suppress(
  trx: Trx,
  deps: Needs,
  { personId, chapterId, email }: Reported,
  reason: 'bounce' | 'complaint',
  now: Date,
): Promise<void> {
  const [addressHash] = email ? deps.links.addressHashes(email) : [];
  if (!addressHash) return;
  await trx
    .insertInto('suppressions')
    .values({ addressHash, reason, createdAt: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await audit(trx, {
    actor: { kind: 'system' },
    chapterId,
    action: 'address.suppressed',
    subjectType: 'person',
    subjectId: personId,
    detail: { reason },
  });
}
