import { createToken } from '../../server/api/tokens.ts';
import { saveEntry } from '../../server/directory/service.ts';
import type { ContactKind } from '../../server/introductions/rules.ts';
import { answerIntroduction, askToIntroduce, changeContacts } from '../../server/introductions/service.ts';
import { createSession } from '../../server/organizers/sessions.ts';
import { findProfile, saveProfile } from '../../server/own-page/profile.ts';
import { letBeSeen } from '../../server/people/consents.ts';
import { erasePerson } from '../../server/people/erasure.ts';
import { exportPerson } from '../../server/people/export.ts';
import { mergePeople } from '../../server/people/merge.ts';
import type { TestService } from '../support/app.ts';
import { makeMember } from '../support/factories.ts';
import { linkPaths } from '../support/link-paths.ts';
import { afterTwoEvenings, type Start } from './two-evenings.ts';

/**
 * A small chapter after two evenings, what can be done in it, and what everybody may know of everybody: kept apart from
 * the service, by what was said alone. Whoever adds a way to say something adds a step; whoever adds something to read
 * adds it to `pagesOf` or `deskTexts`.
 */

export type Step =
  | { do: 'wish'; who: number; at: number; whom: readonly number[]; give: readonly ContactKind[] }
  | { do: 'show'; who: number; at: number; seen: boolean }
  | { do: 'want'; who: number; mail: boolean }
  | { do: 'ask'; one: number; other: number }
  | { do: 'answer'; who: number; other: number; yes: boolean; give: readonly ContactKind[] }
  | { do: 'give'; who: number; other: number; give: readonly ContactKind[] }
  | { do: 'list'; who: number; fields: readonly ContactKind[] | null }
  | { do: 'profile'; who: number; visible: boolean }
  | { do: 'merge'; who: number; at: number; seen: boolean }
  | { do: 'losePhone'; who: number }
  | { do: 'erase'; who: number }
  | { do: 'pass'; hours: number };

export type PrivacyWorld = Awaited<ReturnType<typeof privacyWorld>>;

/** What is read: her answer's page or the one after an evening, what is of no one evening, or the group's directory. */
export type Where = { page: 'answer' | 'after'; at: number } | { page: 'own' | 'directory' };
type Page = { text: string; where: Where };

type Offer = { give: ReadonlySet<ContactKind>; since: number };

const hour = 3_600_000;

export async function privacyWorld(service: TestService, start: Start) {
  const { db, deps, clock } = service;
  const paths = linkPaths(() => deps);
  const { chapter, people, events } = await afterTwoEvenings(service, start);
  const person = (at: number) => people[at] as (typeof people)[number];
  const event = (at: number) => events[at] as (typeof events)[number];
  await db.insertInto('networkAdministrators').values({ personId: chapter.coordinator.id }).execute();
  const signIn = async () => `ritrovo_desk=${await createSession(db, chapter.coordinator.id, clock())}`;
  let cookie = await signIn();
  const token = await createToken(db, { name: 'a reader', chapterId: null, now: clock() });

  // What was said, and nothing else: who may know what follows from it.
  const seen = start.map((of) => of.map((one) => one.seen));
  const there = start.map((of) => of.map((one) => one.there));
  const wishes = new Map<string, Offer>();
  const yeses = new Map<string, Offer>();
  /** What the one has given to the other, since both are told. */
  const told = new Map<string, Set<ContactKind>>();
  /** What each shows to her group in its directory; who is not in it is not listed. */
  const listed = new Map<number, ReadonlySet<ContactKind>>();
  const seenFromNowOn = people.map(() => false);
  const lost = new Set<number>();
  const erased = new Set<number>();
  /** Who wants no such mail. */
  const unwilling = new Set<number>();
  const asked = new Map<string, string>();
  const key = (one: number, other: number) => `${one}>${other}`;
  const pairKey = (one: number, other: number) => key(Math.min(one, other), Math.max(one, other));

  async function post(path: string, fields: Record<string, string | string[]>) {
    const pairs = Object.entries(fields).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
    return service.server.inject({
      method: 'POST',
      url: path,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(pairs).toString(),
    });
  }

  /** Does what one says, and keeps what follows for what others may know. */
  async function take(step: Step): Promise<void> {
    switch (step.do) {
      case 'wish': {
        const path = await feedbackPath(step.at, step.who);
        const { statusCode } = await post(path, {
          wishes: 'yes',
          wish: step.whom.map((at) => person(at).id),
          wishContact: [...step.give],
        });
        if (statusCode !== 303 || erased.has(step.who)) return;
        for (const other of people.keys()) {
          const id = key(step.who, other);
          const isMeant = step.whom.includes(other) && other !== step.who;
          const before = wishes.get(id);
          if (isMeant)
            wishes.set(id, { give: new Set(step.give), since: before?.since ?? clock().getTime() });
          // What an evening's form does not show, it does not take back; then the service keeps more than we allow for.
          else if (isListed(other, step.at, step.who)) wishes.delete(id);
        }
        return;
      }
      case 'show': {
        if (erased.has(step.who)) return;
        const of = { eventId: event(step.at).id, chapterId: chapter.id, personId: person(step.who).id };
        await db
          .transaction()
          .execute((trx) => letBeSeen(trx, { ...of, visible: step.seen, source: 'own_page', now: clock() }));
        (seen[step.who] as boolean[])[step.at] = step.seen;
        return;
      }
      case 'want': {
        const of = { personId: person(step.who).id, chapterId: chapter.id, topic: 'introduction' };
        unwilling[step.mail ? 'delete' : 'add'](step.who);
        if (step.mail) await db.deleteFrom('preferences').where('personId', '=', of.personId).execute();
        else
          await db
            .insertInto('preferences')
            .values(of)
            .onConflict((conflict) => conflict.doNothing())
            .execute();
        return;
      }
      case 'ask': {
        if (step.one === step.other) return;
        const outcome = await askToIntroduce(deps, {
          chapterId: chapter.id,
          personIds: [person(step.one).id, person(step.other).id],
          words: 'Avete la stessa idea',
          byId: chapter.coordinator.id,
          actor: { kind: 'system' },
        });
        if (outcome.ok) {
          asked.set(pairKey(step.one, step.other), outcome.introductionId);
          yeses.delete(key(step.one, step.other));
          yeses.delete(key(step.other, step.one));
        }
        return;
      }
      case 'answer': {
        const introductionId = asked.get(pairKey(step.who, step.other));
        if (!introductionId) return;
        const { ok } = await answerIntroduction(deps, {
          introductionId,
          personId: person(step.who).id,
          yes: step.yes,
          contacts: step.give,
        });
        if (!ok) return;
        const id = key(step.who, step.other);
        if (step.yes) yeses.set(id, { give: new Set(step.give), since: clock().getTime() });
        else yeses.delete(id);
        return;
      }
      case 'give': {
        const mine = told.get(key(step.who, step.other));
        if (!mine || erased.has(step.who)) return;
        const rows = await db
          .selectFrom('introductionSides as s')
          .innerJoin('introductionSides as o', 'o.introductionId', 's.introductionId')
          .select('s.introductionId')
          .where('s.personId', '=', person(step.who).id)
          .where('o.personId', '=', person(step.other).id)
          .execute();
        for (const { introductionId } of rows)
          await changeContacts(deps, { introductionId, personId: person(step.who).id, contacts: step.give });
        if (rows.length > 0) told.set(key(step.who, step.other), new Set(step.give));
        return;
      }
      case 'list': {
        const of = { personId: person(step.who).id, chapterId: chapter.id };
        if (!(await saveEntry(deps, of, step.fields))) return;
        if (step.fields) listed.set(step.who, new Set(step.fields));
        else listed.delete(step.who);
        return;
      }
      case 'profile': {
        if (erased.has(step.who)) return;
        const before = await findProfile(db, person(step.who).id);
        await saveProfile(deps, person(step.who).id, { ...before, visible: step.visible });
        // To be seen no longer holds for what is over, too; to be seen does not.
        if (seenFromNowOn[step.who] && !step.visible) seen[step.who] = [false, false];
        seenFromNowOn[step.who] = step.visible;
        return;
      }
      case 'merge': {
        if (erased.has(step.who)) return;
        const double = await makeMember(db, chapter.id, { firstName: 'Doppia' });
        const of = { eventId: event(step.at).id, chapterId: chapter.id, personId: double.id };
        await db
          .insertInto('invitations')
          .values({ ...of, source: 'member', visible: step.seen, calendarUid: `double-${double.id}` })
          .execute();
        const { ok } = await mergePeople(deps, {
          keptId: person(step.who).id,
          goneId: double.id,
          reach: { chapterIds: [chapter.id], isAdministrator: true },
          chapterId: chapter.id,
          actor: { kind: 'system' },
        });
        // What one row did not allow is not allowed.
        if (ok && !step.seen) (seen[step.who] as boolean[])[step.at] = false;
        return;
      }
      case 'losePhone':
        await db.updateTable('people').set({ phone: null }).where('id', '=', person(step.who).id).execute();
        lost.add(step.who);
        return;
      case 'erase':
        await erasePerson(deps, person(step.who).id, { kind: 'system' });
        erased.add(step.who);
        return;
      case 'pass': {
        clock.advance(step.hours * hour);
        // Whoever has both said so for an hour is told, if nothing stands in the way.
        for (const offers of [wishes, yeses]) {
          for (const [id, offer] of offers) {
            const [one, other] = id.split('>').map(Number) as [number, number];
            const back = offers.get(key(other, one));
            if (!back || Math.max(offer.since, back.since) + hour > clock().getTime()) continue;
            if ([one, other].some((at) => erased.has(at) || unwilling.has(at))) continue;
            if (offers === wishes && !areBothSeen(one, other)) continue;
            told.set(id, new Set([...(told.get(id) ?? []), ...offer.give]));
          }
        }
        await service.settle();
        await service.settle();
        cookie = await signIn();
      }
    }
  }

  const isListed = (who: number, at: number, reader: number) =>
    Boolean(seen[who]?.[at] && there[who]?.[at] && there[reader]?.[at]) && !erased.has(who);

  const areBothSeen = (one: number, other: number) =>
    [0, 1].some((at) => isListed(one, at, other) && isListed(other, at, one));

  /** Whether somebody's name may be read by another: she showed it where both were, or both were told. */
  function mayBeNamed(who: number, reader: number, where: Where): boolean {
    if (erased.has(who)) return false;
    if (where.page === 'directory') return listed.has(who);
    if (where.page === 'answer') return seen[who]?.[where.at] === true;
    if (told.has(key(who, reader))) return true;
    if (where.page === 'after') return isListed(who, where.at, reader);
    return [0, 1].some((at) => isListed(who, at, reader));
  }

  const contactsOf = (who: number): Record<ContactKind, string> => ({
    email: person(who).email ?? '',
    phone: person(who).phone,
    website: person(who).website,
  });

  /** What a text tells its reader that she may not know. */
  function leaks(reader: number, text: string, where: Where): string[] {
    const found: string[] = [];
    for (const who of people.keys()) {
      if (who === reader) continue;
      for (const [kind, value] of Object.entries(contactsOf(who)) as [ContactKind, string][]) {
        const given = where.page === 'directory' ? listed.get(who) : told.get(key(who, reader));
        const isGiven = given?.has(kind) && !erased.has(who) && !(kind === 'phone' && lost.has(who));
        if (text.includes(value) && !isGiven) found.push(`${kind} of ${who}`);
      }
      const { firstName, lastName } = person(who);
      if (text.includes(firstName) && !mayBeNamed(who, reader, where)) found.push(`first name of ${who}`);
      const isWhole = where.page === 'directory' ? listed.has(who) : told.has(key(who, reader));
      if (text.includes(lastName) && !isWhole) found.push(`last name of ${who}`);
    }
    return found;
  }

  async function feedbackPath(at: number, who: number): Promise<string> {
    const row = await db
      .selectFrom('people')
      .select('linkEpoch')
      .where('id', '=', person(who).id)
      .executeTakeFirst();
    // An erased woman's old links are tried as she had them.
    return erased.has(who) && row ? '/f/nothing' : paths.feedbackLinkOf(event(at).id, person(who).id);
  }

  async function get(url: string, headers: Record<string, string> = {}): Promise<string> {
    const answer = await service.server.inject({ url, headers });
    if (headers.cookie && answer.statusCode !== 200)
      throw new Error(`${answer.statusCode} for ${url} ${answer.headers.location}`);
    return answer.body.replace(/name="_csrf" value="[^"]*"/g, '');
  }

  /** All that one person's links open. */
  async function pagesOf(who: number): Promise<Page[]> {
    const pages: Page[] = [];
    const own = { page: 'own' } as const;
    if (erased.has(who)) return [];
    for (const at of [0, 1]) {
      pages.push({
        text: await get(await paths.linkOf(event(at).id, person(who).id)),
        where: { page: 'answer', at },
      });
      pages.push({ text: await get(await feedbackPath(at, who)), where: { page: 'after', at } });
    }
    pages.push({ text: await get(paths.ownLinkOf(person(who))), where: own });
    // When it was made is in it, and nothing else that moves by itself.
    pages.push({ text: await get(`${paths.ownLinkOf(person(who))}/data.json`), where: own });
    pages.push({
      text: await get(paths.directoryLinkOf(person(who), chapter.id)),
      where: { page: 'directory' },
    });
    const sides = await db
      .selectFrom('introductionSides')
      .select('introductionId as id')
      .where('personId', '=', person(who).id)
      .orderBy('introductionId')
      .execute();
    for (const { id } of sides)
      pages.push({ text: await get(paths.introductionLinkOf(id, person(who))), where: own });
    return pages;
  }

  /** All that coordinators, the operator and the API read. */
  async function deskTexts(): Promise<string[]> {
    const desk = `/desk/chapters/${chapter.slug}`;
    const own = people.filter((_, at) => !erased.has(at));
    const urls = [
      `${desk}/introductions`,
      `${desk}/`,
      `${desk}/members`,
      `${desk}/numbers`,
      `${desk}/ties`,
      `${desk}/directory`,
      '/desk/network/numbers',
      ...own.flatMap(({ id }) => [`${desk}/people/${id}`, `${desk}/people/${id}/export`]),
      ...events.flatMap(({ id }) => [
        `/desk/events/${id}/`,
        `/desk/events/${id}/list`,
        `/desk/events/${id}/mailings`,
        `/desk/events/${id}/feedback`,
        `/desk/events/${id}/follow-up`,
        `/desk/events/${id}/tables`,
        `/desk/events/${id}/welcomes`,
      ]),
    ];
    const texts: string[] = [];
    texts.push(...(await Promise.all(urls.map((url) => get(url, { cookie })))));
    const authorization = `Bearer ${token.secret}`;
    for (const url of [
      `/api/v1/chapters/${chapter.slug}/members`,
      ...events.flatMap(({ id }) => [`/api/v1/events/${id}`, `/api/v1/events/${id}/rsvps`]),
    ])
      texts.push(await get(url, { authorization }));
    for (const { id } of people) texts.push(JSON.stringify(await exportPerson(db, id)));
    return texts;
  }

  /** All that anybody reads now but one, in an order that stays. */
  async function readByOthers(than: number): Promise<string[]> {
    const texts = await deskTexts();
    const others = [...people.keys()].filter((who) => who !== than);
    for (const pages of await Promise.all(others.map(pagesOf))) texts.push(...pages.map(({ text }) => text));
    return texts;
  }

  /** What of the copies that a coordinator hands over of each person is nobody's business but that person's. */
  async function handedOver(): Promise<unknown[]> {
    const found: unknown[] = [];
    for (const at of people.keys()) {
      if (erased.has(at)) continue;
      const copy = JSON.parse(
        await get(`/desk/chapters/${chapter.slug}/people/${person(at).id}/export`, { cookie }),
      );
      const { introductions, wishes, saidAfterwards, profile, photo, mails } = copy;
      found.push(...introductions, ...wishes, ...saidAfterwards, ...[profile, photo].filter(Boolean));
      found.push(...mails.filter(({ kind }: { kind: string }) => kind === 'introduction'));
    }
    return found;
  }

  /** The wishes that nobody met, or nobody was told of yet. */
  async function openWishes() {
    const rows = await db.selectFrom('meetWishes').selectAll().where('chapterId', '=', chapter.id).execute();
    return rows.map((row) => ({ row, author: people.findIndex(({ id }) => id === row.fromPersonId) }));
  }

  return {
    people,
    chapter,
    person,
    take,
    leaks,
    pagesOf,
    deskTexts,
    readByOthers,
    openWishes,
    handedOver,
    listed,
    erased,
    told,
  };
}
