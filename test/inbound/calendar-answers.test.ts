import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { cancelEvent, changeEvent } from '../../server/events/service.ts';
import { exportPerson } from '../../server/people/export.ts';
import { mergePeople } from '../../server/people/merge.ts';
import { runRetention } from '../../server/retention/service.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { names } from '../calendar/corpus.ts';
import { signedIn } from '../desk/at-desk.ts';
import { linksOf, mailsTo, sinceNow, wordsOf } from '../journeys/inbox.ts';
import { useService } from '../support/app.ts';
import { days, minutes } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { calendarEnv, type Her, organizer, useCalendars } from './calendar-world.ts';

/** What an answer from her calendar does, and what she and her coordinator hear of one that cannot be taken. */
const service = useService({ now: '2031-11-10T10:00:00+01:00', env: calendarEnv });
const world = useCalendars(service);
let chapter: Awaited<ReturnType<typeof makeChapter>>;
const actor = { kind: 'system' } as const;

beforeAll(async () => {
  chapter = await makeChapter(service.db);
});

const says = (her: Pick<Her, 'id' | 'eventId'>, answer: 'yes' | 'no' | 'maybe', more: object = {}) =>
  answerInvitation(service.deps, { eventId: her.eventId, personId: her.id, answer, source: 'link', ...more });
const rsvpOf = (her: Her) =>
  service.db
    .selectFrom('rsvps')
    .selectAll()
    .where('eventId', '=', her.eventId)
    .where('personId', '=', her.id)
    .executeTakeFirstOrThrow();
/** What reached her of the matter, in words. */
const told = async (her: Pick<Her, 'email'>) => {
  const mail = mailsTo(service, her.email).at(-1);
  return mail ? wordsOf(mail) : '';
};

describe('her answer is what her calendar says', () => {
  test.each(names.filter((name) => !['counter', 'delegated', 'refresh'].includes(name)))(
    'as %s writes it',
    async (name) => {
      const her = await world.makeHer(chapter.id);
      for (const [partstat, state] of [
        ['ACCEPTED', 'going'],
        ['TENTATIVE', 'maybe'],
        ['DECLINED', 'declined'],
      ] as const) {
        await world.answers(her, partstat, name);
        await service.settle();
        expect(await world.stateOf(her)).toBe(state);
      }
      expect(await rsvpOf(her)).toMatchObject({ source: 'calendar' });
    },
  );

  test('with the guests that she has, and with the words that she wrote there as her note', async () => {
    const her = await world.makeHer(chapter.id, { guestsAllowed: 2 });
    await says(her, 'yes', { guests: [{ name: 'Sara' }], note: 'Prima' });
    await service.settle();
    await world.answers(her, 'TENTATIVE', 'google-comment');
    expect(await rsvpOf(her)).toMatchObject({
      state: 'maybe',
      guests: 1,
      note: 'Arrivo tardi; forse, alle otto',
    });
    await service.settle();
    await world.answers(her, 'ACCEPTED', 'outlook-exchange');
    expect(await rsvpOf(her)).toMatchObject({
      state: 'going',
      guests: 1,
      note: 'Arrivo tardi; forse, alle otto',
    });
  });

  test('and the desk says from where it came', async () => {
    const her = await world.makeHer(chapter.id);
    await world.answers(her, 'ACCEPTED');
    const desk = await signedIn(service, chapter.coordinator.id);
    const { body } = await desk.get(`/desk/events/${her.eventId}/answers/${her.id}`);
    expect(body).toContain('dal calendario');
  });

  test('a second yes changes nothing and nobody is written to', async () => {
    const her = await world.makeHer(chapter.id);
    await world.answers(her, 'ACCEPTED');
    await service.settle();
    const since = sinceNow(service);
    await world.answers(her, 'ACCEPTED', 'thunderbird');
    await service.settle();
    expect(since()).toEqual([]);
  });

  test('under either of two rows that have become one', async () => {
    const event = await makeEvent(service.deps, chapter.id, { maybeAllowed: true });
    const kept = await world.makeHer(chapter.id, {}, event.id);
    const gone = await world.makeHer(chapter.id, {}, event.id);
    const merged = await mergePeople(service.deps, {
      keptId: kept.id,
      goneId: gone.id,
      chapterId: chapter.id,
      actor,
      reach: { chapterIds: [], isAdministrator: true },
    });
    expect(merged).toEqual({ ok: true });
    const stored = await service.db
      .selectFrom('invitations')
      .select(['calendarUid', 'sequence'])
      .where('eventId', '=', event.id)
      .where('personId', '=', kept.id)
      .executeTakeFirstOrThrow();
    const entries = [kept.entry.uid, gone.entry.uid];
    expect(entries).toContain(stored.calendarUid);
    const other = entries.find((uid) => uid !== stored.calendarUid) as string;
    for (const [uid, partstat, state] of [
      [other, 'ACCEPTED', 'going'],
      [stored.calendarUid, 'DECLINED', 'withdrawn'],
    ] as const) {
      service.clock.advance(1_000);
      const { sequence } = await service.db
        .selectFrom('invitations')
        .select('sequence')
        .where('calendarUid', '=', stored.calendarUid)
        .executeTakeFirstOrThrow();
      const raw = world.write({ ...kept, entry: { uid, sequence } }, { partstat });
      await world.deliver(await world.sign(raw, world.own));
      expect(await world.stateOf({ ...kept, eventId: event.id })).toBe(state);
    }
  });
});

describe('a hybrid event, where a calendar does not say how she comes:', () => {
  const invited = async (seats: object) => {
    const event = await makeEvent(service.deps, chapter.id, {
      format: 'hybrid',
      joinUrl: 'https://meet.example.org/x',
      ...seats,
    });
    await service.settle();
    const { id, email } = await makeMember(service.db, chapter.id);
    const uid = service.deps.links.calendarUid(event.id, id);
    await service.db
      .insertInto('invitations')
      .values({
        eventId: event.id,
        personId: id,
        chapterId: chapter.id,
        source: 'coordinator',
        calendarUid: uid,
      })
      .execute();
    const her: Her = { id, email: email as string, eventId: event.id, entry: { uid, sequence: 0 } };
    return { her, event };
  };
  const accept = async (her: Her) => {
    service.clock.advance(1_000);
    await world.deliver(await world.sign(world.write(her), world.own));
    await service.settle();
  };

  test('in the room, and one tap away from online', async () => {
    const { her } = await invited({ seatsRoom: 1 });
    await accept(her);
    expect(await rsvpOf(her)).toMatchObject({ state: 'going', mode: 'room' });
    expect(await told(her)).toContain('ho segnato in sala. Preferisci online?');
  });

  test('online, where the room is full', async () => {
    const { her, event } = await invited({ seatsRoom: 1 });
    const first = await makeMember(service.db, chapter.id);
    const uid = service.deps.links.calendarUid(event.id, first.id);
    await service.db
      .insertInto('invitations')
      .values({
        eventId: event.id,
        personId: first.id,
        chapterId: chapter.id,
        source: 'coordinator',
        calendarUid: uid,
      })
      .execute();
    await says({ id: first.id, eventId: event.id }, 'yes', { mode: 'room' });
    await accept(her);
    expect(await rsvpOf(her)).toMatchObject({ state: 'going', mode: 'online' });
    expect(await told(her)).toContain('ho segnato online. Preferisci la sala?');
  });

  test('as she said before, where she said it', async () => {
    const { her } = await invited({ seatsRoom: 1 });
    await says(her, 'yes', { mode: 'online' });
    await service.settle();
    await world.answers(her, 'DECLINED');
    await service.settle();
    await world.answers(her, 'ACCEPTED');
    expect(await rsvpOf(her)).toMatchObject({ state: 'going', mode: 'online' });
  });
});

describe('what cannot be taken is told to her, at the address on record, and changes nothing:', () => {
  const refused = async (her: Her, partstat: string, name?: string) => {
    const before = await world.everythingOf(her);
    const since = sinceNow(service);
    await world.answers(her, partstat, name);
    await service.settle();
    expect(await world.everythingOf(her)).toEqual(before);
    const mails = since();
    expect(mails.map(({ to }) => to)).toEqual([her.email]);
    return { words: await told(her), links: (await linksOf(mails[0] as never)).map(({ label }) => label) };
  };

  test('a maybe where the event takes none', async () => {
    const her = await world.makeHer(chapter.id);
    await service.db
      .updateTable('events')
      .set({ maybeAllowed: false })
      .where('id', '=', her.eventId)
      .execute();
    await says(her, 'yes');
    await service.settle();
    const { words, links } = await refused(her, 'TENTATIVE');
    expect(words).toContain('mi serve un sì o un no');
    expect(words).toContain('Adesso risulta che ci sarai.');
    expect(links).toEqual(expect.arrayContaining(['Ci sarò', 'Non ci sarò']));
    expect(links).not.toContain('Forse');
  });

  test('a yes after answers have closed', async () => {
    const her = await world.makeHer(chapter.id);
    await service.db
      .updateTable('events')
      .set({ answersCloseAt: new Date(service.clock().getTime() - 1000) })
      .where('id', '=', her.eventId)
      .execute();
    expect((await refused(her, 'ACCEPTED')).words).toContain('il termine per rispondere è passato');
  });

  test('an answer to an event that is called off', async () => {
    const her = await world.makeHer(chapter.id);
    await cancelEvent(service.deps, her.eventId, { actor, reason: null, notify: true });
    await service.settle();
    expect((await refused(her, 'ACCEPTED')).words).toContain('questo incontro è annullato');
  });

  test('an answer to an event that is over', async () => {
    const her = await world.makeHer(chapter.id);
    const past = new Date(service.clock().getTime() - 1000);
    await sql`update events set starts_at = ${past}::timestamptz - interval '2 hours', ends_at = ${past} where id = ${her.eventId}`.execute(
      service.db,
    );
    expect((await refused(her, 'ACCEPTED')).words).toContain('l’incontro è già finito');
  });

  test('an answer to an event that is a draft again', async () => {
    const her = await world.makeHer(chapter.id);
    await sql`update events set state = 'draft' where id = ${her.eventId}`.execute(service.db);
    expect((await refused(her, 'ACCEPTED')).words).toContain('per ora questo incontro non è in programma');
  });

  test('an answer to the event as it was before it moved, which is no answer to how it is now', async () => {
    const her = await world.makeHer(chapter.id);
    await changeEvent(
      service.deps,
      her.eventId,
      { venueName: 'Caffè Zamboni', venueAddress: 'Via Zamboni 6' },
      { actor, notify: true },
    );
    await service.settle();
    const since = sinceNow(service);
    service.clock.advance(1_000);
    await world.deliver(await world.sign(world.write(her), world.own));
    await service.settle();
    expect(since()).toHaveLength(1);
    expect(await world.stateOf(her)).toBe('maybe');
    const words = await told(her);
    expect(words).toContain('nel frattempo qualcosa è cambiato');
    expect(words).toContain('Caffè Zamboni');
    // The same once more is told no second time, and neither is anything else that day.
    service.clock.advance(1_000);
    for (const partstat of ['ACCEPTED', 'DECLINED'])
      await world.deliver(await world.sign(world.write(her, { partstat }), world.own));
    await service.settle();
    expect(since()).toHaveLength(1);
    service.clock.advance(days(1) + 1);
    await world.deliver(await world.sign(world.write(her), world.own));
    await service.settle();
    expect(since()).toHaveLength(2);
  });

  test.each([
    ['delegated', 'è arrivata una delega'],
    ['counter', 'la proposta di un altro orario'],
    ['refresh', 'ha chiesto com’è adesso l’incontro'],
  ])('%s', async (name, says) => {
    const her = await world.makeHer(chapter.id);
    const { words, links } = await refused(her, 'TENTATIVE', name);
    expect(words).toContain(says);
    expect(words).toContain('Adesso risulta il tuo forse.');
    expect(links).toContain('Vedi o cambia la risposta');
  });

  test('a yes where she waits still', async () => {
    const event = await makeEvent(service.deps, chapter.id, { maybeAllowed: true, seatsRoom: 1 });
    const other = await world.makeHer(chapter.id, {}, event.id);
    const her = await world.makeHer(chapter.id, {}, event.id);
    await says(other, 'yes');
    await world.answers(her, 'ACCEPTED');
    await service.settle();
    expect(await rsvpOf(her)).toMatchObject({ state: 'waitlisted', source: 'calendar' });
    expect(await told(her)).toContain('il tuo nome è in lista d’attesa: hai il numero 1');
    const entry = await service.db
      .selectFrom('invitations')
      .select(['calendarUid as uid', 'sequence'])
      .where('eventId', '=', event.id)
      .where('personId', '=', her.id)
      .executeTakeFirstOrThrow();
    service.clock.advance(1_000);
    await world.deliver(await world.sign(world.write({ ...her, entry }), world.own));
    await service.settle();
    expect(await told(her)).toContain('i posti sono ancora esauriti');
  });

  test('what two machines would say to each other for ever', async () => {
    const her = await world.makeHer(chapter.id);
    const since = sinceNow(service);
    for (let time = 0; time < 8; time += 1) {
      await world.answers(her, 'ACCEPTED');
      await service.settle();
      await world.answers(her, 'TENTATIVE');
      await service.settle();
    }
    expect(since().length).toBeLessThanOrEqual(13);
  });
});

describe('what is not proved', () => {
  const uncertain = async () => {
    const her = await world.makeHer(chapter.id);
    const since = sinceNow(service);
    service.clock.advance(1_000);
    // Her calendar writes from another account of hers.
    await world.deliver(
      await world.sign(world.write(her).replace(/^From: .*/m, 'From: G <g.altra@example.org>'), world.own),
    );
    await world.deliver(world.write(her, { partstat: 'DECLINED' }));
    await service.settle();
    return { her, since };
  };

  test('sends her link once, to the address on record and to nobody else', async () => {
    const { her, since } = await uncertain();
    expect(since().map(({ to }) => to)).toEqual([her.email]);
    expect(await told(her)).toContain('non posso sapere se è davvero tua');
    service.clock.advance(days(2));
    await world.deliver(world.write(her));
    await service.settle();
    expect(since().filter(({ to }) => to === her.email)).toHaveLength(1);
  });

  test('is a line for the coordinator, until somebody has answered', async () => {
    const { her } = await uncertain();
    const desk = await signedIn(service, chapter.coordinator.id);
    const page = async () => (await desk.get(`/desk/events/${her.eventId}`)).body;
    const body = await page();
    expect(body).toContain('Una risposta dal calendario, non sicura');
    expect(body).toMatch(
      /Un no, oggi alle [\d:]+\. Il server della posta non dice da chi viene\.|Un sì, oggi alle [\d:]+\. È partita da un altro indirizzo\./,
    );
    expect(body).not.toContain('g.altra@example.org');
    service.clock.advance(minutes(1));
    await desk.post(`/desk/events/${her.eventId}/answers/${her.id}`, { answer: 'yes' });
    expect(await page()).not.toContain('non sicura');
    expect(await world.stateOf(her)).toBe('going');
  });

  test('is kept without an address or a mail, told to her who asks for her data, written into the log, and gone after thirty days', async () => {
    const { her } = await uncertain();
    const { rows } = await sql<{
      row: string;
    }>`select c::text as row from calendar_replies c where person_id = ${her.id}`.execute(service.db);
    expect(rows).toHaveLength(2);
    expect(JSON.stringify(rows)).not.toContain('@');
    const { answersByCalendar, log } = await exportPerson(service.db, her.id);
    expect(answersByCalendar.map(({ said, notProved }) => [said, notProved])).toEqual([
      ['yes', 'sender'],
      ['no', 'proof'],
    ]);
    expect(log.filter(({ action }) => action === 'calendar_reply.set_aside')).toHaveLength(2);
    service.clock.advance(days(31));
    await runRetention(service.deps);
    expect((await exportPerson(service.db, her.id)).answersByCalendar).toEqual([]);
  });

  test('and names nobody’s entry is counted, and no more', async () => {
    const her = await world.makeHer(chapter.id);
    const since = sinceNow(service);
    const count = async () => {
      await service.deps.figures.flush();
      const row = await service.db
        .selectFrom('figures')
        .select('value')
        .where('name', '=', 'ritrovo_inbound_mails_total')
        .where('labels', '=', '{"what":"reply_unknown"}')
        .executeTakeFirst();
      return row?.value ?? 0;
    };
    const before = await count();
    await world.deliver(world.write(her, { uid: 'qualcosa@altrove.example' }));
    await service.settle();
    expect(await count()).toBe(before + 1);
    expect(since()).toEqual([]);
  });
});

describe('at the door', () => {
  test('a letter to the address that our mails come from is refused in words; a holiday notice is not', async () => {
    await expect(
      world.deliver(
        `From: Giulia <g@example.com>\r\nTo: ${organizer}\r\nSubject: Domanda\r\n\r\nA che ora?\r\n`,
      ),
    ).rejects.toThrow(/550 5\.7\.1 nobody reads letters to this address/);
    await world.deliver(
      `From: Giulia <g@example.com>\r\nAuto-Submitted: auto-replied\r\nTo: ${organizer}\r\nSubject: Ferie\r\n\r\nTorno lunedì\r\n`,
    );
  });

  test('where DNS is away the other server is asked to come again, and then it counts', async () => {
    const her = await world.makeHer(chapter.id);
    service.clock.advance(1_000);
    const raw = await world.sign(world.write(her), world.own);
    for (const name of ['mail._domainkey.example.org', '_dmarc.example.org']) {
      world.dns.away.add(name);
      await expect(world.deliver(raw)).rejects.toThrow(/451 4\.4\.3/);
      world.dns.away.clear();
    }
    expect(await world.stateOf(her)).toBe('maybe');
    await world.deliver(raw);
    expect(await world.stateOf(her)).toBe('going');
  });
});
