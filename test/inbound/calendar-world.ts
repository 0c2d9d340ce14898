import { afterAll, beforeAll } from 'vitest';
import { type Listener, startListener } from '../../server/inbound/listener.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { replyMail, type Written } from '../calendar/corpus.ts';
import { calendarIn, mailsTo } from '../journeys/inbox.ts';
import type { TestService } from '../support/app.ts';
import { makeEvent, makeMember } from '../support/factories.ts';
import { type Dns, type Domain, handOver, makeDns, makeDomain, sign } from './signed.ts';

/** Somebody with an entry in her calendar, which answers over our own door, and domains whose mails can be proved. */
export type Her = {
  id: string;
  email: string;
  eventId: string;
  /** What her calendar holds, as the last mail with a calendar told it. */
  entry: { uid: string; sequence: number };
};

export const organizer = 'eventi@incontri.example';
export const calendarEnv = {
  MAIL_FROM: organizer,
  BOUNCE_DOMAIN: 'bounces.incontri.example',
  INBOUND_SMTP_PORT: '2525',
  INBOUND_TRUSTED_RELAY: 'mx.relay.example',
};

export type CalendarWorld = ReturnType<typeof useCalendars>;

export function useCalendars(service: TestService) {
  const dns: Dns = makeDns();
  const own: Domain = makeDomain(dns, 'example.org');
  const evil: Domain = makeDomain(dns, 'evil.example');
  let listener: Listener;
  beforeAll(async () => {
    const deps = { ...service.deps, resolve: dns.resolve };
    listener = await startListener(deps, service.server.log, { port: 0, host: '127.0.0.1' });
  });
  afterAll(() => listener?.close());

  /** The UID and sequence of the last calendar that reached her. */
  async function entryOf(email: string): Promise<Her['entry']> {
    const calendars = await Promise.all(mailsTo(service, email).map(calendarIn));
    const calendar = calendars.findLast((one) => one !== null) ?? '';
    return {
      uid: /^UID:(.*)$/m.exec(calendar)?.[1]?.trim() ?? '',
      sequence: Number(/^SEQUENCE:(\d+)/m.exec(calendar)?.[1]),
    };
  }

  return {
    dns,
    own,
    evil,
    entryOf,
    /** Somebody who has said maybe, so that her calendar has an entry of it. */
    async makeHer(
      chapterId: string,
      details: Parameters<typeof makeEvent>[2] = {},
      eventId?: string,
    ): Promise<Her> {
      const person = await makeMember(service.db, chapterId);
      const id = eventId ?? (await makeEvent(service.deps, chapterId, { maybeAllowed: true, ...details })).id;
      const email = person.email as string;
      if (eventId) {
        const calendarUid = service.deps.links.calendarUid(id, person.id);
        await service.db
          .insertInto('invitations')
          .values({ eventId: id, personId: person.id, chapterId, source: 'coordinator', calendarUid })
          .execute();
      }
      await answerInvitation(service.deps, {
        eventId: id,
        personId: person.id,
        answer: 'maybe',
        source: 'link',
      });
      await service.settle();
      service.clock.advance(60_000);
      return { id: person.id, email, eventId: id, entry: await entryOf(email) };
    },
    /** What her calendar writes: of the entry that it has, now, unless told otherwise. */
    write(her: Her, own: Partial<Written> = {}, name = 'google'): string {
      return replyMail(name, {
        from: her.email,
        organizer,
        ...her.entry,
        stamp: service.clock(),
        ...own,
      });
    },
    sign,
    deliver: (raw: string, to = organizer) => handOver(listener.port, raw, to),
    /** The genuine answer: as her calendar writes it now, signed by her provider. */
    async answers(her: Her, partstat: string, name?: string): Promise<void> {
      service.clock.advance(1_000);
      const raw = this.write({ ...her, entry: await entryOf(her.email) }, { partstat }, name);
      await handOver(listener.port, await sign(raw, own), organizer);
    },
    async stateOf(her: Her): Promise<string | undefined> {
      const row = await service.db
        .selectFrom('rsvps')
        .select('state')
        .where('eventId', '=', her.eventId)
        .where('personId', '=', her.id)
        .executeTakeFirst();
      return row?.state;
    },
    /** All that an answer could change. */
    async everythingOf(her: Her): Promise<unknown> {
      const { db } = service;
      const of = { eventId: her.eventId };
      const rows = (table: 'rsvps' | 'rsvpHistory' | 'invitations' | 'rsvpGuests') =>
        db.selectFrom(table).selectAll().where('eventId', '=', of.eventId).orderBy('personId').execute();
      return {
        rsvps: await rows('rsvps'),
        history: (await rows('rsvpHistory')).length,
        invitations: await rows('invitations'),
        guests: await rows('rsvpGuests'),
      };
    },
  };
}
