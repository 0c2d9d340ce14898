import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { fieldOf, fieldsOf, isId } from '../desk/page.ts';
import { directoryFields } from '../directory/rules.ts';
import { saveEntry } from '../directory/service.ts';
import { type ErasureOutcome, erasePerson } from '../people/erasure.ts';
import { exportPerson } from '../people/export.ts';
import { failurePage } from '../web/failure-page.ts';
import { namesOfChapters } from './data-queries.ts';
import { saveMailChoices } from './mail-choices.ts';
import { renewLinks } from './own-link.ts';
import { ownContext, ownFrame, perOwnLink } from './page.ts';

type ByToken = { Params: { token: string } };

/** Below `/me/{token}`: which mails she gets, a copy of her data, a new link, and the end of it all. */
export async function ownDataRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.post<ByToken>('/me/:token/mails', { config: perOwnLink }, async (request, reply) => {
    const { owner, body } = request;
    await saveMailChoices(deps, owner.person.id, {
      shown: fieldsOf(body, 'chapter'),
      wanted: fieldsOf(body, 'wanted'),
    });
    return reply.redirect(`/me/${request.params.token}?done=saved`, 303);
  });

  app.post<ByToken & { Params: { chapterId: string } }>(
    '/me/:token/directory/:chapterId',
    { config: perOwnLink },
    async (request, reply) => {
      const { token, chapterId } = request.params;
      const asked = fieldsOf(request.body, 'show');
      const fields = directoryFields.filter((field) => asked.includes(field));
      const isListed = fieldOf(request.body, 'listed') === 'yes';
      const of = { personId: request.owner.person.id, chapterId };
      const saved = isId(chapterId) && (await saveEntry(deps, of, isListed ? fields : null));
      if (!saved) return failurePage(request, reply, 404);
      return reply.redirect(`/me/${token}?done=saved`, 303);
    },
  );

  app.get<ByToken>('/me/:token/data.json', { config: perOwnLink }, async (request, reply) => {
    const all = await exportPerson(deps.db, request.owner.person.id, { forHerself: true });
    return reply
      .type('application/json; charset=utf-8')
      .header('content-disposition', 'attachment; filename="ritrovo.json"')
      .header('x-content-type-options', 'nosniff')
      .send(JSON.stringify(all, null, 2));
  });

  app.get<ByToken>('/me/:token/link', (request, reply) => linkPage(request, reply, 'asked'));

  app.post<ByToken>('/me/:token/link', { config: perOwnLink }, async (request, reply) => {
    const renewed = await renewLinks(deps, request.owner.person.id);
    return linkPage(request, renewed ? reply : reply.code(409), renewed ? 'done' : 'asked');
  });

  function linkPage(request: FastifyRequest, reply: FastifyReply, step: 'asked' | 'done') {
    const { t, person, token } = ownContext(deps, request);
    const frame = { ...ownFrame(request.owner), title: t('own.link.title') };
    return reply.page('own-link', frame, { step, base: `/me/${token}`, email: person.email });
  }

  app.get<ByToken>('/me/:token/erasure', (request, reply) => erasurePage(request, reply, null));

  app.post<ByToken>('/me/:token/erasure', { config: perOwnLink }, async (request, reply) => {
    const { owner } = request;
    const { t } = owner;
    // The tick says that she has read it: a page that is sent twice by mistake erases nobody.
    if (fieldOf(request.body, 'sure') !== 'yes')
      return erasurePage(request, reply.code(400), t('own.erase.notSure'));
    const outcome = await erasePerson(deps, owner.person.id, { kind: 'person', id: owner.person.id });
    if (!outcome.ok) return erasurePage(request, reply.code(409), await whyNot(outcome, request));
    const { network, locale } = owner;
    // Nothing on it says who she was.
    const frame = { locale, title: t('own.gone.title'), brand: { name: network.name, href: '/' } };
    return reply.page('own-gone', { ...frame, network: network.name });
  });

  async function whyNot(outcome: ErasureOutcome & { ok: false }, { owner }: FastifyRequest): Promise<string> {
    if (outcome.reason !== 'last_coordinator') return owner.t(`own.erase.${outcome.reason}`);
    const names = await namesOfChapters(deps.db, outcome.chapters);
    return owner.t('own.erase.last_coordinator', { count: names.length, chapters: names.join(', ') });
  }

  function erasurePage(request: FastifyRequest, reply: FastifyReply, problem: string | null) {
    const { t, token } = ownContext(deps, request);
    const frame = { ...ownFrame(request.owner), title: t('own.erase.title') };
    return reply.page('own-erasure', frame, { problem, base: `/me/${token}` });
  }
}
