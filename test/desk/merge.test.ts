import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { erasePerson } from '../../server/people/erasure.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { type AtDesk, signedIn } from './at-desk.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
const base = '/desk/chapters/bologna/people';
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let desk: AtDesk;

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  desk = await signedIn(service, chapter.coordinator.id);
});

type Row = { id: string; email: string | null };

const twins = async (name: string): Promise<[Row, Row]> => [
  await makeMember(service.db, chapter.id, {
    firstName: name,
    lastName: 'Doppi',
    email: `${name}@example.org`,
  }),
  await makeMember(service.db, chapter.id, {
    firstName: name,
    lastName: 'Doppi',
    email: `${name}.due@example.org`,
  }),
];

const merge = (kept: Row, gone: Row) =>
  desk.post(`${base}/${kept.id}/merge`, { with: gone.id, keep: kept.id });

const says = (eventId: string, who: Row, answer: 'yes' | 'no', more: object = {}) => {
  service.clock.advance(60_000);
  return answerInvitation(service.deps, { eventId, personId: who.id, answer, source: 'link', ...more });
};

const stateOf = async (eventId: string, who: Row) =>
  (
    await service.db
      .selectFrom('rsvps')
      .select('state')
      .where('eventId', '=', eventId)
      .where('personId', '=', who.id)
      .executeTakeFirst()
  )?.state;

/** The link in the latest mail to an address. */
const linkTo = async (address: string): Promise<string> => {
  const mails = service.inbox.messages.filter(({ to }) => to === address);
  const text = (await mails.at(-1)?.parsed())?.text ?? '';
  return /\/r\/[\w-]+\.[\w-]+/.exec(text)?.[0] as string;
};
const mailsTo = (...addresses: (string | null)[]) =>
  service.inbox.messages.filter(({ to }) => addresses.includes(to)).length;

test('the likely one is offered, and what will happen is shown before it does', async () => {
  const [kept, gone] = await twins('ada');
  const event = await makeEvent(service.deps, chapter.id, { title: 'Aperitivo' });
  await service.settle();
  await says(event.id, kept, 'yes');
  await says(event.id, gone, 'no');
  const choice = await desk.get(`${base}/${kept.id}/merge`);
  expect(choice.body).toContain(`merge?with=${gone.id}`);
  expect(choice.body).not.toContain(`merge?with=${chapter.coordinator.id}`);
  expect((await desk.get(`${base}/${kept.id}/merge?q=ricci`)).body).toContain(
    `merge?with=${chapter.coordinator.id}`,
  );
  const preview = await desk.get(`${base}/${kept.id}/merge?with=${gone.id}`);
  expect(preview.body).toContain('Aperitivo: vale «Non poteva»; l’altra risposta era «Viene»');
  expect(preview.body).toContain('il posto in più passa alla prossima');
  expect(await stateOf(event.id, kept)).toBe('going');

  const done = await merge(kept, gone);
  expect(done.statusCode).toBe(303);
  expect((await desk.get(done.headers.location as string)).body).toContain('adesso è una persona sola');
  expect(await stateOf(event.id, kept)).toBe('declined');
  // A page that was still open leads to the one who stayed.
  expect((await desk.get(`${base}/${gone.id}`)).headers.location).toBe(`${base}/${kept.id}`);
});

test('both links go on working, and speak for her who stayed', async () => {
  const [kept, gone] = await twins('bea');
  const event = await makeEvent(service.deps, chapter.id, { title: 'Cena' });
  const only = await makeEvent(service.deps, chapter.id, { title: 'Pranzo', draft: true });
  await service.settle();
  const keptLink = await linkTo('bea@example.org');
  const goneLink = await linkTo('bea.due@example.org');
  expect(only.state).toBe('draft');
  await merge(kept, gone);
  for (const [link, answer, state] of [
    [goneLink, 'yes', 'going'],
    [keptLink, 'no', 'withdrawn'],
    [goneLink, 'yes', 'going'],
  ] as const) {
    service.clock.advance(60_000);
    expect((await service.server.inject(link)).body).toContain('Bea D.'.replace('Bea', 'bea'));
    const answered = await service.server.inject({
      method: 'POST',
      url: link,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: `answer=${answer}`,
    });
    expect(answered.statusCode).toBe(303);
    expect(await stateOf(event.id, kept)).toBe(state);
  }
  await service.settle();
  // A third row of hers: its links lead on through two merges.
  const third = await makeMember(service.db, chapter.id, {
    firstName: 'bea',
    lastName: 'Doppi',
    email: 'bea.tre@example.org',
  });
  await merge(third, kept);
  expect((await service.server.inject(goneLink)).statusCode).toBe(200);
  expect((await service.server.inject(keptLink)).statusCode).toBe(200);
  expect((await desk.get(`${base}/${gone.id}`)).headers.location).toBe(`${base}/${third.id}`);
  // Where her address turned out to be another woman’s, all of them stop.
  await desk.post(`${base}/${third.id}`, {
    firstName: 'bea',
    email: 'bea.quattro@example.org',
    notHers: 'yes',
  });
  expect((await service.server.inject(goneLink)).statusCode).toBe(404);
  expect((await service.server.inject(keptLink)).statusCode).toBe(404);
});

test('no mail comes twice afterwards, and a link to unsubscribe counts for her who stayed', async () => {
  const [kept, gone] = await twins('carla');
  const event = await makeEvent(service.deps, chapter.id, {
    title: 'Laboratorio',
    startsAt: new Date(service.clock().getTime() + 9 * 86_400_000),
  });
  await service.settle();
  expect(mailsTo('carla@example.org', 'carla.due@example.org')).toBe(2);
  const invitation = service.inbox.messages.findLast(({ to }) => to === 'carla.due@example.org');
  const unsubscribe = /\/u\/[\w.-]+/.exec(invitation?.header('list-unsubscribe') ?? '')?.[0] as string;
  // One yes whose confirmation has not left: the server asks to wait.
  service.inbox.hooks = { rcpt: (to) => (to.startsWith('carla') ? 451 : undefined) };
  await says(event.id, gone, 'yes');
  await merge(kept, gone);
  await service.settle();
  service.inbox.hooks = {};
  service.clock.advance(5 * 60_000);
  await service.settle();
  expect(mailsTo('carla.due@example.org')).toBe(1);
  expect(mailsTo('carla@example.org')).toBe(2);
  const before = mailsTo('carla@example.org');
  await service.travel(new Date(event.startsAt.getTime() - 6 * 3_600_000));
  const reminders = mailsTo('carla@example.org') - before;
  expect(reminders).toBe(1);
  expect(mailsTo('carla.due@example.org')).toBe(1);

  const stopped = await service.server.inject({
    method: 'POST',
    url: unsubscribe,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'List-Unsubscribe=One-Click',
  });
  expect(stopped.statusCode).toBe(200);
  const wishes = await service.db
    .selectFrom('preferences')
    .select(['personId', 'topic'])
    .where('personId', 'in', [kept.id, gone.id])
    .execute();
  expect(wishes).toEqual([{ personId: kept.id, topic: 'invitation' }]);
  // A list with the address that was given up finds her.
  await desk.post('/desk/chapters/bologna/members', { people: 'Carla Doppi, carla.due@example.org' });
  const rows = await service.db.selectFrom('people').select('id').where('firstName', '=', 'Carla').execute();
  expect(rows).toEqual([]);
});

test('a seat that was held twice is held once, and the next in line gets the other', async () => {
  const [kept, gone] = await twins('dora');
  const next = await makeMember(service.db, chapter.id, { firstName: 'Prossima' });
  const event = await makeEvent(service.deps, chapter.id, { title: 'Due posti', seatsRoom: 2 });
  await service.settle();
  await says(event.id, kept, 'yes');
  await says(event.id, gone, 'yes');
  await says(event.id, next, 'yes');
  expect(await stateOf(event.id, next)).toBe('waitlisted');
  await merge(kept, gone);
  expect(await stateOf(event.id, kept)).toBe('going');
  expect(await stateOf(event.id, next)).toBe('offered');
});

test('what was said against either address holds, opting out as well as a complaint', async () => {
  const [kept, gone] = await twins('elsa');
  await service.db
    .insertInto('preferences')
    .values([
      { chapterId: chapter.id, personId: gone.id, topic: 'thanks' },
      { chapterId: chapter.id, personId: kept.id, topic: 'thanks' },
      { chapterId: chapter.id, personId: gone.id, topic: 'announcement' },
    ])
    .execute();
  const [hash] = service.deps.links.addressHashes('elsa.due@example.org');
  await service.db
    .insertInto('suppressions')
    .values({ addressHash: hash as Buffer, reason: 'complaint' })
    .execute();
  await merge(kept, gone);
  const { body } = await desk.get(`${base}/${kept.id}`);
  expect(body).toContain('Tutte, tranne: grazie, messaggi al gruppo');
  expect(body).toContain('è stata segnalata come indesiderata');
});

test('that mail fails is about the address: the one that stays says for itself whether it does', async () => {
  const lost = (to: string) => to.startsWith('flora.due@');
  service.inbox.hooks = { rcpt: (to) => (lost(to) ? 550 : undefined) };
  const [kept, gone] = await twins('flora');
  await makeEvent(service.deps, chapter.id, { title: 'Mostra' });
  await service.settle();
  service.inbox.hooks = {};
  expect((await desk.get(`${base}/${gone.id}`)).body).toContain('Correggi l’indirizzo');
  await merge(kept, gone);
  expect((await desk.get(`${base}/${kept.id}`)).body).not.toContain('Correggi l’indirizzo');

  service.inbox.hooks = { rcpt: (to) => (to === 'gaia@example.org' ? 550 : undefined) };
  const [failing, fine] = await twins('gaia');
  const event = await makeEvent(service.deps, chapter.id, { title: 'Concerto' });
  await service.settle();
  service.clock.advance(60_000);
  await says(event.id, fine, 'yes');
  await service.settle();
  service.inbox.hooks = {};
  expect((await desk.get(`${base}/${failing.id}/merge?with=${fine.id}`)).body).toContain(
    'meglio tenere l’altra',
  );
  await merge(failing, fine);
  expect((await desk.get(`${base}/${failing.id}`)).body).toContain('Correggi l’indirizzo');
});

test('memberships run from the earlier day, and notes and roles come along', async () => {
  const [kept, gone] = await twins('hilda');
  await service.db
    .updateTable('memberships')
    .set({ startsAt: new Date('2026-03-01T10:00:00Z') })
    .where('personId', '=', kept.id)
    .execute();
  await desk.post(`${base}/${gone.id}/notes`, { text: 'Una nota su Hilda' });
  await service.db
    .insertInto('memberships')
    .values({
      chapterId: chapter.id,
      personId: gone.id,
      role: 'coordinator',
      source: 'test',
      startsAt: service.clock(),
    })
    .execute();
  await merge(kept, gone);
  const { body } = await desk.get(`${base}/${kept.id}`);
  expect(body).toContain('Una nota su Hilda');
  expect(body).toContain('coordina');
  const open = await service.db
    .selectFrom('memberships')
    .select(['role', 'startsAt'])
    .where('personId', '=', kept.id)
    .where('endsAt', 'is', null)
    .orderBy('role')
    .execute();
  expect(open.map(({ role }) => role)).toEqual(['coordinator', 'member']);
  expect(open[1]?.startsAt).toEqual(new Date('2020-01-01T00:00:00Z'));
});

describe('nobody is merged', () => {
  test('with somebody of another chapter, with herself, or with nobody', async () => {
    const other = await makeChapter(service.db, { slug: 'torino' });
    const stranger = await makeMember(service.db, other.id, { firstName: 'Estranea' });
    const mine = await makeMember(service.db, chapter.id, { firstName: 'Mia' });
    for (const [from, to, keep] of [
      [mine.id, stranger.id, mine.id],
      [mine.id, stranger.id, stranger.id],
      [stranger.id, mine.id, mine.id],
      [mine.id, mine.id, mine.id],
      [mine.id, 'x', mine.id],
      [mine.id, chapter.coordinator.id, stranger.id],
    ] as const) {
      const answer = await desk.post(`${base}/${from}/merge`, { with: to, keep });
      expect([from, to, keep, answer.statusCode]).toEqual([from, to, keep, 404]);
    }
    expect((await desk.get(`${base}/${mine.id}/merge?with=${stranger.id}`)).statusCode).toBe(404);
    expect((await desk.get(`${base}/${mine.id}/merge?q=estranea`)).body).not.toContain(stranger.id);
    expect(
      await service.db.selectFrom('mergedPeople').select('id').where('id', '=', stranger.id).execute(),
    ).toEqual([]);
  });

  test('who belongs to another chapter too, or administers the network', async () => {
    const other = await makeChapter(service.db, { slug: 'genova' });
    const [kept, gone] = await twins('ida');
    await service.db
      .insertInto('memberships')
      .values({ chapterId: other.id, personId: gone.id, role: 'member', source: 'test' })
      .execute();
    const preview = await desk.get(`${base}/${kept.id}/merge?with=${gone.id}`);
    expect(preview.body).toContain('le unisce chi amministra la rete');
    expect(preview.body).not.toContain('Unisci</button>');
    expect((await merge(kept, gone)).statusCode).toBe(409);
    const [plain, admin] = await twins('lia');
    await service.db.insertInto('networkAdministrators').values({ personId: admin.id }).execute();
    expect((await merge(plain, admin)).statusCode).toBe(409);
    const head = await signedIn(service, admin.id);
    const done = await head.post(`${base}/${kept.id}/merge`, { with: gone.id, keep: kept.id });
    expect(done.statusCode).toBe(303);
  });
});

test('history is handed over, and nothing else of it can be changed', async () => {
  const [kept, gone] = await twins('mina');
  const event = await makeEvent(service.deps, chapter.id, { title: 'Storia' });
  await service.settle();
  await says(event.id, gone, 'yes');
  const change = (set: object) =>
    service.db.updateTable('rsvpHistory').set(set).where('personId', '=', gone.id).execute();
  await expect(change({ personId: kept.id })).rejects.toThrow('append-only');
  await expect(change({ state: 'declined' })).rejects.toThrow('append-only');
  await merge(kept, gone);
  const rows = await service.db
    .selectFrom('rsvpHistory')
    .select('state')
    .where('personId', '=', kept.id)
    .where('eventId', '=', event.id)
    .execute();
  expect(rows).toEqual([{ state: 'going' }]);
});

test('erasing her afterwards leaves no trace of either row', async () => {
  const her = (email: string, firstName: string) =>
    makeMember(service.db, chapter.id, { firstName, lastName: 'Quarantotti', email });
  const kept = await her('zenobia@example.org', 'Zenobia');
  const gone = await her('zen.due@example.org', 'Zeniobbia');
  service.inbox.hooks = {
    rcpt: (to) => (to.startsWith('zen') ? { code: 550, text: `<${to}> unknown` } : undefined),
  };
  const event = await makeEvent(service.deps, chapter.id, { title: 'Ultima', guestsAllowed: 2 });
  await service.settle();
  service.inbox.hooks = {};
  const friend = await makeMember(service.db, chapter.id, { firstName: 'Amica' });
  await service.db
    .insertInto('invitations')
    .values({
      eventId: event.id,
      personId: friend.id,
      chapterId: chapter.id,
      source: 'link',
      calendarUid: 'u',
      invitedBy: 'Zeniobbia Quarantotti',
    })
    .execute();
  await says(event.id, friend, 'yes', { guests: [{ name: 'zeniobbia quarantotti' }] });
  await says(event.id, gone, 'yes', { note: 'Sono Zenobia' });
  await desk.post(`${base}/${gone.id}/notes`, { text: 'Zenobia cerca casa' });
  await merge(kept, gone);
  expect(await erasePerson(service.deps, kept.id, { kind: 'cli' })).toEqual({ ok: true });
  const tables = await sql<{ name: string }>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema')`.execute(service.db);
  const found: string[] = [];
  for (const { name } of tables.rows) {
    const { rows } = await sql<{ row: string }>`select t::text as row from ${sql.raw(name)} as t`.execute(
      service.db,
    );
    found.push(
      ...rows.map(({ row }) => `${name} ${row}`).filter((row) => /zen(i?o|\.due)|quarantotti/i.test(row)),
    );
  }
  expect(found).toEqual([]);
  for (const email of ['zenobia@example.org', 'zen.due@example.org']) {
    const again = await desk.post('/desk/chapters/bologna/members', { people: `Z Q, ${email}` });
    expect(again.body).toContain('ha chiesto di essere cancellata');
  }
});

test('every table that names a person is known to the merge', async () => {
  const { rows } = await sql<{ key: string }>`
    select c.conrelid::regclass || '.' || a.attname as key
    from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
    where c.contype = 'f' and c.confrelid = 'people'::regclass and c.connamespace = 'public'::regnamespace
    order by 1`.execute(service.db);
  const hanging = await sql<{ key: string; cascades: boolean }>`
    select c.conrelid::regclass::text as key, bool_and(c.confupdtype = 'c') as cascades
    from pg_constraint c where c.contype = 'f' and c.confrelid in ('invitations'::regclass, 'rsvps'::regclass)
      and array_length(c.conkey, 1) > 1
    group by 1 order by 1`.execute(service.db);
  // A new one is handed over in server/people/merge-queries.ts; here it is said that somebody thought of it.
  expect(rows.map(({ key }) => key)).toEqual([
    'attendance.person_id',
    'attendance.recorded_by',
    'consents.person_id',
    'deliveries.person_id',
    'directory_entries.person_id',
    'door_marks.person_id',
    'door_marks.recorded_by',
    'door_walk_ins.person_id',
    'event_cohosts.asked_by',
    'event_hosts.person_id',
    'event_link_people.person_id',
    'event_links.added_by',
    'events.created_by',
    'feedback_answers.person_id',
    'former_addresses.person_id',
    'guest_attendance.person_id',
    'guest_attendance.recorded_by',
    'introduction_sides.person_id',
    'introductions.first_id',
    'introductions.introduced_by',
    'introductions.second_id',
    'invitations.invited_by_person_id',
    'invitations.person_id',
    'join_requests.answered_by',
    'join_requests.person_id',
    'mail_reports.person_id',
    'mailings.person_id',
    'meet_wishes.from_person_id',
    'meet_wishes.to_person_id',
    'member_imports.created_by',
    'memberships.added_by',
    'memberships.person_id',
    'merged_people.id',
    'merged_people.kept_id',
    'message_people.person_id',
    'messages.created_by',
    'network_administrators.person_id',
    'past_presence.person_id',
    'person_notes.author_id',
    'person_notes.person_id',
    'photos.person_id',
    'pitch_notes.from_person_id',
    'pitch_notes.to_person_id',
    'pitches.person_id',
    'preferences.person_id',
    'profiles.person_id',
    'question_answers.person_id',
    'rsvp_history.person_id',
    'series.created_by',
    'sessions.person_id',
    'sign_in_links.person_id',
    'standing_yeses.person_id',
    'thanks_lines.person_id',
    'thanks_lines.written_by',
    'welcomes.chosen_by',
    'welcomes.host_id',
    'welcomes.newcomer_id',
  ]);
  // What hangs on an invitation or an answer follows it by itself.
  expect(hanging.rows.filter(({ cascades }) => !cascades)).toEqual([]);
});
