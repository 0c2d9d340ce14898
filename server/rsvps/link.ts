import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { failurePage } from '../web/failure-page.ts';
import { type Form, type Locale, pickLocale, type Translate, translator } from '../web/i18n.ts';
import { nobody, publicIdOf, split } from '../web/links.ts';
import { findAliases, findByInvitation, type InvitationRow } from './page-queries.ts';

export type OpenedLink = { ok: true; row: InvitationRow } | { ok: false; status: 404 | 410 };

/**
 * Reads a link that an invitation's id names. Which part of a wrong one was wrong is not said, nor can it be timed.
 * @param isMac whether a MAC is that of this kind of link
 * @param lastsMs how long after the event's end it opens
 */
export async function openInvitation(
  deps: Pick<Deps, 'db' | 'clock'>,
  token: string,
  {
    isMac,
    lastsMs,
  }: {
    isMac: (mac: string, of: { eventId: string; personId: string; linkEpoch: number }) => boolean;
    lastsMs: number;
  },
): Promise<OpenedLink> {
  const now = deps.clock();
  const publicId = publicIdOf(token) ?? nobody;
  let row = await findByInvitation(deps.db, publicId, now);
  const stated = row
    ? { eventId: row.id, personId: row.personId, linkEpoch: row.linkEpoch }
    : { eventId: nobody, personId: nobody, linkEpoch: 0 };
  let genuine = isMac(split(token).mac, stated);
  if (!genuine) {
    // It may have been sent to her under another row, before the two became one.
    const aliases = await findAliases(deps.db, publicId);
    const alias = aliases.find((one) => isMac(split(token).mac, one));
    if (alias) {
      row = await findByInvitation(deps.db, alias.invitationId, now);
      genuine = true;
    }
  }
  if (!row || !genuine || row.erasedAt || row.state === 'draft') return { ok: false, status: 404 };
  if (now.getTime() > row.endsAt.getTime() + lastsMs) return { ok: false, status: 410 };
  return { ok: true, row };
}

export function refuseLink(request: FastifyRequest, reply: FastifyReply, status: 404 | 410): FastifyReply {
  return failurePage(request, reply, status, { reason: status === 404 ? 'link_wrong' : 'link_expired' });
}

/** How a page speaks to the owner of a link: as she likes, else as her chapter and network do. */
export function speakerOf(row: InvitationRow): { locale: Locale; form: Form; t: Translate } {
  const locale = pickLocale(row.personLocale ?? row.chapterLocale, undefined, 'it');
  // Nobody knows how a guest would like to be addressed.
  const usual = row.invitationSource === 'member' ? row.networkForm : 'neutral';
  const form = (row.personForm ?? usual) as Form;
  return { locale, form, t: translator(locale, form) };
}
