import { type RawBuilder, sql } from 'kysely';
import { mayHaveArrived } from '../calendar/held.ts';
import type { Db } from '../db/database.ts';
import { ask, askTogether, type Call, type Prepared, prepared } from '../db/prepared.ts';
import { toldAsJson, welcomeIsOver } from '../encounters/told.ts';
import { afterwordsAsJson } from '../followups/afterwords.ts';
import { notesAsJson } from '../followups/pitch-facts.ts';
import { introductionIsOver, otherAsJson } from '../introductions/queries.ts';
import { audienceIs, eventAllows } from '../mailings/audience.ts';
import { optedOut } from '../mailings/opt-outs.ts';
import { topicOf } from '../mailings/topics.ts';
import { isMeantFor, type Reach } from '../messages/audience.ts';
import type { ToldEntry } from './calendar.ts';
import type { Claimed, Said } from './ledger.ts';

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
  /** Her answer as it speaks of it: "going online"; empty where she has none, null where it speaks of none. */
  standing?: string | null;
  /** Figures that a repetition will say again. */
  said?: Said | null;
  /** What it tells her calendar; null for most. */
  entry?: ToldEntry | null;
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
 * Commits the phase `data` of some deliveries, after the server's 354 and before the first byte of their bodies, if all
 * that made each mail right when it was planned still holds: the claim, the address, suppression, preference, the event's
 * state and revision, and her answer.
 * @returns in their order, false where something does not hold: then nothing may be sent
 */
export async function enterDataPhase(db: Db, all: readonly Premises[], now: Date): Promise<boolean[]> {
  const sets = await askTogether(db, entering(all, now));
  return entered(all, sets);
}

/** The statements that commit the phase `data`, one for each mailing. What they answer, {@link entered} reads. */
export function entering(all: readonly Premises[], now: Date): Call<{ id: string }>[] {
  return byMailing(all).map((premises) => statementsFor(premises[0]).enter.with(valuesOf(premises, now)));
}

/** For each, in their order, whether it may be sent. */
export function entered(all: readonly Premises[], sets: readonly unknown[][]): boolean[] {
  const ids = new Set((sets as { id: string }[][]).flat().map(({ id }) => id));
  return all.map(({ claim }) => ids.has(claim.id));
}

/** For each, in their order, the first thing that speaks against sending, or null. */
export async function findObjections(
  db: Db,
  all: readonly Premises[],
  now: Date,
): Promise<(Objection | null)[]> {
  const found = new Map<string, Objection | null>();
  for (const premises of byMailing(all)) {
    const { object } = statementsFor(premises[0]);
    for (const { id, objection } of await ask(db, object.with(valuesOf(premises, now))))
      found.set(id, objection);
  }
  return all.map(({ claim }) => {
    const objection = found.get(claim.id);
    return objection === undefined ? 'claim_lost' : objection;
  });
}

type Together = readonly [Premises, ...Premises[]];

/** Mails of one mailing are asked about together, in the order of their ids: so no two workers wait for each other. */
function byMailing(all: readonly Premises[]): Together[] {
  return [...Map.groupBy(all, ({ mailing }) => mailing.id).values()].map(
    (group) => group.toSorted((a, b) => (a.claim.id < b.claim.id ? -1 : 1)) as unknown as Together,
  );
}

/** What differs from mail to mail, as columns: the relation `h`, and what comes for each of them. */
const columns: Record<string, [type: string, value: (of: Premises) => unknown]> = {
  id: ['uuid', ({ claim }) => claim.id],
  fence: ['int', ({ claim }) => claim.fence],
  address: ['citext', ({ address }) => address],
  revision: ['int', ({ eventRevision }) => eventRevision ?? 0],
  text_id: ['uuid', ({ textId }) => textId],
  said: ['jsonb', ({ said }) => (said ? JSON.stringify(said) : null)],
  entry: ['jsonb', ({ entry }) => (entry ? JSON.stringify(entry) : null)],
  introduced: ['text', ({ introduced }) => introduced ?? null],
  afterwords: ['text', ({ afterwords }) => afterwords ?? null],
  pitch_notes: ['text', ({ pitchNotes }) => pitchNotes ?? null],
  told: ['text', ({ told }) => told ?? null],
  standing: ['text', ({ standing }) => standing ?? null],
};

type Values = { now: Date } & Record<string, unknown>;

function valuesOf(premises: Together, now: Date): Values {
  const values: Values = { now };
  for (const [name, [, value]] of Object.entries(columns)) values[name] = premises.map(value);
  premises[0].addressHashes.forEach((_, key) => {
    values[`hash${key}`] = premises.map(({ addressHashes }) => addressHashes[key]);
  });
  return values;
}

function relationOf(values: Values, keys: number): RawBuilder<unknown> {
  const types = Object.entries(columns).map(([name, [type]]) => [name, type] as const);
  const all = [...types, ...Array.from({ length: keys }, (_, key) => [`hash${key}`, 'bytea'] as const)];
  const arrays = all.map(([name, type]) => sql`${values[name]}::${sql.raw(type)}[]`);
  return sql`unnest(${sql.join(arrays)}) as h (${sql.join(all.map(([name]) => sql.id(name)))})`;
}

type Statements = {
  enter: Prepared<Values, { id: string }>;
  object: Prepared<Values, { id: string; objection: Objection | null }>;
};

// What is the mailing's own stands in the words: they are put together once for all of its mails.
const statements = new Map<string, Statements>();

function statementsFor(first: Premises): Statements {
  const { mailing, message, claim, addressHashes } = first;
  const key = JSON.stringify([mailing, message, claim.eventId !== null, addressHashes.length]);
  let made = statements.get(key);
  if (!made) {
    const relation = (values: Values) => relationOf(values, addressHashes.length);
    made = {
      enter: prepared<Values>()((_, values) => {
        const conditions = Object.values(objections(first, values.now)).map(
          (condition) => sql`not coalesce(${condition}, false)`,
        );
        return sql<{ id: string }>`
          update deliveries d set phase = 'data', text_id = h.text_id, said = h.said, entry = h.entry
          from ${relation(values)} where d.id = h.id and ${sql.join(conditions, sql` and `)}
          returning d.id`;
      }),
      object: prepared<Values>()((_, values) => {
        const inOrder = Object.entries(objections(first, values.now)).map(
          ([name, condition]) => sql`when coalesce(${condition}, false) then ${sql.lit(name)}`,
        );
        return sql<{ id: string; objection: Objection | null }>`
          select d.id, case ${sql.join(inOrder, sql` `)} end as objection
          from ${relation(values)} join deliveries d on d.id = h.id`;
      }),
    };
    if (statements.size >= 500) statements.clear();
    statements.set(key, made);
  }
  return made;
}

/**
 * Each objection as a condition over the aliases `d` and `h`; in the order in which they are named to the coordinator. What
 * is the mailing's own stands in the words.
 */
function objections(first: Premises, now: Date): Partial<Record<Objection, RawBuilder<unknown>>> {
  const { claim, mailing, message, addressHashes } = first;
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
  const asksOfHoliday = mailing.template === 'digest' && variant === 'holiday' && !isTest;
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
    claim_lost: sql`(d.fence <> h.fence or d.state <> 'sending' or d.phase <> 'pre'
      or d.lease_until <= clock_timestamp())`,
    erased: sql`exists (select 1 from people p where p.id = d.person_id and p.erased_at is not null)`,
    called_off: sql`exists (select 1 from mailings m where m.id = d.mailing_id and m.state = 'cancelled')
      or ${introductionId ? introductionIsOver(mailing.template, introductionId, sql.ref('d.person_id')) : sql`false`}
      or ${notes ? sql`${notes} = '[]'` : sql`false`}
      or ${waitsForAnswer ? sql`not exists (select 1 from join_requests j where j.id = ${requestId ?? null}::uuid and j.state = 'waiting')` : sql`false`}
      or ${asksOfHoliday ? sql`not exists (select 1 from events e where e.id = d.event_id and e.state = 'draft' and e.holiday is not null and e.holiday_decided_at is null)` : sql`false`}
      or ${mailing.template === 'welcome' && !isTest ? welcomeIsOver(mailing.data, sql.ref('d.person_id')) : sql`false`}`,
    suppressed: sql`exists (select 1 from suppressions s
      where s.address_hash in (${sql.join(addressHashes.map((_, key) => sql.ref(`h.hash${key}`)))}))`,
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
    changed: sql`(exists (select 1 from people p where p.id = d.person_id and p.email is distinct from h.address)
      or exists (select 1 from events e where e.id = d.event_id and e.revision <> h.revision)
      -- The last word to her calendar is the newest.
      or (h.entry is not null and exists (select 1 from invitations i where i.event_id = d.event_id
        and i.person_id = d.person_id and i.sequence <> (h.entry ->> 'sequence')::int))
      -- Two of hers that were written at the same time: the second is written anew, a second later. A repetition is not.
      or (h.entry is not null and d.entry is null and exists (select 1 from deliveries told
        where told.person_id = d.person_id and told.event_id = d.event_id and told.id <> d.id
          and told.entry ->> 'uid' = h.entry ->> 'uid' and told.entry ->> 'stamp' >= h.entry ->> 'stamp'
          and ${mayHaveArrived}))
      or ${introductionId ? sql`${otherAsJson(sql`${introductionId}::uuid`, sql.ref('d.person_id'))} is distinct from h.introduced` : sql`false`}
      or ${mailing.template.startsWith('thanks') ? sql`(h.afterwords is not null and ${afterwordsAsJson(sql.ref('d.event_id'), sql.ref('d.person_id'))} is distinct from h.afterwords)` : sql`false`}
      or ${notes ? sql`${notes} is distinct from h.pitch_notes` : sql`false`}
      or ${claim.eventId !== null && !isTest ? sql`(h.standing is not null and ${standingNow} is distinct from h.standing)` : sql`false`}
      or ${told ? sql`${told} is distinct from h.told` : sql`false`})`,
  };
}

/** Where she stands when the mail leaves, and which way she takes part: another place or link would be wrong for her. */
const standingNow = sql`coalesce((select r.state || ' ' || r.mode from rsvps r
  where r.event_id = d.event_id and r.person_id = d.person_id), '')`;

/** A confirmation of an answer that was changed since, or an update that a later move has overtaken. */
function superseded(mailing: Premises['mailing']): { superseded?: RawBuilder<unknown> } {
  const { historyId, revision } = mailing.data as { historyId?: string; revision?: number };
  if (mailing.kind === 'update' && revision !== undefined) {
    // Only by one that is for her too: what those in the room are told overtakes nothing for those online.
    return {
      superseded: sql`exists (select 1 from mailings m
        left join rsvps r on r.event_id = m.event_id and r.person_id = d.person_id
        where m.event_id = d.event_id and m.kind = 'update' and m.template = ${mailing.template}
          and m.state <> 'cancelled' and (m.data ->> 'revision')::int > ${revision}
          and (m.audience <> 'affected_room' or r.mode = 'room' or r.state = 'maybe'))`,
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
