import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { failurePage } from '../web/failure-page.ts';
import { type Form, type Locale, pickLocale, type Translate, translator } from '../web/i18n.ts';
import { publicIdOf, split } from '../web/links.ts';
import {
  findAliases,
  findByInvitation,
  findLinked,
  type InvitationRow,
  type LinkedRow,
} from './page-queries.ts';

/** An id that nothing has: looked for where a token names none, so that a wrong token takes as long. */
export const nobody = '00000000-0000-0000-0000-000000000000';

export type OpenedLink<Row = InvitationRow> = { ok: true; row: Row } | { ok: false; status: 404 | 410 };

type LinkRow = Pick<InvitationRow, 'id' | 'personId' | 'linkEpoch' | 'erasedAt' | 'state' | 'endsAt'>;

type Opening = {
  /** Whether a MAC is that of this kind of link. */
  isMac: (mac: string, of: { eventId: string; personId: string; linkEpoch: number }) => boolean;
  /** How long after the event's end it opens. */
  lastsMs: number;
};

/**
 * Reads a link that an invitation's id names, with all that its page shows. Which part of a wrong one was wrong is not
 * said, nor can it be timed.
 */
export async function openInvitation(
  deps: Pick<Deps, 'db' | 'clock'>,
  token: string,
  opening: Opening,
): Promise<OpenedLink> {
  return open(deps, token, opening, findByInvitation);
}

/** The same for a form that is posted, which shows no page where all is well. */
export async function openLink(
  deps: Pick<Deps, 'db' | 'clock'>,
  token: string,
  opening: Opening,
): Promise<OpenedLink<LinkedRow>> {
  return open(deps, token, opening, findLinked);
}

async function open<Row extends LinkRow>(
  deps: Pick<Deps, 'db' | 'clock'>,
  token: string,
  { isMac, lastsMs }: Opening,
  find: (db: Db, invitationId: string, now: Date) => Promise<Row | undefined>,
): Promise<OpenedLink<Row>> {
  const now = deps.clock();
  const publicId = publicIdOf(token) ?? nobody;
  let row = await find(deps.db, publicId, now);
  const stated = row
    ? { eventId: row.id, personId: row.personId, linkEpoch: row.linkEpoch }
    : { eventId: nobody, personId: nobody, linkEpoch: 0 };
  let genuine = isMac(split(token).mac, stated);
  if (!genuine) {
    // It may have been sent to her under another row, before the two became one.
    const aliases = await findAliases(deps.db, publicId);
    const alias = aliases.find((one) => isMac(split(token).mac, one));
    if (alias) {
      row = await find(deps.db, alias.invitationId, now);
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
