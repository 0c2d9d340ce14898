import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createChapter } from '../chapters/service.ts';
import type { Deps } from '../deps.ts';
import { isZone } from '../events/local-time.ts';
import { addAdministrator, removeAdministrator } from '../network/administrators.ts';
import { isSlug, suggestSlug } from '../network/first-run-form.ts';
import { listAdministrators, searchChapters } from '../network/queries.ts';
import { readAddress, tidyName } from '../people/rules.ts';
import { deskPage, fieldOf, isId, saidOf } from './page.ts';
import { actorOf, notFound } from './scope.ts';
import { fullName } from './views.ts';

const perPage = 30;
const zones = Intl.supportedValuesOf('timeZone');
const sheets = ['entry.css'];

type Typed = Record<'chapter' | 'slug' | 'timeZone' | 'firstName' | 'lastName' | 'email', string>;
type Errors = Partial<Record<keyof Typed, string>>;

/** What concerns the whole network: its groups, one more of them, and who administers it. */
export async function networkRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get<{ Querystring: { q?: unknown; page?: unknown; said?: unknown } }>('/', async (request, reply) => {
    const { desk, query } = request;
    const words = typeof query.q === 'string' ? query.q.replaceAll('\0', '').slice(0, 100) : '';
    const page = /^[1-9]\d{0,3}$/.test(String(query.page)) ? Number(query.page) : 1;
    const offset = (page - 1) * perPage;
    const found = await searchChapters(deps.db, { words, now: deps.clock(), offset, limit: perPage + 1 });
    const link = (to: number) => `/desk/network?${new URLSearchParams({ q: words, page: String(to) })}`;
    return deskPage(
      request,
      reply,
      'network',
      { title: desk.t('net.title'), section: 'more', sheets },
      {
        words,
        chapters: found.slice(0, perPage).map(({ slug, name, people, coordinators }) => ({
          href: `/desk/chapters/${slug}/`,
          name,
          line: desk.t('net.line', { count: people, names: coordinators.join(', ') }),
        })),
        before: page > 1 ? link(page - 1) : null,
        after: found.length > perPage ? link(page + 1) : null,
        ...(query.said === 'made' && { done: desk.t('net.done.made') }),
      },
    );
  });

  app.get('/chapters/new', (request, reply) => chapterForm(request, reply, emptyForm, {}));

  app.post('/chapters', async (request, reply) => {
    const { typed, errors } = readForm(request.body);
    if (Object.keys(errors).length > 0) return chapterForm(request, reply.code(400), typed, errors);
    const { chapter: name, slug, timeZone, firstName, lastName, email } = typed;
    const made = await createChapter(
      deps,
      { slug, name, timeZone, locale: request.desk.locale },
      { email: readAddress(email), firstName, lastName },
      actorOf(request),
    );
    if (!made.ok) {
      const field = made.reason === 'slug_taken' ? 'slug' : 'email';
      return chapterForm(request, reply.code(409), typed, { [field]: made.reason });
    }
    return reply.redirect('/desk/network?said=made', 303);
  });

  app.get<{ Querystring: { said?: unknown } }>('/administrators', (request, reply) =>
    administrators(request, reply, { firstName: '', lastName: '', email: '' }, {}),
  );

  app.post('/administrators', async (request, reply) => {
    const typed = personOf(request.body);
    const errors = checkPerson(typed);
    if (Object.keys(errors).length > 0) return administrators(request, reply.code(400), typed, errors);
    const person = { ...typed, email: readAddress(typed.email) };
    const outcome = await addAdministrator(deps, person, actorOf(request));
    if (!outcome.ok) return administrators(request, reply.code(409), typed, { email: outcome.reason });
    return reply.redirect('/desk/network/administrators?said=added', 303);
  });

  app.post<{ Params: { personId: string } }>('/administrators/:personId/removal', async (request, reply) => {
    const { personId } = request.params;
    const outcome = isId(personId)
      ? await removeAdministrator(deps, personId, actorOf(request))
      : 'not_found';
    if (outcome === 'not_found') return notFound(request, reply);
    if (outcome === 'last') {
      const problem = request.desk.t('net.wrong.last');
      return administrators(
        request,
        reply.code(409),
        { firstName: '', lastName: '', email: '' },
        {},
        problem,
      );
    }
    const isShe = personId === request.desk.person.id;
    return reply.redirect(isShe ? '/desk/' : '/desk/network/administrators?said=removed', 303);
  });

  function chapterForm(request: FastifyRequest, reply: FastifyReply, typed: Typed, errors: Errors) {
    const { t } = request.desk;
    const e = inWords(errors, t);
    return deskPage(
      request,
      reply,
      'network-chapter',
      { title: t('net.newTitle'), section: 'more', sheets, scripts: ['setup.js'] },
      { v: typed, e, wrong: wrongLines(e, t), zones },
    );
  }

  async function administrators(
    request: FastifyRequest,
    reply: FastifyReply,
    typed: Pick<Typed, 'firstName' | 'lastName' | 'email'>,
    errors: Errors,
    problem: string | null = null,
  ) {
    const { desk } = request;
    const { t } = desk;
    const people = await listAdministrators(deps.db);
    const e = inWords(errors, t);
    const done = saidOf(request, 'said', ['added', 'removed']);
    return deskPage(
      request,
      reply,
      'network-administrators',
      { title: t('net.administrators'), section: 'more', sheets },
      {
        people: people.map((person) => ({
          name: fullName(person),
          email: person.email,
          isShe: person.id === desk.person.id,
          removal: people.length > 1 ? `/desk/network/administrators/${person.id}/removal` : null,
        })),
        v: typed,
        e,
        wrong: wrongLines(e, t),
        problem,
        ...(done && { done: t(`net.done.${done}`) }),
      },
    );
  }
}

type Say = FastifyRequest['desk']['t'];

function inWords(errors: Errors, t: Say): Record<string, string> {
  return Object.fromEntries(Object.entries(errors).map(([field, error]) => [field, t(`net.wrong.${error}`)]));
}

function wrongLines(messages: Record<string, string>, t: Say) {
  return Object.entries(messages).map(([field, message]) => ({
    field,
    label: t(`entry.setup.field.${field}`),
    message,
  }));
}

const emptyForm: Typed = {
  chapter: '',
  slug: '',
  timeZone: 'Europe/Rome',
  firstName: '',
  lastName: '',
  email: '',
};

function personOf(body: unknown) {
  const field = (name: string) => tidyName(fieldOf(body, name)).slice(0, 300);
  return { firstName: field('firstName'), lastName: field('lastName'), email: field('email') };
}

function checkPerson(typed: Pick<Typed, 'firstName' | 'lastName' | 'email'>): Errors {
  const errors: Errors = {};
  if (typed.firstName === '') errors.firstName = 'missing';
  for (const name of ['firstName', 'lastName'] as const)
    if (typed[name].length > 100) errors[name] = 'tooLong';
  if (!readAddress(typed.email)) errors.email = 'notAnAddress';
  return errors;
}

function readForm(body: unknown): { typed: Typed; errors: Errors } {
  const chapter = tidyName(fieldOf(body, 'chapter')).slice(0, 300);
  const slug = fieldOf(body, 'slug').trim().toLowerCase().slice(0, 100) || suggestSlug(chapter);
  const typed = { chapter, slug, timeZone: fieldOf(body, 'timeZone') || 'Europe/Rome', ...personOf(body) };
  const errors = checkPerson(typed);
  if (chapter === '') errors.chapter = 'missing';
  else if (!isSlug(slug)) errors.slug = 'notASlug';
  if (chapter.length > 100) errors.chapter = 'tooLong';
  if (!isZone(typed.timeZone)) errors.timeZone = 'notAZone';
  return { typed, errors };
}
