import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { parseLocalFields, resolveWallClock, shiftDays, wallClockAt } from '../events/local-time.ts';
import { listCoordinators, listHandovers, searchMembers } from '../organizers/coordinators.ts';
import type { DeskChapter } from '../organizers/guard.ts';
import {
  addCoordinator,
  type Candidate,
  handOver,
  leaveCoordination,
  takeBackHandover,
} from '../organizers/handover.ts';
import { readAddress, tidyName } from '../people/rules.ts';
import { dayInWords, isoDay } from '../web/dates.ts';
import { deskPage, fieldOf, isId, saidOf } from './page.ts';
import { actorOf, notFound } from './scope.ts';
import { fullName } from './views.ts';

const shown = 6;

type Typed = Record<'q' | 'who' | 'how' | 'date' | 'firstName' | 'lastName' | 'email', string>;
type Errors = Partial<Record<'who' | 'firstName' | 'email' | 'date', string>>;

const sayings = ['added', 'handedOver', 'takenBack', 'left'] as const;

/** Who coordinates a chapter; one more beside her; and a handover, which has a day and can be taken back before it. */
export async function coordinatorRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/coordinators', (request, reply) => list(request, reply));

  app.get<{ Querystring: { q?: unknown; who?: unknown } }>('/coordinators/new', (request, reply) => {
    const { q, who } = request.query;
    const typed = emptyForm(request.deskChapter, deps.clock());
    return form(request, reply, { ...typed, q: textOf(q), who: textOf(who) || typed.who }, {});
  });

  app.post('/coordinators', async (request, reply) => {
    const { deskChapter: chapter, desk } = request;
    const read = readForm(request.body, chapter);
    if (!read.ok) return form(request, reply.code(400), read.typed, read.errors);
    const of = { chapterId: chapter.id, candidate: read.candidate, actor: actorOf(request) };
    const outcome = read.until
      ? await handOver(deps, { ...of, outgoingId: desk.person.id, at: read.until })
      : await addCoordinator(deps, of);
    if (outcome.ok) {
      const done = read.until ? 'handedOver' : 'added';
      return reply.redirect(`/desk/chapters/${chapter.slug}/coordinators?said=${done}`, 303);
    }
    // Somebody of another group is nobody here.
    if (outcome.reason === 'not_a_member') return notFound(request, reply);
    const field = { past: 'date', address_erased: 'email' }[outcome.reason as string] ?? 'who';
    return form(request, reply.code(409), read.typed, { [field]: outcome.reason });
  });

  app.post<{ Params: { handoverId: string } }>(
    '/coordinators/handovers/:handoverId',
    async (request, reply) => {
      const { deskChapter: chapter } = request;
      const { handoverId } = request.params;
      const back =
        isId(handoverId) &&
        (await takeBackHandover(deps, { chapterId: chapter.id, handoverId, actor: actorOf(request) }));
      if (!back) return notFound(request, reply);
      return reply.redirect(`/desk/chapters/${chapter.slug}/coordinators?said=takenBack`, 303);
    },
  );

  /** Her own time ends when she says so; another's, when an administrator does. */
  app.post<{ Params: { personId: string } }>('/coordinators/:personId/departure', async (request, reply) => {
    const { deskChapter: chapter, desk } = request;
    const { personId } = request.params;
    const mayEnd = personId === desk.person.id || desk.isAdministrator;
    if (!isId(personId) || !mayEnd) return notFound(request, reply);
    const outcome = await leaveCoordination(deps, {
      chapterId: chapter.id,
      personId,
      actor: actorOf(request),
    });
    if (outcome === 'not_found') return notFound(request, reply);
    if (outcome === 'last') return list(request, reply.code(409), desk.t('entry.who.last'));
    // Her own desk may have closed with it.
    const there = `/desk/chapters/${chapter.slug}/coordinators?said=left`;
    return reply.redirect(desk.isAdministrator ? there : '/desk/', 303);
  });

  async function list(request: FastifyRequest, reply: FastifyReply, problem: string | null = null) {
    const { desk, deskChapter: chapter } = request;
    const { t, locale } = desk;
    const now = deps.clock();
    const [people, handovers] = await Promise.all([
      listCoordinators(deps.db, chapter.id, now),
      listHandovers(deps.db, chapter.id, now),
    ]);
    const lastDay = (until: Date) => dayInWords(new Date(until.getTime() - 1), chapter.timeZone, locale, now);
    const done = saidOf(request, 'said', sayings);
    const base = `/desk/chapters/${chapter.slug}/coordinators`;
    return deskPage(
      request,
      reply,
      'coordinators',
      { title: t('entry.who.title'), chapter, section: 'more', sheets: ['entry.css'] },
      {
        base,
        problem,
        people: people.map((person) => ({
          name: fullName(person),
          email: person.email,
          isShe: person.id === desk.person.id,
          line: person.endsAt
            ? t('entry.who.until', { day: lastDay(person.endsAt) })
            : t('entry.who.since', { day: dayInWords(person.startsAt, chapter.timeZone, locale, now) }),
          departure:
            person.id === desk.person.id || desk.isAdministrator ? `${base}/${person.id}/departure` : null,
        })),
        handovers: handovers.map((handover) => ({
          action: `${base}/handovers/${handover.id}`,
          text: t('entry.who.pending', {
            from: fullName({ firstName: handover.outgoingFirstName, lastName: handover.outgoingLastName }),
            to: fullName({ firstName: handover.incomingFirstName, lastName: handover.incomingLastName }),
            day: lastDay(handover.takesEffectAt),
          }),
        })),
        isAlone: people.filter(({ endsAt }) => endsAt === null).length < 2,
        ...(done && { done: t(`entry.who.done.${done}`) }),
      },
    );
  }

  async function form(request: FastifyRequest, reply: FastifyReply, typed: Typed, errors: Errors) {
    const { desk, deskChapter: chapter } = request;
    const { t } = desk;
    const now = deps.clock();
    const found = await searchMembers(deps.db, {
      chapterId: chapter.id,
      words: typed.q.slice(0, 100),
      now,
      limit: shown + 1,
    });
    const others = found.filter(({ id }) => id !== desk.person.id);
    const coordinates = desk.chapterIds.includes(chapter.id);
    const fields = ['who', 'firstName', 'email', 'date'] as const;
    const messages = Object.fromEntries(
      fields.flatMap((field) => (errors[field] ? [[field, t(`entry.who.wrong.${errors[field]}`)]] : [])),
    );
    return deskPage(
      request,
      reply,
      'coordinators-new',
      { title: t('entry.who.newTitle'), chapter, section: 'more', sheets: ['entry.css'] },
      {
        base: `/desk/chapters/${chapter.slug}/coordinators`,
        v: typed,
        e: messages,
        wrong: fields.flatMap((field) =>
          messages[field]
            ? [
                {
                  field: field === 'who' ? 'who-new' : field,
                  label: t(`entry.who.field.${field}`),
                  message: messages[field],
                },
              ]
            : [],
        ),
        people: others.slice(0, shown).map((person) => ({
          id: person.id,
          name: fullName(person),
          email: person.email,
          coordinates: person.coordinates,
        })),
        more: others.length > shown,
        // Only who coordinates has something to hand over.
        mayHandOver: coordinates,
        today: isoDay(now, chapter.timeZone),
      },
    );
  }
}

const textOf = (value: unknown) => (typeof value === 'string' ? value.replaceAll('\0', '') : '');

/** In two weeks: time to show each other around. */
function emptyForm(chapter: DeskChapter, now: Date): Typed {
  const { year, month, day } = shiftDays(wallClockAt(now, chapter.timeZone), { weeks: 2 });
  const two = (value: number) => String(value).padStart(2, '0');
  const date = `${year}-${two(month)}-${two(day)}`;
  return { q: '', who: '', how: 'together', date, firstName: '', lastName: '', email: '' };
}

type ReadForm =
  | { ok: true; typed: Typed; candidate: Candidate; until: Date | null }
  | { ok: false; typed: Typed; errors: Errors };

function readForm(body: unknown, chapter: DeskChapter): ReadForm {
  const field = (name: string) => fieldOf(body, name).trim();
  const typed: Typed = {
    q: field('q'),
    who: field('who'),
    how: field('how') === 'handover' ? 'handover' : 'together',
    date: field('date'),
    firstName: tidyName(field('firstName')),
    lastName: tidyName(field('lastName')),
    email: field('email'),
  };
  const errors: Errors = {};
  const isNew = typed.who === 'new';
  const email = readAddress(typed.email);
  if (!isNew && !isId(typed.who)) errors.who = 'nobody';
  if (isNew && (typed.firstName === '' || typed.firstName.length > 100)) errors.firstName = 'noName';
  if (isNew && !email) errors.email = 'notAnAddress';
  const until = typed.how === 'handover' ? endOfDay(typed.date, chapter.timeZone) : null;
  if (typed.how === 'handover' && !until) errors.date = 'notADay';
  if (Object.keys(errors).length > 0) return { ok: false, typed, errors };
  const candidate = isNew
    ? { email, firstName: typed.firstName, lastName: typed.lastName.slice(0, 100) }
    : { personId: typed.who };
  return { ok: true, typed, candidate, until };
}

/** The midnight that ends a day: until then both may act. */
function endOfDay(date: string, zone: string): Date | null {
  // Noon is there on every day, whatever the clocks do.
  const noon = parseLocalFields(date, '12:00', zone);
  if (!noon.ok) return null;
  const next = shiftDays(wallClockAt(noon.at, zone), { days: 1 });
  return resolveWallClock({ ...next, hour: 0, minute: 0, second: 0, millisecond: 0 }, zone).at;
}
