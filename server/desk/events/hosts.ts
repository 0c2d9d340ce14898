import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import { addHost, listHosts, removeHost, searchMembers } from '../../events/hosts.ts';
import { readAddress, tidyName } from '../../people/rules.ts';
import { deskPage, fieldOf, isId } from '../page.ts';
import { actorOf, notFound } from '../scope.ts';
import { eventHead, fullName } from '../views.ts';

type Typed = { q: string; name: string; email: string };
const nothing: Typed = { q: '', name: '', email: '' };

/** Who welcomes people at the door: found among the members, or by name and address. */
export async function hostRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/hosts', (request, reply) =>
    page(request, reply, { ...nothing, q: fieldOf(request.query, 'q').trim().slice(0, 100) }, null),
  );

  app.post('/hosts', async (request, reply) => {
    const event = request.deskEvent;
    const of = { eventId: event.id, actor: actorOf(request) };
    const personId = fieldOf(request.body, 'personId');
    const typed: Typed = {
      q: '',
      name: tidyName(fieldOf(request.body, 'name')),
      email: fieldOf(request.body, 'email').trim(),
    };
    if (personId !== '' && !isId(personId)) return notFound(request, reply);
    const email = readAddress(typed.email);
    if (personId === '') {
      if (typed.name === '' || typed.name.length > 200)
        return page(request, reply.code(400), typed, { field: 'name', reason: 'nameMissing' });
      if (!email) return page(request, reply.code(400), typed, { field: 'email', reason: 'notAnAddress' });
    }
    const outcome = await addHost(
      deps,
      personId === '' ? { ...of, name: typed.name, email: email as string } : { ...of, personId },
    );
    if (outcome.ok) return reply.redirect(`/desk/events/${event.id}/hosts?done=hostAdded`, 303);
    if (outcome.reason === 'not_found') return notFound(request, reply);
    const field = outcome.reason === 'address_erased' ? 'email' : 'page';
    return page(request, reply.code(409), typed, { field, reason: outcome.reason });
  });

  app.post<{ Params: { personId: string } }>('/hosts/:personId/removal', async (request, reply) => {
    const event = request.deskEvent;
    const { personId } = request.params;
    const gone =
      isId(personId) && (await removeHost(deps, { eventId: event.id, personId, actor: actorOf(request) })).ok;
    if (!gone) return notFound(request, reply);
    return reply.redirect(`/desk/events/${event.id}/hosts?done=hostRemoved`, 303);
  });

  async function page(
    request: FastifyRequest,
    reply: FastifyReply,
    typed: Typed,
    problem: { field: 'name' | 'email' | 'page'; reason: string } | null,
  ) {
    const { desk, deskEvent: event, deskChapter: chapter } = request;
    const { t } = desk;
    const now = deps.clock();
    const head = eventHead(event, desk, now);
    const [hosts, found] = await Promise.all([
      listHosts(deps.db, event.id),
      typed.q === '' ? [] : searchMembers(deps.db, event, typed.q, now),
    ]);
    const known = new Set(hosts.map(({ id }) => id));
    return deskPage(
      request,
      reply,
      'hosts',
      { title: t('gather.hosts.title'), chapter, sheets: ['gather.css'] },
      {
        event: head,
        isOpen: event.state !== 'cancelled' && event.state !== 'ended' && !head.isOver,
        isDraft: event.state === 'draft',
        hosts: hosts.map((person) => ({
          name: fullName(person),
          removal: `${head.href}/hosts/${person.id}/removal`,
        })),
        found: found
          .filter(({ id }) => !known.has(id))
          .map((person) => ({ id: person.id, name: fullName(person), hasMail: person.hasMail })),
        typed,
        problem: problem && { field: problem.field, text: t(`gather.hosts.refused.${problem.reason}`) },
      },
    );
  }
}
