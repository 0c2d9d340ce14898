import { randomUUID } from 'node:crypto';
import type { Trx } from '../../server/db/database.ts';
import { previewMail } from '../../server/deliveries/preview.ts';
import type { RenderedMail } from '../../server/mail/render.ts';
import type { MailTemplate } from '../../server/mail/variables.ts';
import { findPersonByAddress } from '../../server/people/queries.ts';
import type { Tools } from './database.ts';
import { CliError } from './failure.ts';
import { findFirstChapter, makeSampleChapter, makeSampleEvent, makeSampleGuest } from './sample.ts';

export type PreviewRequest = {
  template: MailTemplate;
  /** An event's id, or "sample". */
  event: string;
  person?: string;
  locale?: 'it' | 'en';
};

/**
 * A mail as somebody would get it. What it needs and is not there (an answer, a guest, the event itself where it is a
 * sample) is written in a transaction that is rolled back: the mail is made by the same code as the real one, and
 * nothing remains of it.
 */
export async function previewFor(tools: Tools, request: PreviewRequest): Promise<RenderedMail> {
  let mail: RenderedMail | undefined;
  await tools.db
    .transaction()
    .execute(async (trx) => {
      mail = await writePreview(trx, tools, request);
      throw new RollBack();
    })
    .catch((error: unknown) => {
      if (!(error instanceof RollBack)) throw error;
    });
  return mail as RenderedMail;
}

class RollBack extends Error {}

type Scene = { event: { id: string; chapterId: string }; personId: string };

async function writePreview(trx: Trx, tools: Tools, request: PreviewRequest): Promise<RenderedMail> {
  const { template, locale } = request;
  const now = tools.clock();
  const scene = await setScene(trx, request, now);
  if (locale) await trx.updateTable('people').set({ locale }).where('id', '=', scene.personId).execute();
  await ensureInvited(trx, tools, scene, now);
  const answered = answers[template];
  if (answered) await ensureAnswer(trx, scene, answered, now);
  return previewMail(
    { ...tools, db: trx },
    {
      ...scene,
      template,
      kind: kinds[template] ?? template,
      data: await dataOf(trx, template, scene, now),
    },
  );
}

async function setScene(trx: Trx, request: PreviewRequest, now: Date): Promise<Scene> {
  const person = request.person ? await findPersonByAddress(trx, request.person) : undefined;
  if (request.person && !person) throw new CliError(`Nobody here has the address ${request.person}.`);
  const event =
    request.event === 'sample' ? await sampleEvent(trx, now) : await realEvent(trx, request.event);
  const personId = person?.id ?? (await findCoordinator(trx, event.chapterId));
  return { event, personId };
}

async function sampleEvent(trx: Trx, now: Date) {
  const chapter = (await findFirstChapter(trx)) ?? (await makeSampleChapter(trx, now));
  return makeSampleEvent(trx, chapter, now);
}

async function realEvent(trx: Trx, id: string) {
  const event = await trx
    .selectFrom('events')
    .select(['id', 'chapterId'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (!event) throw new CliError(`There is no event ${id}.`);
  return event;
}

async function findCoordinator(trx: Trx, chapterId: string): Promise<string> {
  const { personId } = await trx
    .selectFrom('memberships')
    .select('personId')
    .where('chapterId', '=', chapterId)
    .where('role', '=', 'coordinator')
    .where('endsAt', 'is', null)
    .orderBy('startsAt')
    .executeTakeFirstOrThrow();
  return personId;
}

async function ensureInvited(trx: Trx, tools: Tools, { event, personId }: Scene, now: Date): Promise<void> {
  await trx
    .insertInto('invitations')
    .values({
      eventId: event.id,
      personId,
      chapterId: event.chapterId,
      source: 'member',
      calendarUid: tools.links.calendarUid(event.id, personId),
      createdAt: now,
    })
    .onConflict((conflict) => conflict.columns(['eventId', 'personId']).doNothing())
    .execute();
}

/** Templates that are not kinds of their own. */
const kinds: Partial<Record<MailTemplate, string>> = {
  personal_link: 'invitation',
  guest_confirmed: 'confirmation',
};

/** The answers that a mail speaks of; the first is given for her where she has none of them. */
const answers: Partial<Record<MailTemplate, readonly string[]>> = {
  confirmation: ['going', 'maybe', 'declined', 'waitlisted', 'offered', 'withdrawn'],
  reminder: ['going'],
  offer: ['offered'],
  update: ['going', 'maybe', 'waitlisted', 'offered'],
  thanks: ['going'],
  thanks_attended: ['going'],
  thanks_missed: ['going'],
  thanks_declined: ['declined', 'withdrawn'],
  digest: ['going'],
};

async function ensureAnswer(trx: Trx, scene: Scene, states: readonly string[], now: Date): Promise<void> {
  const of = { eventId: scene.event.id, personId: scene.personId, chapterId: scene.event.chapterId };
  const rsvp = await trx
    .selectFrom('rsvps')
    .select('state')
    .where('eventId', '=', of.eventId)
    .where('personId', '=', of.personId)
    .executeTakeFirst();
  if (rsvp && states.includes(rsvp.state)) return;
  const { format } = await trx
    .selectFrom('events')
    .select('format')
    .where('id', '=', of.eventId)
    .executeTakeFirstOrThrow();
  const state = states[0] as string;
  const mode = format === 'online' ? 'online' : 'room';
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
async function dataOf(trx: Trx, template: MailTemplate, { event }: Scene, now: Date): Promise<object> {
  switch (template) {
    case 'sign_in':
      return { linkId: randomUUID(), minutes: 30 };
    case 'digest':
      return { variant: 'evening', since: new Date(0).toISOString() };
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
