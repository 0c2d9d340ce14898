import { createHash, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Db, Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { sendToOne } from '../mailings/personal.ts';
import { type Links, publicIdOf, split } from '../web/links.ts';
import { findAdministration, findCoordinatedChapters, findHostedEvents } from './queries.ts';
import { createSession } from './sessions.ts';

/** How long a link that was asked for lasts, and its code. */
export const signInMinutes = 15;
const linksPerHour = 5;
const againAfterMs = 600_000;
const dayMs = 86_400_000;
const codeTries = 5;
/** And so many for all that she was sent within a day: whoever guesses asks for one code after the other. */
const codeTriesPerDay = 10;

export type SignInLink = { id: string; token: string; url: string };

/**
 * Makes a link that signs a person in once. The token is the link's id and its MAC, so that the mail can write it when
 * it leaves although the database holds nothing that signs anybody in.
 * @param minutes how long it lasts
 * @param browser the secret of the browser that asked: there, and nowhere else, the mail's code does as well
 */
export async function createSignInLink(
  db: Db,
  links: Links,
  options: { personId: string; now: Date; minutes: number; browser?: string },
): Promise<SignInLink> {
  const id = randomUUID();
  const token = signInToken(links, id);
  await db
    .insertInto('signInLinks')
    .values({
      id,
      personId: options.personId,
      tokenHash: hashOf(token),
      createdAt: options.now,
      expiresAt: new Date(options.now.getTime() + options.minutes * 60_000),
      ...(options.browser && {
        codeHash: links.sign(codeText(id, signInCode(links, id))),
        browserHash: hashOf(options.browser),
      }),
    })
    .execute();
  return { id, token, url: signInUrl(links, id) };
}

/** The address of a sign-in link, from the id that a mailing carries as `linkId`. */
export function signInUrl(links: Links, linkId: string): string {
  return links.url(`/sign-in/${signInToken(links, linkId)}`);
}

function signInToken(links: Links, linkId: string): string {
  const publicId = Buffer.from(linkId.replaceAll('-', ''), 'hex').toString('base64url');
  return `${publicId}.${links.sign(macText(linkId))}`;
}

/** The six digits that stand in the same mail. */
export function signInCode(links: Links, linkId: string): string {
  return links.code(macText(linkId));
}

const macText = (linkId: string) => `sign-in|${linkId}`;
const codeText = (linkId: string, code: string) => `sign-in-code|${linkId}|${code}`;
const hashOf = (secret: string) => createHash('sha256').update(secret).digest();

/**
 * Mails a sign-in link, and a code for the browser that asks, to whoever may use the desk under this address. Says
 * nothing about whether there was anybody.
 * Where five links were made within the hour, the newest one that still holds is mailed again, once in ten minutes:
 * else anybody could keep her out by asking for links in her name.
 * @param browser the secret that the asking browser keeps; the code does nowhere else
 */
export async function requestSignIn(
  deps: Deps,
  email: string,
  browser: string = randomUUID(),
): Promise<void> {
  const now = deps.clock();
  await deps.db.transaction().execute(async (trx) => {
    const person = await findOrganizer(trx, email, now);
    if (!person) return;
    // Two requests at once are counted one after the other.
    await sql`select 1 from people where id = ${person.id} for no key update`.execute(trx);
    const recent = await trx
      .selectFrom('signInLinks')
      .select(['id', 'usedAt', 'expiresAt'])
      .where('personId', '=', person.id)
      .where('createdAt', '>', new Date(now.getTime() - 3_600_000))
      .orderBy('createdAt', 'desc')
      .execute();
    const isFull = recent.length >= linksPerHour;
    const link = isFull
      ? findLinkToRepeat(recent, now)
      : {
          ...(await createSignInLink(trx, deps.links, {
            personId: person.id,
            now,
            minutes: signInMinutes,
            browser,
          })),
          minutes: signInMinutes,
        };
    if (!link) return;
    if (isFull) {
      // The code moves to the browser that asks now; its tries do not begin anew.
      await bindCode(trx, deps.links, link.id, browser);
      if (await wasMailed(trx, person.id, now)) return;
    }
    await sendToOne(
      trx,
      [
        {
          kind: 'sign_in',
          personId: person.id,
          chapterId: null,
          eventId: null,
          cause: isFull ? `sign_in:${link.id}:${now.toISOString()}` : `sign_in:${link.id}`,
          data: { linkId: link.id, minutes: link.minutes },
        },
      ],
      now,
    );
  });
}

async function bindCode(trx: Trx, links: Links, linkId: string, browser: string): Promise<void> {
  await trx
    .updateTable('signInLinks')
    .set({ browserHash: hashOf(browser), codeHash: links.sign(codeText(linkId, signInCode(links, linkId))) })
    .where('id', '=', linkId)
    .execute();
}

/** The newest link that still holds, and for how long. */
function findLinkToRepeat(
  recent: readonly { id: string; usedAt: Date | null; expiresAt: Date }[],
  now: Date,
): { id: string; minutes: number } | null {
  const newest = recent.find(({ usedAt }) => usedAt === null);
  const minutes = newest ? Math.floor((newest.expiresAt.getTime() - now.getTime()) / 60_000) : 0;
  return newest && minutes >= 1 ? { id: newest.id, minutes } : null;
}

/** Whether a sign-in mail left for her within the last ten minutes. */
async function wasMailed(trx: Trx, personId: string, now: Date): Promise<boolean> {
  const mailed = await trx
    .selectFrom('mailings')
    .select('id')
    .where('personId', '=', personId)
    .where('template', '=', 'sign_in')
    .where('dueAt', '>', new Date(now.getTime() - againAfterMs))
    .executeTakeFirst();
  return mailed !== undefined;
}

/** The person behind an address, if there is anything at the desk for her. */
async function findOrganizer(db: Db, email: string, now: Date) {
  const person = await db
    .selectFrom('people')
    .select('id')
    .where('email', '=', email.trim())
    .where('erasedAt', 'is', null)
    .executeTakeFirst();
  if (!person) return undefined;
  const [chapters, hosted, isAdministrator] = [
    await findCoordinatedChapters(db, person.id, now),
    await findHostedEvents(db, person.id, now),
    await findAdministration(db, person.id),
  ];
  return chapters.length + hosted.length > 0 || isAdministrator ? person : undefined;
}

export type LinkState =
  | { ok: true; id: string; personId: string; firstName: string; locale: string | null }
  | { ok: false; reason: 'wrong' | 'over' };

/** Looks at a sign-in link without using it up: mail scanners open links. */
export async function findSignInLink(
  deps: Pick<Deps, 'db' | 'links' | 'clock'>,
  token: string,
): Promise<LinkState> {
  const id = publicIdOf(token) ?? '00000000-0000-0000-0000-000000000000';
  const genuine = deps.links.isSigned(split(token).mac, macText(id));
  const link = await deps.db
    .selectFrom('signInLinks')
    .innerJoin('people', 'people.id', 'signInLinks.personId')
    .select([
      'signInLinks.id',
      'signInLinks.personId',
      'expiresAt',
      'usedAt',
      'people.firstName',
      'people.locale',
    ])
    .where('signInLinks.id', '=', id)
    .where('people.erasedAt', 'is', null)
    .executeTakeFirst();
  if (!genuine || !link) return { ok: false, reason: 'wrong' };
  if (link.usedAt || link.expiresAt <= deps.clock()) return { ok: false, reason: 'over' };
  return { ok: true, id: link.id, personId: link.personId, firstName: link.firstName, locale: link.locale };
}

export type SignInOutcome<Reason> = { ok: true; secret: string } | { ok: false; reason: Reason };

/**
 * Uses a sign-in link up, its code with it, and opens a session.
 * @returns the session's secret, for the cookie
 */
export async function signIn(
  deps: Deps,
  token: string,
  device: string | null,
): Promise<SignInOutcome<'wrong' | 'over'>> {
  const link = await findSignInLink(deps, token);
  return link.ok ? useUp(deps, link, device) : link;
}

/**
 * The same by the code, in the browser that asked for it. Each try is counted before the code is looked at, so that
 * tries at the same moment are no more than five either. Where codes of hers were guessed at ten times within a day,
 * the link in her mail alone still does. One answer for all that is wrong: nobody learns from it whether there was a link
 * at all.
 */
export async function signInByCode(
  deps: Deps,
  given: { code: string; browser: string },
  device: string | null,
): Promise<SignInOutcome<'wrong'>> {
  const now = deps.clock();
  const link = await deps.db
    .updateTable('signInLinks')
    .set((tries) => ({ codeTries: tries('codeTries', '+', 1) }))
    .where('browserHash', '=', hashOf(given.browser))
    .where('usedAt', 'is', null)
    .where('expiresAt', '>', now)
    .where('codeTries', '<', codeTries)
    .where((where) =>
      where.exists(
        where
          .selectFrom('people')
          .select('people.id')
          .whereRef('people.id', '=', 'signInLinks.personId')
          .where('erasedAt', 'is', null),
      ),
    )
    .where(
      sql<boolean>`(select coalesce(sum(l.code_tries), 0) from sign_in_links l where l.person_id = sign_in_links.person_id
        and l.created_at > ${new Date(now.getTime() - dayMs)} and l.used_at is null) < ${codeTriesPerDay}`,
    )
    .returning(['id', 'personId', 'codeHash'])
    .executeTakeFirst();
  if (!link || !deps.links.isSigned(link.codeHash ?? '', codeText(link.id, given.code))) {
    return { ok: false, reason: 'wrong' };
  }
  const used = await useUp(deps, link, device);
  return used.ok ? used : { ok: false, reason: 'wrong' };
}

async function useUp(
  deps: Deps,
  link: { id: string; personId: string },
  device: string | null,
): Promise<SignInOutcome<'over'>> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    // Of two taps on the button, or a tap and a code, one finds it used.
    const used = await trx
      .updateTable('signInLinks')
      .set({ usedAt: now })
      .where('id', '=', link.id)
      .where('usedAt', 'is', null)
      .executeTakeFirst();
    if (used.numUpdatedRows === 0n) return { ok: false, reason: 'over' } as const;
    return { ok: true, secret: await createSession(trx, link.personId, now, device) } as const;
  });
}
