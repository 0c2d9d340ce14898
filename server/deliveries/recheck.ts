import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { toldAsJson, welcomeIsOver } from '../encounters/told.ts';
import { afterwordsAsJson } from '../followups/afterwords.ts';
import { notesAsJson } from '../followups/pitch-facts.ts';
import { introductionIsOver, otherAsJson } from '../introductions/queries.ts';
import { audienceIs, eventAllows } from '../mailings/audience.ts';
import { optedOut } from '../mailings/opt-outs.ts';
import { topicOf } from '../mailings/topics.ts';
import { isMeantFor, type Reach } from '../messages/audience.ts';
import type { Claimed } from './ledger.ts';

/** What a delivery was made of: what must still hold when the first byte of its body leaves. */
export type Premises = {
  claim: Claimed;
  mailing: {
    id: string;
    kind: string;
    template: string;
    audience: string | null;
    dueAt: Date;
    data: unknown;
  };
  /** The message to the group that it carries. */
  message: Reach | null;
  address: string;
  /** The address's keyed hashes, one per key. */
  addressHashes: readonly Buffer[];
  eventRevision: number | null;
  /** The own words that it was written with; null for the original's. */
  textId: string | null;
  /** What it tells of the one to whom she is introduced; null where it introduces nobody. */
  introduced?: string | null;
  /** What was added to her thanks, as `afterwordsAsJson` tells it. */
  afterwords?: string | null;
  /** What it brings to who presented herself, as `notesAsJson` tells it. */
  pitchNotes?: string | null;
  /** What it tells of others who come to its event; null where it tells nothing. */
  told?: string | null;
};

export type Objection =
  | 'claim_lost'
  | 'changed'
  | 'suppressed'
  | 'opted_out'
  | 'called_off'
  | 'event_state'
  | 'not_in_audience'
  | 'superseded'
  | 'expired'
  | 'erased';

/**
 * Commits the phase `data`, after the server's 354 and before the first byte of the body, if all that made the mail
 * right when it was planned still holds: the claim, the address, suppression, preference, the event's state and
 * revision, and her answer.
 * @returns false if something does not hold: then nothing may be sent
 */
export async function enterDataPhase(db: Db, premises: Premises, now: Date): Promise<boolean> {
  const conditions = Object.values(objections(premises, now)).map(
    (condition) => sql`not coalesce(${condition}, false)`,
  );
  const result = await sql`
    update deliveries d set phase = 'data', text_id = ${premises.textId}
    where d.id = ${premises.claim.id} and ${sql.join(conditions, sql` and `)}
  `.execute(db);
  return result.numAffectedRows === 1n;
}

/** The first thing that speaks against sending, or null. */
export async function findObjection(db: Db, premises: Premises, now: Date): Promise<Objection | null> {
  const all = objections(premises, now);
  const columns = Object.entries(all).map(
    ([name, condition]) => sql`coalesce(${condition}, false) as ${sql.ref(name)}`,
  );
  const result = await sql<Record<string, boolean>>`
    select ${sql.join(columns)} from deliveries d where d.id = ${premises.claim.id}
  `.execute(db);
  const row = result.rows[0];
  if (!row) return 'claim_lost';
  // The names went through the camel-case plugin.
  const held = (name: string) =>
    row[name] ?? row[name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())];
  return (Object.keys(all).find((name) => held(name)) as Objection | undefined) ?? null;
}

/** Each objection as a condition over the alias `d`; in the order in which they are named to the coordinator. */
function objections(premises: Premises, now: Date): Partial<Record<Objection, RawBuilder<unknown>>> {
  const { claim, mailing, message } = premises;
  // A test to herself is true of any event, a draft included.
  const isTest = (mailing.data as { test?: boolean }).test === true;
  const { introductionId } = mailing.data as { introductionId?: string };
  const { pitchEventId, round } = mailing.data as { pitchEventId?: string; round?: number };
  const notes =
    pitchEventId && !isTest
      ? notesAsJson({
          eventId: sql`${pitchEventId}::uuid`,
          personId: sql.ref('d.person_id'),
          round: sql`${round ?? 0}::int`,
        })
      : null;
  const { variant, requestId } = mailing.data as { variant?: string; requestId?: string };
  const waitsForAnswer = mailing.template === 'digest' && variant === 'joining' && !isTest;
  const topic = isTest ? null : topicOf(mailing.kind);
  const told = isTest
    ? null
    : toldAsJson(mailing.template, {
        eventId: sql.ref('d.event_id'),
        personId: sql.ref('d.person_id'),
        data: mailing.data,
      });
  const aboutEvent = (condition: RawBuilder<unknown>) => sql`not exists (
    select 1 from events e
    left join invitations i on i.event_id = e.id and i.person_id = d.person_id
    left join rsvps r on r.event_id = e.id and r.person_id = d.person_id
    left join attendance a on a.event_id = e.id and a.person_id = d.person_id
    where e.id = d.event_id and ${condition})`;
  return {
    claim_lost: sql`(d.fence <> ${claim.fence} or d.state <> 'sending' or d.phase <> 'pre'
      or d.lease_until <= clock_timestamp())`,
    erased: sql`exists (select 1 from people p where p.id = d.person_id and p.erased_at is not null)`,
    called_off: sql`exists (select 1 from mailings m where m.id = d.mailing_id and m.state = 'cancelled')
      or ${introductionId ? introductionIsOver(mailing.template, introductionId, sql.ref('d.person_id')) : sql`false`}
      or ${notes ? sql`${notes} = '[]'` : sql`false`}
      or ${waitsForAnswer ? sql`not exists (select 1 from join_requests j where j.id = ${requestId ?? null}::uuid and j.state = 'waiting')` : sql`false`}
      or ${mailing.template === 'welcome' && !isTest ? welcomeIsOver(mailing.data, sql.ref('d.person_id')) : sql`false`}`,
    suppressed: sql`exists (select 1 from suppressions s
      where s.address_hash in (${sql.join(premises.addressHashes.map((hash) => sql`${hash}`))}))`,
    ...(topic && {
      opted_out: optedOut({
        personId: sql.ref('d.person_id'),
        chapterId: sql.ref('d.chapter_id'),
        eventId: sql.ref('d.event_id'),
        topic,
      }),
    }),
    ...(claim.eventId !== null &&
      !isTest &&
      mailing.kind !== 'digest' &&
      mailing.kind !== 'sign_in' && {
        event_state: aboutEvent(eventAllows(mailing.kind, now, mailing.template)),
      }),
    ...superseded(mailing),
    ...expired(mailing, now),
    ...(mailing.audience !== null &&
      message && {
        not_in_audience: sql`not ${isMeantFor(message, sql`d.person_id`, { now, at: mailing.dueAt })}`,
      }),
    ...(mailing.audience !== null &&
      !message && {
        not_in_audience: aboutEvent(audienceIs(mailing.audience, mailing.kind, 'sending')),
      }),
    changed: sql`(exists (select 1 from people p where p.id = d.person_id and p.email is distinct from ${premises.address}::citext)
      or exists (select 1 from events e where e.id = d.event_id and e.revision <> ${premises.eventRevision ?? 0})
      or ${introductionId ? sql`${otherAsJson(sql`${introductionId}::uuid`, sql.ref('d.person_id'))} is distinct from ${premises.introduced ?? null}` : sql`false`}
      or ${premises.afterwords ? sql`${afterwordsAsJson(sql.ref('d.event_id'), sql.ref('d.person_id'))} is distinct from ${premises.afterwords}` : sql`false`}
      or ${notes ? sql`${notes} is distinct from ${premises.pitchNotes ?? null}` : sql`false`}
      or ${told ? sql`${told} is distinct from ${premises.told ?? null}` : sql`false`})`,
  };
}

/** A confirmation of an answer that was changed since, or an update that a later move has overtaken. */
function superseded(mailing: Premises['mailing']): { superseded?: RawBuilder<unknown> } {
  const { historyId, revision } = mailing.data as { historyId?: string; revision?: number };
  if (mailing.kind === 'update' && revision !== undefined) {
    return {
      superseded: sql`exists (select 1 from mailings m
        where m.event_id = d.event_id and m.kind = 'update' and m.state <> 'cancelled'
          and (m.data ->> 'revision')::int > ${revision})`,
    };
  }
  if (!historyId) return {};
  return {
    superseded: sql`exists (select 1 from rsvp_history h
      where h.event_id = d.event_id and h.person_id = d.person_id and h.id > ${historyId})`,
  };
}

/** A link to sign in that is over, or was used meanwhile. */
function expired(mailing: Premises['mailing'], now: Date): { expired?: RawBuilder<unknown> } {
  const { linkId } = mailing.data as { linkId?: string };
  if (mailing.kind !== 'sign_in' || !linkId) return {};
  return {
    expired: sql`not exists (select 1 from sign_in_links l
      where l.id = ${linkId} and l.used_at is null and l.expires_at > ${now})`,
  };
}
