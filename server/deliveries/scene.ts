import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { resolveWallClock, shiftDays, wallClockAt } from '../events/local-time.ts';
import { pairOf } from '../introductions/rules.ts';
import type { MailTemplate } from '../mail/variables.ts';
import type { MailKind } from '../mailings/timing.ts';
import { signInMinutes } from '../organizers/sign-in.ts';
import { ensureInvitation } from '../rsvps/invitations.ts';
import type { Mode } from '../rsvps/rules.ts';

/**
 * What a mail speaks of and is not there yet (an answer, a guest, the event itself), written where nothing of it
 * remains: in a transaction that is rolled back. So a mail to look at is made by the same code as the real one.
 */
export type Scene = { event: { id: string; chapterId: string }; personId: string };

/** Writes what a template needs, and gives what its mailing would carry. */
export async function setScene(
  trx: Trx,
  deps: Pick<Deps, 'links'>,
  template: MailTemplate,
  scene: Scene,
  now: Date,
): Promise<object> {
  await ensureInvitation(trx, deps.links, { ...scene, source: 'member', now });
  if (template === 'join_link') await holdOnline(trx, scene.event.id);
  const answered = answers[template];
  if (answered) await ensureAnswer(trx, scene, answered, now, template === 'join_link' ? 'online' : null);
  return dataOf(trx, template, scene, now);
}

/** The kind of mail that a template is sent as. */
export function kindOf(template: MailTemplate): MailKind {
  return kinds[template] ?? (template as MailKind);
}

/** Templates that are not kinds of their own. */
const kinds: Partial<Record<MailTemplate, MailKind>> = {
  personal_link: 'invitation',
  feedback_link: 'confirmation',
  guest_confirmed: 'confirmation',
  standing_yes: 'confirmation',
  calendar_reply: 'confirmation',
  office: 'sign_in',
  my_page: 'sign_in',
  join_how: 'feedback',
  join_confirm: 'sign_in',
  join_answer: 'sign_in',
  host: 'confirmation',
  welcome: 'confirmation',
  join_link: 'update',
  introduction_asked: 'introduction',
  introduction_later: 'introduction',
  pitch_notes: 'feedback',
};

/** The answers that a mail speaks of; the first is given for her where she has none of them. */
const answers: Partial<Record<MailTemplate, readonly string[]>> = {
  confirmation: ['going', 'maybe', 'declined', 'waitlisted', 'offered', 'withdrawn'],
  standing_yes: ['going', 'waitlisted'],
  reminder: ['going'],
  welcome: ['going'],
  offer: ['offered'],
  update: ['going', 'maybe', 'waitlisted', 'offered'],
  join_link: ['going'],
  thanks: ['going'],
  thanks_attended: ['going'],
  thanks_missed: ['going'],
  thanks_declined: ['declined', 'withdrawn'],
  feedback: ['going'],
  digest: ['going'],
};

/** An event that has a join link: only one of those can change it. */
async function holdOnline(trx: Trx, eventId: string): Promise<void> {
  await trx
    .updateTable('events')
    .set({
      format: sql`case format when 'in_person' then 'hybrid' else format end`,
      joinUrl: sql`coalesce(join_url, 'https://incontri.example/online')`,
    })
    .where('id', '=', eventId)
    .execute();
}

/** @param only the way of taking part that the mail speaks of; null for either */
async function ensureAnswer(
  trx: Trx,
  scene: Scene,
  states: readonly string[],
  now: Date,
  only: Mode | null,
): Promise<void> {
  const of = { eventId: scene.event.id, personId: scene.personId, chapterId: scene.event.chapterId };
  const rsvp = await trx
    .selectFrom('rsvps')
    .select(['state', 'mode'])
    .where('eventId', '=', of.eventId)
    .where('personId', '=', of.personId)
    .executeTakeFirst();
  if (rsvp && states.includes(rsvp.state) && (only === null || rsvp.mode === only)) return;
  const { format } = await trx
    .selectFrom('events')
    .select('format')
    .where('id', '=', of.eventId)
    .executeTakeFirstOrThrow();
  const state = states[0] as string;
  const mode = only ?? (format === 'online' ? 'online' : 'room');
  const offerExpiresAt = state === 'offered' ? new Date(now.getTime() + 24 * 3_600_000) : null;
  const answer = { state, mode, guests: 0, offerExpiresAt, source: 'link', answeredAt: now };
  await trx
    .insertInto('rsvps')
    .values({ ...of, ...answer })
    .onConflict((conflict) => conflict.columns(['eventId', 'personId']).doUpdateSet(answer))
    .execute();
  await trx
    .insertInto('rsvpHistory')
    .values({ ...of, state, mode, guests: 0, source: 'link', at: now })
    .execute();
}

/** What the mailing itself would carry. */
async function dataOf(trx: Trx, template: MailTemplate, scene: Scene, now: Date): Promise<object> {
  const { event } = scene;
  switch (template) {
    case 'sign_in':
      return { linkId: randomUUID(), minutes: signInMinutes };
    case 'office':
      return { variant: 'welcome', otherId: null, linkId: randomUUID(), minutes: 3 * 24 * 60 };
    case 'digest':
      return { variant: 'evening', since: new Date(now.getTime() - 86_400_000).toISOString() };
    case 'introduction':
    case 'introduction_asked':
    case 'introduction_later':
      return { introductionId: await makeSampleIntroduction(trx, template, scene, now) };
    case 'pitch_notes':
      return { pitchEventId: event.id, round: await makeSampleNote(trx, scene, now) };
    case 'calendar_reply':
      return { what: 'outdated' };
    case 'welcome':
      return { welcomeId: await makeSampleWelcome(trx, scene, now) };
    case 'join_confirm':
      return { requestId: randomUUID() };
    case 'join_answer':
      return { accepted: true, words: '' };
    case 'join_link':
      return { hadLink: true };
    case 'guest_confirmed':
      return { guestId: await makeSampleGuest(trx, now) };
    case 'update': {
      const row = await trx
        .selectFrom('events')
        .selectAll()
        .where('id', '=', event.id)
        .executeTakeFirstOrThrow();
      const dayBefore = (at: Date) => new Date(at.getTime() - 24 * 3_600_000).toISOString();
      const { timeZone, format, venueAddress } = row;
      const moved = {
        startsAt: dayBefore(row.startsAt),
        endsAt: dayBefore(row.endsAt),
        venueName: 'Circolo Arci',
      };
      return { old: row.movedFrom ?? { ...moved, timeZone, format, venueAddress } };
    }
    default:
      return {};
  }
}

/** An aperitivo in ten days, at 18:30 of the chapter's clock. */
export async function makeSampleEvent(trx: Trx, chapter: { id: string; timeZone: string }, now: Date) {
  const day = shiftDays(wallClockAt(now, chapter.timeZone), { days: 10 });
  const at = (hour: number, minute: number) =>
    resolveWallClock({ ...day, hour, minute, second: 0, millisecond: 0 }, chapter.timeZone).at;
  return trx
    .insertInto('events')
    .values({
      chapterId: chapter.id,
      title: 'Aperitivo di rete',
      description: 'Due ore per ritrovarci, con un giro di presentazioni di **un minuto** a testa.',
      format: 'in_person',
      venueName: 'Enoteca Storica',
      venueAddress: 'Via Marsala 2, Bologna',
      timeZone: chapter.timeZone,
      startsAt: at(18, 30),
      endsAt: at(20, 30),
      seatsRoom: 25,
      cost: '15 €, si paga sul posto',
      cancelReason: 'La sala non è più disponibile.',
      state: 'published',
      publishedAt: now,
    })
    .returning(['id', 'chapterId'])
    .executeTakeFirstOrThrow();
}

async function makeSampleGuest(trx: Trx, now: Date): Promise<string> {
  const { id } = await trx
    .insertInto('people')
    .values({ firstName: 'Sara', lastName: 'Conti', email: null, source: 'sample', createdAt: now })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** The reader welcomes somebody who is not there. */
async function makeSampleWelcome(trx: Trx, { event, personId }: Scene, now: Date): Promise<string> {
  const newcomerId = await makeSampleGuest(trx, now);
  const newcomer = { eventId: event.id, personId: newcomerId, chapterId: event.chapterId };
  const { mode } = await trx
    .selectFrom('rsvps')
    .select('mode')
    .where('eventId', '=', event.id)
    .where('personId', '=', personId)
    .executeTakeFirstOrThrow();
  await trx
    .insertInto('invitations')
    .values({ ...newcomer, source: 'link', calendarUid: newcomerId, visible: true })
    .execute();
  await trx
    .insertInto('rsvps')
    .values({ ...newcomer, state: 'going', mode, source: 'link', answeredAt: now })
    .execute();
  await trx
    .updateTable('invitations')
    .set({ visible: true })
    .where('eventId', '=', event.id)
    .where('personId', '=', personId)
    .execute();
  await trx
    .insertInto('profiles')
    .values([
      { personId, welcomes: true, updatedAt: now },
      { personId: newcomerId, work: 'Traduttrice', askMe: 'libri che non si trovano', updatedAt: now },
    ])
    .onConflict((conflict) => conflict.column('personId').doUpdateSet({ welcomes: true }))
    .execute();
  const { id } = await trx
    .insertInto('welcomes')
    .values({
      eventId: event.id,
      chapterId: event.chapterId,
      newcomerId,
      hostId: personId,
      chosenAt: now,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** A note to the reader from somebody who is not there, in a mail of its own: those that she really got are hers alone. */
async function makeSampleNote(trx: Trx, { event, personId }: Scene, now: Date): Promise<number> {
  const round = 99;
  const from = await makeSampleGuest(trx, now);
  await trx
    .insertInto('pitchNotes')
    .values({
      eventId: event.id,
      chapterId: event.chapterId,
      fromPersonId: from,
      toPersonId: personId,
      text: 'Hai spiegato il tuo lavoro in un minuto, e mi è venuta voglia di saperne di più.',
      signed: true,
      writtenAt: now,
      mailedAt: now,
      round,
    })
    .execute();
  return round;
}

/** Of the reader and somebody who is not there, by wish; one that was only asked is a coordinator's. */
async function makeSampleIntroduction(
  trx: Trx,
  template: MailTemplate,
  { event, personId }: Scene,
  now: Date,
): Promise<string> {
  const { chapterId } = event;
  const other = await makeSampleGuest(trx, now);
  await trx.updateTable('people').set({ phone: '+39 333 1234567' }).where('id', '=', other).execute();
  const isAsked = template === 'introduction_asked';
  const { id } = await trx
    .insertInto('introductions')
    .values({
      chapterId,
      eventId: isAsked ? null : event.id,
      kind: isAsked ? 'by_hand' : 'wish',
      state: isAsked ? 'asked' : 'made',
      ...pairOf(personId, other),
      words: isAsked ? 'Tutte e due cercate uno studio in centro, due giorni a settimana.' : null,
      createdAt: now,
      mailedAt: isAsked ? null : now,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await trx
    .insertInto('introductionSides')
    .values(
      [personId, other].map((one) => ({ introductionId: id, personId: one, chapterId, contacts: ['phone'] })),
    )
    .execute();
  return id;
}
