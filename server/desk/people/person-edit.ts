import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { addMember } from '../../chapters/service.ts';
import type { Deps } from '../../deps.ts';
import { type Basics, changePerson } from '../../people/edit.ts';
import { belongsElsewhere } from '../../people/ties.ts';
import { deskPage, fieldOf } from '../page.ts';
import { actorOf, notFound } from '../scope.ts';
import { fullName } from '../views.ts';
import { addPage } from './add-page.ts';
import { type PersonErrors, readPerson, type TypedPerson, wrongLines } from './person-form.ts';
import { type ChapterPerson, findChapterPerson } from './person-queries.ts';
import { personAddress, reachOf, requestedPerson } from './person-scope.ts';

type Params = { personId: string };

/** Adding one person, and putting right what is written down of her. */
export async function personEditRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.post('/people', async (request, reply) => {
    const { desk, deskChapter: chapter } = request;
    const { typed, basics, errors } = readPerson(request.body, desk);
    if (Object.keys(errors).length > 0) return addPage(request, reply.code(400), { typed, errors });
    const outcome = await addMember(deps, chapter.id, basics, {
      actor: actorOf(request),
      source: 'coordinator',
    });
    if (!outcome.ok) {
      const errors = { email: desk.t('desk.members.reason.erased') };
      return addPage(request, reply.code(409), { typed, errors });
    }
    const said = outcome.joined ? 'added' : 'there';
    return reply.redirect(`${personAddress(chapter, outcome.person.id)}?said=${said}`, 303);
  });

  app.get<{ Params: Params }>('/people/:personId/edit', async (request, reply) => {
    const person = await requestedPerson(deps, request);
    if (!person) return notFound(request, reply);
    const typed = {
      firstName: person.firstName,
      lastName: person.lastName,
      email: person.email ?? '',
      phone: person.phone ?? '',
      locale: person.locale ?? '',
      form: person.form ?? '',
    };
    return editPage(request, reply, person, typed, {});
  });

  app.post<{ Params: Params }>('/people/:personId', async (request, reply) => {
    const person = await requestedPerson(deps, request);
    if (!person) return notFound(request, reply);
    const { desk, deskChapter: chapter } = request;
    const { typed, basics, errors } = readPerson(request.body, desk);
    if (await belongsElsewhere(deps.db, person.id, reachOf(request), deps.clock())) {
      return editPage(request, reply.code(409), person, typed, {});
    }
    if (Object.keys(errors).length > 0) return editPage(request, reply.code(400), person, typed, errors);
    const outcome = await changePerson(deps, {
      personId: person.id,
      // A number that she may not see is not hers to wipe out.
      basics: person.isMember ? basics : withoutPhone(basics),
      wasNotHers: fieldOf(request.body, 'notHers') === 'yes',
      chapterId: chapter.id,
      reach: reachOf(request),
      actor: actorOf(request),
    });
    if (outcome.ok) {
      const wasHers = fieldOf(request.body, 'notHers') !== 'yes';
      const said = outcome.addressChanged ? (wasHers ? 'address' : 'addressGone') : 'saved';
      return reply.redirect(`${personAddress(chapter, person.id)}?said=${said}`, 303);
    }
    if (outcome.reason === 'not_found') return notFound(request, reply);
    if (outcome.reason === 'shared') return editPage(request, reply.code(409), person, typed, {});
    if (outcome.reason === 'address_erased') {
      return editPage(request, reply.code(409), person, typed, { email: desk.t('folk.error.erased') });
    }
    // Whose it is, is told only where she is of this chapter too.
    const twin = outcome.by
      ? await findChapterPerson(deps.db, chapter.id, outcome.by, deps.clock())
      : undefined;
    return editPage(
      request,
      reply.code(409),
      person,
      typed,
      { email: desk.t(twin ? 'folk.error.takenHere' : 'folk.error.taken') },
      twin ?? null,
    );
  });

  async function editPage(
    request: FastifyRequest,
    reply: FastifyReply,
    person: ChapterPerson,
    typed: TypedPerson,
    errors: PersonErrors,
    twin: ChapterPerson | null = null,
  ) {
    const { desk, deskChapter: chapter } = request;
    const self = personAddress(chapter, person.id);
    return deskPage(
      request,
      reply,
      'person-edit',
      { title: desk.t('folk.edit.title'), chapter, section: 'members', sheets: ['people.css'] },
      {
        self,
        name: fullName(person),
        typed,
        errors,
        wrong: wrongLines(errors, desk),
        isMember: person.isMember,
        hasAddress: person.email !== null,
        isShared: await belongsElsewhere(deps.db, person.id, reachOf(request), deps.clock()),
        twin: twin && { name: fullName(twin), href: `${self}/merge?with=${twin.id}` },
      },
    );
  }
}

function withoutPhone({ phone: _, ...rest }: Basics): Omit<Basics, 'phone'> {
  return rest;
}
