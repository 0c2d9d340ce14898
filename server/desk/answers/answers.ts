import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import { readAddress } from '../../people/rules.ts';
import { answerForMember } from '../../rsvps/on-behalf.ts';
import { findGuests } from '../../rsvps/queries.ts';
import { type Answer, type Format, modesOf } from '../../rsvps/rules.ts';
import { momentInWords } from '../../web/dates.ts';
import { deskPage, fieldOf, fieldsOf, isId } from '../page.ts';
import { type EventPerson, findEventPeople } from '../queries.ts';
import { actorOf, notFound, reachOf } from '../scope.ts';
import { eventHead, fullName, nearMoment } from '../views.ts';
import { addAddress } from './address.ts';
import { guestsInWords, phoneLink } from './people-view.ts';

const answers: readonly string[] = ['yes', 'maybe', 'no'];
const longestName = 100;

type Typed = { mode: string; guestNames: string[]; note: string };
type Params = { personId: string };

/** One person and one event: how she stands, and an answer for her who phoned. */
export async function answerRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get<{ Params: Params }>('/answers/:personId', async (request, reply) => {
    const person = await findPerson(request);
    return person ? page(request, reply, person, null) : notFound(request, reply);
  });

  app.post<{ Params: Params }>('/answers/:personId', async (request, reply) => {
    const person = await findPerson(request);
    if (!person) return notFound(request, reply);
    const event = request.deskEvent;
    const answer = fieldOf(request.body, 'answer');
    const typed: Typed = {
      mode: fieldOf(request.body, 'mode'),
      guestNames: fieldsOf(request.body, 'guestName').map((name) => name.trim()),
      note: fieldOf(request.body, 'note').trim(),
    };
    const mode = modesOf(event.format as Format).find((offered) => offered === typed.mode);
    if (!answers.includes(answer)) return page(request, reply.code(400), person, { typed, reason: 'choose' });
    if (typed.guestNames.some((name) => name.length > longestName) || typed.note.length > 1000) {
      return page(request, reply.code(400), person, { typed, reason: 'tooLong' });
    }
    const guests = await readGuests(event.id, person.id, typed, Number(fieldOf(request.body, 'guests')) || 0);
    const outcome = await answerForMember(deps, {
      eventId: event.id,
      personId: person.id,
      answer: answer as Answer,
      mode,
      guests: answer === 'no' ? undefined : guests,
      note: typed.note === (person.note ?? '') ? undefined : typed.note || null,
    });
    if (!outcome.ok) return page(request, reply.code(409), person, { typed, reason: outcome.reason });
    return reply.redirect(`/desk/events/${event.id}?done=answered#p-${person.id}`, 303);
  });

  /** The address of somebody who came, or phoned, with a name alone. */
  app.post<{ Params: Params }>('/answers/:personId/address', async (request, reply) => {
    const person = await findPerson(request);
    // Her links go where her address says: whose person she is, writes it down.
    if (!person?.isHers) return notFound(request, reply);
    const { deskEvent: event, desk } = request;
    const typed = fieldOf(request.body, 'email').trim();
    const refuse = (status: number, reason: string) =>
      page(request, reply.code(status), person, null, { typed, text: desk.t(`desk.door.refused.${reason}`) });
    const email = readAddress(typed);
    if (!email) return refuse(400, 'notAnAddress');
    const outcome = await addAddress(deps, {
      personId: person.id,
      chapterId: event.chapterId,
      email,
      actor: actorOf(request),
      now: deps.clock(),
    });
    if (!outcome.ok) return refuse(409, outcome.reason);
    return reply.redirect(`/desk/events/${event.id}/answers/${person.id}?done=saved`, 303);
  });

  /** How many come is a number of its own: not every guest has a name yet. Whoever is known by address keeps it. */
  async function readGuests(eventId: string, personId: string, typed: Typed, given: number) {
    const known = await findGuests(deps.db, eventId, personId);
    const named = typed.guestNames.filter(Boolean);
    const count = Math.max(Math.min(given, typed.guestNames.length), named.length);
    return Array.from({ length: count }, (_, index) => {
      const name = named[index] ?? '';
      const email = known.find((guest) => guest.name === name && name !== '')?.email;
      return { name, email: email ?? undefined };
    });
  }

  async function findPerson(request: FastifyRequest): Promise<EventPerson | undefined> {
    const { personId } = request.params as Params;
    if (!isId(personId)) return undefined;
    const reach = reachOf(request);
    const [person] = await findEventPeople(deps.db, request.deskEvent.id, deps.clock(), reach, personId);
    return person;
  }

  async function page(
    request: FastifyRequest,
    reply: FastifyReply,
    person: EventPerson,
    refused: { typed: Typed; reason: string } | null,
    address: { typed: string; text: string } | null = null,
  ) {
    const { desk, deskEvent: event, deskChapter: chapter } = request;
    const { t } = desk;
    const now = deps.clock();
    const head = eventHead(event, desk, now);
    const offered = modesOf(event.format as Format);
    const name = fullName(person);
    const places = Math.max(event.guestsAllowed, person.guests ?? 0);
    const names = refused?.typed.guestNames ?? person.guestNames;
    return deskPage(
      request,
      reply,
      'answer',
      { title: t('desk.answer.title', { name }), chapter },
      {
        event: head,
        name,
        firstName: person.firstName,
        email: person.email,
        hasMail: person.hasMail,
        takesAddress: person.isHers && !person.hasMail,
        address,
        self: `/desk/events/${event.id}/answers/${person.id}`,
        phone: phoneLink(person.phone),
        standing: standingInWords(request, person, now),
        problem: refused ? t(`desk.answer.refused.${refused.reason}`, { max: event.guestsAllowed }) : null,
        isOpen: event.state === 'published' && !head.isOver,
        modes: offered.length > 1 ? offered : [],
        mode: (refused?.typed.mode || person.mode) ?? offered[0],
        guestNames: Array.from({ length: places }, (_, index) => names[index] ?? ''),
        guests: person.guests ?? 0,
        note: refused?.typed.note ?? person.note ?? '',
        maybeAllowed: event.maybeAllowed,
        history: await history(request, person.id, now),
        link: event.state === 'published' && person.isHers ? await personalLink(event.id, person.id) : null,
        back: `/desk/events/${event.id}#p-${person.id}`,
      },
    );
  }

  function standingInWords(request: FastifyRequest, person: EventPerson, now: Date): string {
    const { desk, deskEvent: event } = request;
    const { t } = desk;
    const guests = guestsInWords(person, t);
    const stands = t(`desk.standing.${person.state ?? 'none'}`, {
      until: person.offerExpiresAt ? nearMoment(person.offerExpiresAt, event.timeZone, desk, now) : '',
    });
    const state = stands + wayInWords(request, person);
    return guests && person.state !== 'declined' ? `${state}, ${guests}` : state;
  }

  /** ", online": how she takes part, where there are two ways. */
  function wayInWords(request: FastifyRequest, of: { state: string | null; mode: string | null }): string {
    const isIn = of.state && of.state !== 'declined' && of.state !== 'withdrawn';
    if (request.deskEvent.format !== 'hybrid' || !isIn || !of.mode) return '';
    return `, ${request.desk.t(`desk.mode.${of.mode}`).toLocaleLowerCase()}`;
  }

  async function history(request: FastifyRequest, personId: string, now: Date) {
    const { desk, deskEvent: event } = request;
    const rows = await deps.db
      .selectFrom('rsvpHistory')
      .select(['state', 'mode', 'guests', 'source', 'at'])
      .where('eventId', '=', event.id)
      .where('personId', '=', personId)
      .orderBy('id', 'desc')
      .limit(20)
      .execute();
    return rows.map((row) => ({
      when: momentInWords(row.at, event.timeZone, desk.locale, now, desk.t),
      what: desk.t(`desk.past.${row.state}`, { guests: row.guests }) + wayInWords(request, row),
      how: desk.t(`desk.source.${row.source}`),
    }));
  }

  async function personalLink(eventId: string, personId: string): Promise<string | null> {
    const row = await deps.db
      .selectFrom('invitations')
      .innerJoin('people', 'people.id', 'invitations.personId')
      .select(['invitations.id', 'people.linkEpoch'])
      .where('eventId', '=', eventId)
      .where('personId', '=', personId)
      .executeTakeFirst();
    return row ? deps.links.rsvpUrl({ id: row.id, eventId, personId, linkEpoch: row.linkEpoch }) : null;
  }
}
