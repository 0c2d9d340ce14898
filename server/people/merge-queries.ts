import { sql } from 'kysely';
import type { Db, Trx } from '../db/database.ts';

/** Two rows of one woman: the one that stays, and the one that is given up. */
export type Pair = { keptId: string; goneId: string };

/** Locks every event that the row to be given up has to do with, in the order of all locks. */
export async function lockEventsOf(trx: Trx, { goneId }: Pair): Promise<void> {
  await sql`
    select id from events where id in (
      select event_id from invitations where person_id = ${goneId}
      union select event_id from attendance where person_id = ${goneId})
    order by id for no key update`.execute(trx);
}

/** The events to which both were invited, with both answers. */
export async function findShared(db: Db, { keptId, goneId }: Pair) {
  const side = (alias: string) => sql`(
    select jsonb_build_object('state', x.state, 'mode', x.mode, 'guests', x.guests, 'late', x.late, 'note', x.note,
      'source', x.source, 'queuedAt', x.queued_at, 'offerExpiresAt', x.offer_expires_at,
      'offerLapsedAt', x.offer_lapsed_at, 'reconfirmedAt', x.reconfirmed_at, 'answeredAt', x.answered_at,
      'historyId', (select h.id from rsvp_history h where h.event_id = x.event_id and h.person_id = x.person_id
        order by h.id desc limit 1))
    from rsvps x where x.event_id = ${sql.ref(`${alias}.event_id`)} and x.person_id = ${sql.ref(`${alias}.person_id`)})`;
  const { rows } = await sql<{
    eventId: string;
    chapterId: string;
    title: string;
    endsAt: Date;
    keptInvitation: string;
    goneInvitation: string;
    keptAnswer: Record<string, unknown> | null;
    goneAnswer: Record<string, unknown> | null;
  }>`
    select e.id as event_id, e.chapter_id, e.title, e.ends_at, k.id as kept_invitation, g.id as gone_invitation,
      ${side('k')} as kept_answer, ${side('g')} as gone_answer
    from invitations g join invitations k on k.event_id = g.event_id and k.person_id = ${keptId}
    join events e on e.id = g.event_id
    where g.person_id = ${goneId} order by e.starts_at desc, e.id`.execute(db);
  return rows.map(({ keptAnswer, goneAnswer, ...row }) => ({
    ...row,
    kept: answerOf(keptAnswer),
    gone: answerOf(goneAnswer),
  }));
}

export type Shared = Awaited<ReturnType<typeof findShared>>[number];

type Answer = {
  state: string;
  mode: string;
  guests: number;
  late: boolean;
  note: string | null;
  source: string;
  queuedAt: Date | null;
  offerExpiresAt: Date | null;
  offerLapsedAt: Date | null;
  reconfirmedAt: Date | null;
  answeredAt: Date;
  historyId: string | null;
};

/** A row that came as JSON, with its moments as moments. */
function answerOf(row: Record<string, unknown> | null): Answer | null {
  if (!row) return null;
  const date = (value: unknown) => (typeof value === 'string' ? new Date(value) : null);
  return {
    ...(row as Answer),
    queuedAt: date(row.queuedAt),
    offerExpiresAt: date(row.offerExpiresAt),
    offerLapsedAt: date(row.offerLapsedAt),
    reconfirmedAt: date(row.reconfirmedAt),
    answeredAt: date(row.answeredAt) as Date,
  };
}

/** The links of the row given up go on opening what they opened: her invitation, or the one that takes its place. */
export async function aliasInvitations(trx: Trx, { keptId, goneId }: Pair): Promise<void> {
  await sql`
    insert into invitation_aliases (id, merged_id, invitation_id)
    select g.id, ${goneId}, coalesce(k.id, g.id)
    from invitations g left join invitations k on k.event_id = g.event_id and k.person_id = ${keptId}
    where g.person_id = ${goneId}`.execute(trx);
  // Those that opened hers since an earlier merge.
  await sql`
    update invitation_aliases a set invitation_id = k.id
    from invitations g join invitations k on k.event_id = g.event_id and k.person_id = ${keptId}
    where g.person_id = ${goneId} and a.invitation_id = g.id`.execute(trx);
}

/** Of two invitations to one event one stays: it takes over what only the other knew. */
export async function joinInvitation(trx: Trx, shared: Shared, takesCalendar: boolean): Promise<void> {
  await sql`
    update invitations k set
      source = case when g.source = 'member' then g.source else k.source end,
      invited_by = coalesce(k.invited_by, g.invited_by),
      invited_by_person_id = coalesce(k.invited_by_person_id, g.invited_by_person_id),
      created_at = least(k.created_at, g.created_at),
      -- What one row did not allow is not allowed.
      visible = k.visible and g.visible,
      in_photos = k.in_photos and g.in_photos,
      told_at = greatest(k.told_at, g.told_at),
      -- The entry that stands in her calendar is that of the answer which counts.
      calendar_uid = case when ${takesCalendar} then g.calendar_uid else k.calendar_uid end,
      sequence = case when ${takesCalendar} then g.sequence else k.sequence end,
      calendar_reply_at = greatest(k.calendar_reply_at, g.calendar_reply_at),
      calendar_reply_hash = case when ${takesCalendar} then g.calendar_reply_hash else k.calendar_reply_hash end
    from invitations g where k.id = ${shared.keptInvitation} and g.id = ${shared.goneInvitation}`.execute(
    trx,
  );
}

/** What came by calendar in her name, whichever of her addresses it named. */
export async function moveCalendarReplies(
  trx: Trx,
  { eventId }: Shared,
  { keptId, goneId }: Pair,
): Promise<void> {
  await sql`
    insert into calendar_replies as mine (event_id, person_id, chapter_id, said, failed, at)
    select event_id, ${keptId}, chapter_id, said, failed, at from calendar_replies
    where event_id = ${eventId} and person_id = ${goneId}
    on conflict on constraint calendar_replies_once do update set at = greatest(mine.at, excluded.at)`.execute(
    trx,
  );
}

/** Guests who were seen belong to the party that counts. */
export async function keepParty(trx: Trx, { eventId }: Shared, otherId: string): Promise<void> {
  await trx
    .deleteFrom('guestAttendance')
    .where('eventId', '=', eventId)
    .where('personId', '=', otherId)
    .execute();
}

/** The answer that counts goes to the row that stays, and its guests follow it. */
export async function takeAnswer(trx: Trx, { eventId }: Shared, { keptId, goneId }: Pair): Promise<void> {
  await trx.deleteFrom('rsvps').where('eventId', '=', eventId).where('personId', '=', keptId).execute();
  await trx
    .updateTable('rsvps')
    .set({ personId: keptId })
    .where('eventId', '=', eventId)
    .where('personId', '=', goneId)
    .execute();
}

/** Gives up the second invitation to an event, and what is left on it. */
export async function dropInvitation(
  trx: Trx,
  { eventId, goneInvitation }: Shared,
  { goneId }: Pair,
): Promise<void> {
  await trx.deleteFrom('rsvps').where('eventId', '=', eventId).where('personId', '=', goneId).execute();
  await trx.deleteFrom('invitations').where('id', '=', goneInvitation).execute();
}

/** She was there once, however often somebody said so: in person if anybody saw her, and expected if either row was. */
export async function moveAttendance(trx: Trx, { keptId, goneId }: Pair): Promise<void> {
  await sql`
    update attendance k set
      mode = case when g.mode = 'room' then g.mode else k.mode end,
      walk_in = k.walk_in and g.walk_in,
      recorded_at = least(k.recorded_at, g.recorded_at)
    from attendance g
    where k.person_id = ${keptId} and g.person_id = ${goneId} and g.event_id = k.event_id`.execute(trx);
  await sql`
    delete from attendance g using attendance k
    where g.person_id = ${goneId} and k.person_id = ${keptId} and k.event_id = g.event_id`.execute(trx);
  await sql`update attendance set person_id = ${keptId} where person_id = ${goneId}`.execute(trx);
  // Whoever had said yes under one row and came under the other did not come unannounced.
  await sql`
    update attendance a set walk_in = false from rsvps r
    where a.person_id = ${keptId} and a.walk_in and r.event_id = a.event_id and r.person_id = a.person_id
      and r.state = 'going'`.execute(trx);
}

/** A membership that both have runs from the earlier day on; the second one is over, and stays known. */
export async function moveMemberships(trx: Trx, { keptId, goneId }: Pair, now: Date): Promise<void> {
  await sql`
    update memberships k set starts_at = least(k.starts_at, g.starts_at)
    from memberships g where k.person_id = ${keptId} and g.person_id = ${goneId} and k.chapter_id = g.chapter_id
      and k.role = g.role and k.ends_at is null and g.ends_at is null`.execute(trx);
  await sql`
    update memberships g set ends_at = greatest(g.starts_at, ${now}::timestamptz), person_id = ${keptId}
    from memberships k where k.person_id = ${keptId} and g.person_id = ${goneId} and k.chapter_id = g.chapter_id
      and k.role = g.role and k.ends_at is null and g.ends_at is null`.execute(trx);
  await sql`update memberships set person_id = ${keptId} where person_id = ${goneId}`.execute(trx);
}

/** Tables in which she stands once for each other thing: what both rows have is had once. */
const once = [
  ['preferences', ['chapter_id', 'topic', 'opted_out_at']],
  ['event_hosts', ['event_id', 'chapter_id', 'created_at']],
  ['message_people', ['message_id']],
  ['feedback_answers', ['event_id', 'chapter_id', 'kind', 'value', 'answered_at']],
  [
    'profiles',
    ['ask_me', 'work', 'seeks', 'offers', 'website', 'visible', 'welcomes', 'contacts', 'updated_at'],
  ],
  ['photos', ['bytes', 'taken_at']],
  ['thanks_lines', ['event_id', 'chapter_id', 'text', 'written_by', 'updated_at']],
  ['event_link_people', ['link_id', 'chapter_id']],
  ['pitches', ['event_id', 'chapter_id']],
  ['network_administrators', ['created_at']],
  ['guest_attendance', ['event_id', 'position', 'chapter_id', 'mode', 'recorded_by', 'recorded_at']],
] as const;

/** Columns that say whose a row is, or who wrote it. */
const owned = [
  ['person_notes', 'person_id'],
  ['consents', 'person_id'],
  ['mail_reports', 'person_id'],
  ['former_addresses', 'person_id'],
  ['mailings', 'person_id'],
  ['join_requests', 'person_id'],
  ['sessions', 'person_id'],
  ['sign_in_links', 'person_id'],
  ['door_marks', 'person_id'],
  ['door_marks', 'recorded_by'],
  ['door_walk_ins', 'person_id'],
  ['invitations', 'invited_by_person_id'],
] as const;

/** Columns that name who did something at the desk. Asked only of somebody who was ever there: most have no index. */
const written = [
  ['person_notes', 'author_id'],
  ['events', 'created_by'],
  ['attendance', 'recorded_by'],
  ['memberships', 'added_by'],
  ['member_imports', 'created_by'],
  ['messages', 'created_by'],
  ['guest_attendance', 'recorded_by'],
  ['event_cohosts', 'asked_by'],
  ['series', 'created_by'],
  ['thanks_lines', 'written_by'],
  ['event_links', 'added_by'],
  ['join_requests', 'answered_by'],
] as const;

/** Of two answers to one question, and of two standing words about one series, the later one counts. */
export async function moveLastWords(trx: Trx, { keptId, goneId }: Pair): Promise<void> {
  await sql`
    insert into question_answers as mine (question_id, person_id, event_id, chapter_id, value, answered_at)
    select question_id, ${keptId}, event_id, chapter_id, value, answered_at from question_answers
    where person_id = ${goneId}
    on conflict (question_id, person_id) do update set value = excluded.value, answered_at = excluded.answered_at
      where mine.answered_at < excluded.answered_at`.execute(trx);
  await trx.deleteFrom('questionAnswers').where('personId', '=', goneId).execute();
  await sql`
    insert into standing_yeses as mine (series_id, person_id, chapter_id, mode, source, given_at, ended_at)
    select series_id, ${keptId}, chapter_id, mode, source, given_at, ended_at from standing_yeses
    where person_id = ${goneId}
    on conflict (series_id, person_id) do update set mode = excluded.mode, source = excluded.source,
        given_at = excluded.given_at, ended_at = excluded.ended_at
      where coalesce(mine.ended_at, mine.given_at) < coalesce(excluded.ended_at, excluded.given_at)`.execute(
    trx,
  );
  await trx.deleteFrom('standingYeses').where('personId', '=', goneId).execute();
}

/** Hands over all that needs no decision. */
export async function moveTheRest(trx: Trx, { keptId, goneId }: Pair): Promise<void> {
  await sql`
    insert into past_presence as mine (person_id, chapter_id, first_at, last_at)
    select ${keptId}, chapter_id, first_at, last_at from past_presence where person_id = ${goneId}
    on conflict (person_id, chapter_id) do update
      set first_at = least(mine.first_at, excluded.first_at), last_at = greatest(mine.last_at, excluded.last_at)`.execute(
    trx,
  );
  await trx.deleteFrom('pastPresence').where('personId', '=', goneId).execute();
  for (const [table, columns] of once) {
    const names = sql.join(columns.map((column) => sql.ref(column)));
    await sql`
      insert into ${sql.table(table)} (person_id, ${names})
      select ${keptId}, ${names} from ${sql.table(table)} where person_id = ${goneId}
      on conflict do nothing`.execute(trx);
    await sql`delete from ${sql.table(table)} where person_id = ${goneId}`.execute(trx);
  }
  const { rows } = await sql<{ organizes: boolean }>`
    select exists (select 1 from sessions where person_id = ${goneId}) as organizes`.execute(trx);
  for (const [table, column] of [...owned, ...(rows[0]?.organizes ? written : [])]) {
    await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${keptId}
      where ${sql.ref(column)} = ${goneId}`.execute(trx);
  }
}

/** What a mail to somebody else says about her: that her guest comes, or who withdrew. */
export async function renameInMailings(trx: Trx, { keptId, goneId }: Pair): Promise<void> {
  await sql`
    update mailings set data = replace(data::text, ${goneId}::text, ${keptId}::text)::jsonb
    where event_id in (select event_id from invitations where person_id = ${keptId})
      and position(${goneId}::text in data::text) > 0`.execute(trx);
}

/** Empties the row given up. It counts as erased wherever people are listed; its links lead on. */
export async function emptyRow(trx: Trx, { goneId }: Pair, now: Date): Promise<void> {
  await trx
    .updateTable('people')
    .set({
      email: null,
      firstName: '',
      lastName: '',
      phone: null,
      locale: null,
      form: null,
      addressSince: null,
      addressFailedAt: null,
      erasedAt: now,
    })
    .where('id', '=', goneId)
    .execute();
}
