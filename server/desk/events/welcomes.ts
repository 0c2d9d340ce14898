import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import { listNewcomers, listWilling, type Newcomer, type Willing } from '../../encounters/newcomers.ts';
import { chooseHost, releaseHost } from '../../encounters/welcomes.ts';
import { deskPage, fieldOf, isId, saidOf } from '../page.ts';
import { actorOf, notFound } from '../scope.ts';
import { eventHead, fullName } from '../views.ts';

/** Who keeps those company who come for the first time: chosen with one tap, among who gladly does. */
export async function welcomeRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/welcomes', (request, reply) => page(request, reply, null));

  app.post('/welcomes', async (request, reply) => {
    const event = request.deskEvent;
    const newcomerId = fieldOf(request.body, 'newcomerId');
    const hostId = fieldOf(request.body, 'hostId');
    if (!isId(newcomerId) || (hostId !== '' && !isId(hostId))) return notFound(request, reply);
    const of = { eventId: event.id, newcomerId, actor: actorOf(request) };
    if (hostId === '') {
      await releaseHost(deps, of);
      return reply.redirect(`/desk/events/${event.id}/welcomes?said=released`, 303);
    }
    const outcome = await chooseHost(deps, { ...of, hostId });
    if (!outcome.ok) return page(request, reply.code(409), request.desk.t('before.welcome.stale'));
    return reply.redirect(`/desk/events/${event.id}/welcomes?said=chosen`, 303);
  });

  async function page(request: FastifyRequest, reply: FastifyReply, problem: string | null) {
    const { desk, deskEvent: event, deskChapter: chapter } = request;
    const { t } = desk;
    const head = eventHead(event, desk, deps.clock());
    const [newcomers, willing] = await Promise.all([
      listNewcomers(deps.db, event.id),
      listWilling(deps.db, event.id),
    ]);
    const said = saidOf(request, 'said', ['chosen', 'released']);
    return deskPage(
      request,
      reply,
      'welcomes',
      { title: t('before.welcome.title'), chapter, sheets: ['gather.css'] },
      {
        event: head,
        isOpen: event.state === 'published' && !head.isOver,
        problem,
        ...(said && { done: t(`before.welcome.${said}`) }),
        newcomers: newcomers.map((newcomer) => ({
          id: newcomer.id,
          name: fullName(newcomer),
          broughtBy: newcomer.inviter && t('before.welcome.broughtBy', { name: fullName(newcomer.inviter) }),
          visible: newcomer.visible,
          host: newcomer.host && { name: fullName(newcomer.host), stands: newcomer.host.stands },
          choices: choicesOf(newcomer, willing).map((host) => ({
            id: host.id,
            name: fullName(host),
            more: host.count > 0 ? t('before.welcome.already', { count: host.count }) : null,
          })),
        })),
      },
    );
  }
}

/** Who may welcome her: in her mode, but for who does already; first she who brought her. */
function choicesOf({ mode, inviter, host }: Newcomer, willing: readonly Willing[]): Willing[] {
  const may = willing.filter((one) => one.mode === mode && !(host?.stands && host.id === one.id));
  return [...may.filter(({ id }) => id === inviter?.id), ...may.filter(({ id }) => id !== inviter?.id)];
}
