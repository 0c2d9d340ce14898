import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import type { Deps } from '../../server/deps.ts';
import { createSignInLink } from '../../server/organizers/sign-in.ts';

/** A coordinator at her desk, through the door: a session by a sign-in link, pages, and forms with what they carry. */
export type AtDesk = {
  cookie: string;
  get(path: string): Promise<LightMyRequestResponse>;
  /** Posts a form with the token that its page would have carried. */
  post(path: string, fields?: Record<string, string | string[]>): Promise<LightMyRequestResponse>;
};

type Site = { server: FastifyInstance; deps: Deps };

export async function signedIn({ server, deps }: Site, personId: string): Promise<AtDesk> {
  const link = await createSignInLink(deps.db, deps.links, { personId, now: deps.clock(), minutes: 30 });
  const entered = await server.inject({ method: 'POST', url: new URL(link.url).pathname });
  const cookie = sessionOf(entered);
  const get = (path: string) => server.inject({ url: path, headers: { cookie, accept: 'text/html' } });
  const csrf = csrfOf((await get('/desk/help')).body);
  return {
    cookie,
    get,
    post: (path, fields = {}) =>
      server.inject({
        method: 'POST',
        url: path,
        headers: { cookie, accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
        payload: formBody({ _csrf: csrf, ...fields }),
      }),
  };
}

/** The session's cookie as a browser would send it back. */
export function sessionOf(response: LightMyRequestResponse): string {
  const found = response.cookies.find(({ name }) => name === 'ritrovo_desk');
  if (!found) throw new Error(`no session in an answer ${response.statusCode}`);
  return `${found.name}=${found.value}`;
}

export function csrfOf(html: string): string {
  const found = /name="_csrf" value="([^"]+)"/.exec(html)?.[1];
  if (!found) throw new Error('no form token on this page');
  return found;
}

export function formBody(fields: Record<string, string | string[]>): string {
  const pairs = Object.entries(fields).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
  return new URLSearchParams(pairs).toString();
}

/** The fields of a new event, as its form has them; what is not said is as the form begins. */
export function eventFields(fields: Record<string, string> = {}): Record<string, string> {
  return {
    title: 'Aperitivo di rete',
    date: '2026-11-26',
    from: '18:30',
    to: '20:30',
    endDate: '',
    format: 'in_person',
    venueName: 'Enoteca Storica',
    venueAddress: 'Via Marsala 2, Bologna',
    joinUrl: '',
    seatsRoom: '',
    seatsOnline: '',
    guestsAllowed: '0',
    cost: '',
    bring: '',
    description: '',
    access: 'members',
    closeDate: '',
    closeTime: '',
    promotion: 'offer',
    timeZone: 'Europe/Rome',
    ...fields,
  };
}
