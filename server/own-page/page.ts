import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import type { PageFrame } from '../web/pages.ts';
import type { Owner } from './owner.ts';
import type { OwnContext, Refused } from './section.ts';
import { ownSections } from './sections.ts';

type ByToken = { Params: { token: string } };

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
  const { person } = context;
  const parts: { name: string; view: object }[] = [];
  for (const { name, view } of ownSections) {
    const shown = await view(context, refused?.section === name ? refused : null);
    if (shown) parts.push({ name, view: shown });
  }
  return reply.page('own', ownFrame(context), {
    firstName: person.firstName,
    parts,
    hasProblem: refused !== null,
    done: doneOf(request.query),
    base: `/me/${context.token}`,
  });
}

/** What surrounds every page behind her own link. */
export function ownFrame({ t, locale, form, chapters, network }: Owner): PageFrame {
  const [chapter] = chapters;
  return {
    locale,
    form,
    title: t('own.pageTitle'),
    accent: chapter?.accentColour,
    brand: chapter ? { name: chapter.name, href: `/c/${chapter.slug}` } : { name: network.name, href: '/' },
    network: network.name,
  };
}

const dones = ['saved'] as const;

function doneOf(query: unknown): string | null {
  const done = (query as { done?: string }).done;
  return dones.find((one) => one === done) ?? null;
}
