import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { refuseLink } from '../rsvps/link.ts';
import { failurePage } from '../web/failure-page.ts';
import { isForeign } from '../web/origin.ts';
import { type Owner, openOwnPage } from './owner.ts';
import type { OwnContext, Refused } from './section.ts';
import { ownSections } from './sections.ts';

type ByToken = { Params: { token: string } };

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose `/me/` link this is; set for every route below `/me/:token`. */
    owner: Owner;
  }
}

/** `/me/{token}`: what she tells of herself, to whom, which mails she gets, and what we hold. Only a POST changes anything. */
export async function ownPageRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.decorateRequest('owner');
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-robots-tag': 'noindex',
    });
  });
  app.addHook<ByToken>('preHandler', async (request, reply) => {
    if (request.method === 'POST' && isForeign(request, deps.links.publicUrl))
      return failurePage(request, reply, 403, { reason: 'foreign' });
    const owner = await openOwnPage(deps, request.params.token);
    if (!owner) return refuseLink(request, reply, 404);
    request.owner = owner;
  });

  app.get<ByToken>('/me/:token', (request, reply) => showOwnPage(deps, request, reply, null));
}

/** How often one link may post in an hour. */
export const perOwnLink = {
  rateLimit: {
    max: 40,
    timeWindow: '1 hour',
    keyGenerator: (request: FastifyRequest) => `me|${(request.params as { token: string }).token}`,
  },
};

export function ownContext(deps: Deps, request: FastifyRequest): OwnContext {
  const { token } = request.params as ByToken['Params'];
  return { ...request.owner, deps, token, now: deps.clock() };
}

/** Her page; after a form that was refused, with what is wrong and what she typed. */
export async function showOwnPage(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  refused: Refused | null,
): Promise<FastifyReply> {
  const context = ownContext(deps, request);
  const { t, locale, form, chapters, network, person } = context;
  const parts: { name: string; view: object }[] = [];
  for (const { name, view } of ownSections) {
    const shown = await view(context, refused?.section === name ? refused : null);
    if (shown) parts.push({ name, view: shown });
  }
  const [chapter] = chapters;
  const frame = {
    locale,
    form,
    title: t('own.pageTitle'),
    accent: chapter?.accentColour,
    brand: chapter ? { name: chapter.name, href: `/c/${chapter.slug}` } : { name: network.name, href: '/' },
    network: network.name,
  };
  return reply.page('own', frame, {
    firstName: person.firstName,
    parts,
    hasProblem: refused !== null,
    done: doneOf(request.query),
    base: `/me/${context.token}`,
  });
}

const dones = ['saved'] as const;

function doneOf(query: unknown): string | null {
  const done = (query as { done?: string }).done;
  return dones.find((one) => one === done) ?? null;
}
