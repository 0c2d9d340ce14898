import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import { failureReason } from '../../people/arrival.ts';
import { erasePerson } from '../../people/erasure.ts';
import { exportPerson } from '../../people/export.ts';
import { addNote, deleteNote, listNotes, longestNote } from '../../people/notes.ts';
import { findKept } from '../../people/queries.ts';
import { belongsElsewhere, hasTraceElsewhere } from '../../people/ties.ts';
import { dateInWords } from '../../web/dates.ts';
import { phoneLink } from '../answers/people-view.ts';
import { deskPage, fieldOf, isId, saidOf } from '../page.ts';
import { actorOf, notFound } from '../scope.ts';
import { exactMoment, fullName } from '../views.ts';
import {
  type ChapterPerson,
  countPresence,
  findAdder,
  findFormerAddresses,
  findMemberships,
  findOptOuts,
  findPersonEvents,
  findPersonMails,
  findRefusal,
  findSuppression,
} from './person-queries.ts';
import { personAddress, reachOf, requestedPerson } from './person-scope.ts';
import { eventLine, mailLine, membershipLines, wishesInWords } from './person-view.ts';

type Params = { personId: string; noteId: string };

const sayings = ['added', 'there', 'saved', 'address', 'addressGone', 'noted', 'noteGone', 'merged'];

/** A page for each person: what the chapter knows of her, and what can be done. */
export async function personRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get<{ Params: Params }>('/people/:personId', async (request, reply) => {
    const person = await requestedPerson(deps, request);
    if (person) return page(request, reply, person);
    // A page that was open while the two became one.
    const { personId } = request.params;
    const kept = isId(personId) ? await findKept(deps.db, personId) : null;
    return kept ? reply.redirect(personAddress(request.deskChapter, kept), 303) : notFound(request, reply);
  });

  app.post<{ Params: Params }>('/people/:personId/notes', async (request, reply) => {
    const person = await requestedPerson(deps, request);
    if (!person) return notFound(request, reply);
    const { desk, deskChapter: chapter } = request;
    const text = fieldOf(request.body, 'text').replaceAll('\r\n', '\n').trim();
    if (text === '' || text.length > longestNote) {
      const error = text === '' ? 'folk.notes.empty' : 'folk.notes.tooLong';
      return page(request, reply.code(400), person, {
        note: { text, error: desk.t(error, { most: longestNote }) },
      });
    }
    await addNote(deps, { personId: person.id, chapterId: chapter.id, text, author: desk.person.id });
    return reply.redirect(`${personAddress(chapter, person.id)}?said=noted#notes`, 303);
  });

  app.post<{ Params: Params }>('/people/:personId/notes/:noteId/deletion', async (request, reply) => {
    const person = await requestedPerson(deps, request);
    const { noteId } = request.params;
    const gone =
      person &&
      isId(noteId) &&
      (await deleteNote(deps, {
        personId: person.id,
        chapterIds: reachOf(request).chapterIds,
        noteId,
        actor: actorOf(request),
      }));
    if (!gone) return notFound(request, reply);
    return reply.redirect(`${personAddress(request.deskChapter, person.id)}?said=noteGone#notes`, 303);
  });

  /** What the chapter holds about her, to hand over to her. */
  app.get<{ Params: Params }>('/people/:personId/export', async (request, reply) => {
    const person = await requestedPerson(deps, request);
    if (!person) return notFound(request, reply);
    const reach = reachOf(request);
    const part = (await hasTraceElsewhere(deps.db, person.id, reach)) ? reach.chapterIds : null;
    const all = await exportPerson(deps.db, person.id, { chapterIds: part, byCoordinator: true });
    return reply
      .type('application/json; charset=utf-8')
      .header('content-disposition', `attachment; filename="${person.id}.json"`)
      .send(JSON.stringify(all, null, 2));
  });

  app.get<{ Params: Params }>('/people/:personId/erasure', async (request, reply) => {
    const person = await requestedPerson(deps, request);
    return person ? erasurePage(request, reply, person, null) : notFound(request, reply);
  });

  app.post<{ Params: Params }>('/people/:personId/erasure', async (request, reply) => {
    const person = await requestedPerson(deps, request);
    if (!person) return notFound(request, reply);
    if (await belongsElsewhere(deps.db, person.id, reachOf(request), deps.clock())) {
      return erasurePage(request, reply.code(409), person, null);
    }
    if (fieldOf(request.body, 'sure') !== 'yes') {
      return erasurePage(request, reply.code(400), person, 'folk.erasure.tick');
    }
    const outcome = await erasePerson(deps, person.id, actorOf(request), reachOf(request));
    if (outcome.ok) return reply.redirect(`/desk/chapters/${request.deskChapter.slug}/members?erased=1`, 303);
    if (outcome.reason === 'not_found') return notFound(request, reply);
    const problem = {
      shared: null,
      last_administrator: 'folk.erasure.lastAdministrator',
      last_coordinator: 'folk.erasure.lastCoordinator',
    }[outcome.reason];
    return erasurePage(request, reply.code(409), person, problem);
  });

  async function erasurePage(
    request: FastifyRequest,
    reply: FastifyReply,
    person: ChapterPerson,
    problem: string | null,
  ) {
    const { desk, deskChapter: chapter } = request;
    return deskPage(
      request,
      reply,
      'person-erasure',
      { title: desk.t('folk.erasure.title', { name: fullName(person) }), chapter, section: 'members' },
      {
        self: personAddress(chapter, person.id),
        name: fullName(person),
        firstName: person.firstName,
        problem: problem && desk.t(problem),
        isShared: await belongsElsewhere(deps.db, person.id, reachOf(request), deps.clock()),
      },
    );
  }

  async function page(
    request: FastifyRequest,
    reply: FastifyReply,
    person: ChapterPerson,
    refused: { note: { text: string; error: string } } | null = null,
  ) {
    const { desk, deskChapter: chapter } = request;
    const { t } = desk;
    const now = deps.clock();
    const { chapterIds } = reachOf(request);
    const of = [deps.db, person.id, chapterIds] as const;
    const [memberships, events, presence, mails, optOuts, notes, adder, former, refusal] = await Promise.all([
      findMemberships(...of),
      findPersonEvents(...of),
      countPresence(...of),
      findPersonMails(...of),
      findOptOuts(...of),
      listNotes(...of),
      findAdder(...of),
      // Where she is another chapter's too, an earlier address is none of this one's business.
      hasTraceElsewhere(deps.db, person.id, reachOf(request)).then((isShared) =>
        isShared ? [] : findFormerAddresses(deps.db, person.id),
      ),
      person.mailFails ? findRefusal(deps.db, person.id) : undefined,
    ]);
    const suppression = person.email
      ? await findSuppression(deps.db, deps.links.addressHashes(person.email))
      : null;
    const day = (at: Date) => dateInWords(at, chapter.timeZone, desk.locale);
    const here = memberships.filter(({ chapterId, endsAt }) => chapterId === chapter.id && endsAt === null);
    const self = personAddress(chapter, person.id);
    const done = saidOf(request, 'said', sayings);
    const who = adder?.firstName
      ? fullName({ firstName: adder.firstName, lastName: adder.lastName ?? '' })
      : null;
    return deskPage(
      request,
      reply,
      'person',
      { title: fullName(person), chapter, section: 'members', sheets: ['people.css'] },
      {
        self,
        list: `/desk/chapters/${chapter.slug}/members`,
        name: fullName(person),
        firstName: person.firstName,
        email: person.email,
        phone: phoneLink(person.phone),
        isCoordinator: here.some(({ role }) => role === 'coordinator'),
        isMember: here.length > 0,
        wasMember: memberships.some(({ chapterId }) => chapterId === chapter.id),
        presence: presence.seenAt
          ? t('folk.presence.seen', {
              room: presence.room,
              online: presence.online,
              day: day(presence.seenAt),
            })
          : t('folk.presence.never'),
        fails: person.mailFails
          ? {
              why: t(`folk.fails.why.${failureReason(refusal?.response ?? null)}`),
              response: refusal?.response ?? null,
            }
          : null,
        suppression: suppression && t(`folk.suppression.${suppression}`),
        notes: notes.map((note) => ({
          id: note.id,
          text: note.text,
          by: note.firstName
            ? t('folk.notes.by', {
                name: fullName({ firstName: note.firstName, lastName: note.lastName ?? '' }),
                day: day(note.createdAt),
              })
            : day(note.createdAt),
          when: exactMoment(note.createdAt, chapter.timeZone, desk, now),
        })),
        note: refused?.note ?? { text: '', error: null },
        longestNote,
        events: events.map((event) => eventLine(event, desk, now, person.id)),
        mails: mails.map((mail) => mailLine(mail, chapter.timeZone, desk, now)),
        wishes: wishesInWords(memberships, optOuts, chapter, desk),
        memberships: membershipLines(memberships, chapter.timeZone, desk),
        former,
        source: t('folk.source.line', {
          source: ['coordinator', 'import', 'api', 'link', 'public', 'walk_in'].includes(person.source)
            ? person.source
            : 'other',
          who: who ?? 'none',
          day: day(person.createdAt),
        }),
        visible: events.filter((event) => event.visible).length,
        spoken: t('folk.spoken', { locale: person.locale ?? 'usual', address: person.form ?? 'usual' }),
        ...(done && { done: t(`folk.done.${done}`) }),
      },
    );
  }
}
