import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createToken } from '../../server/api/tokens.ts';
import { addMember } from '../../server/chapters/service.ts';
import type { Deps } from '../../server/deps.ts';
import { keepFile } from '../../server/imports/staging.ts';
import { bossAlarm, installBoss } from '../../server/jobs/boss.ts';
import { runOverdueMailings } from '../../server/mailings/due.ts';
import { sendToOne } from '../../server/mailings/personal.ts';
import { createSession } from '../../server/organizers/sessions.ts';
import { createSignInLink } from '../../server/organizers/sign-in.ts';
import { erasePerson } from '../../server/people/erasure.ts';
import { exportPerson } from '../../server/people/export.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { testClock } from '../support/clock.ts';
import { useDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

const database = useDatabase();
const clock = testClock('2026-11-10T09:00:00Z');
const cli = { kind: 'cli' } as const;
let deps: Deps;
let alarm: ReturnType<typeof bossAlarm>;

beforeAll(async () => {
  await installBoss(database.pool);
  alarm = bossAlarm(database.pool, console.error);
  deps = { ...testDeps(database.db, clock), alarm };
});
afterAll(() => alarm.close());

const answer = (eventId: string, personId: string, more: object) =>
  answerInvitation(deps, { eventId, personId, answer: 'yes', source: 'link', ...more });

/** Each row of each table of the database, as PostgreSQL writes it; bytes as text where they are text. */
async function dump(): Promise<string[]> {
  const tables = await sql<{ name: string }>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema')`.execute(deps.db);
  const rows: string[] = [];
  for (const { name } of tables.rows) {
    const result = await sql<{ row: string }>`select t::text as row from ${sql.raw(name)} as t`.execute(
      deps.db,
    );
    rows.push(...result.rows.map(({ row }) => `${name} ${row} ${readable(row)}`.toLowerCase()));
  }
  return rows;
}

const readable = (row: string) =>
  [...row.matchAll(/\\x([0-9a-f]+)/g)]
    .map(([, hex = '']) => Buffer.from(hex, 'hex').toString('latin1'))
    .join(' ');

const tableOf = (row: string) => row.split(' ', 1)[0];

it('erasing a person leaves nothing of her in any table: no address, name, telephone number, or what servers and others wrote', async () => {
  const her = {
    firstName: 'Zenobia',
    lastName: 'Quarantotti',
    email: 'zenobia.q@example.org',
    phone: '+39 333 7654321',
  };
  const traces = ['zenobia', 'quarantotti', '7654321'];
  const chapter = await makeChapter(deps.db);
  await deps.db
    .updateTable('chapters')
    .set({ replyTo: her.email, senderName: `${her.firstName} ${her.lastName} · Rete` })
    .where('id', '=', chapter.id)
    .execute();
  const person = await makeMember(deps.db, chapter.id, { ...her, email: her.email.toUpperCase() });
  await deps.db.updateTable('people').set({ phone: her.phone }).where('id', '=', person.id).execute();
  await addMember(deps, chapter.id, { ...her, role: 'coordinator' }, { actor: cli, source: 'test' });
  await deps.db.insertInto('networkAdministrators').values({ personId: person.id }).execute();
  const other = await makeMember(deps.db, chapter.id, { firstName: 'Bea' });
  await deps.db.insertInto('networkAdministrators').values({ personId: other.id }).execute();

  const kept = await keepFile(
    deps,
    { chapterId: chapter.id, personId: other.id, fileName: 'socie.csv' },
    Buffer.from(`Nome;E-mail;Telefono\n${her.firstName} ${her.lastName};${her.email};${her.phone}\n`),
  );
  expect(kept.ok).toBe(true);

  // A line that names her and has no address of hers: it was not taken, and waits to be put right.
  const torn = await keepFile(
    deps,
    { chapterId: chapter.id, personId: other.id, fileName: 'iscritte.csv' },
    Buffer.from(
      `Cognome;Nome;E-mail;Telefono\nBianchi;Ada;ada@example.org;\n${her.lastName};${her.firstName};;\n;;;${her.phone}\n`,
    ),
  );
  expect(torn.ok).toBe(true);
  await deps.db
    .insertInto('personNotes')
    .values({
      personId: person.id,
      chapterId: chapter.id,
      authorId: other.id,
      text: `${her.firstName} canta`,
    })
    .execute();
  await deps.db
    .insertInto('formerAddresses')
    .values({ email: 'zenobia@prima.example', personId: person.id })
    .execute();

  const event = await makeEvent(deps, chapter.id, { guestsAllowed: 3 });
  await runOverdueMailings(deps);
  await answer(event.id, person.id, {
    note: `Sono intollerante al lattosio, ${her.firstName}`,
    guests: [{ name: 'Marito di Zenobia', email: 'marito.zenobia@example.org' }],
  });
  await answer(event.id, other.id, {
    guests: [{ name: 'Z.', email: her.email }, { name: 'zenobia QUARANTOTTI' }],
  });
  const guest = await makeMember(deps.db, chapter.id, { firstName: 'Sara' });
  await deps.db
    .insertInto('invitations')
    .values([
      {
        eventId: event.id,
        personId: guest.id,
        chapterId: chapter.id,
        source: 'link',
        calendarUid: 'u',
        invitedBy: her.email.toUpperCase(),
      },
    ])
    .onConflict((conflict) =>
      conflict.columns(['eventId', 'personId']).doUpdateSet({ invitedBy: `da ${her.email}` }),
    )
    .execute();
  await deps.db
    .insertInto('attendance')
    .values({
      eventId: event.id,
      chapterId: chapter.id,
      personId: other.id,
      mode: 'room',
      recordedBy: person.id,
      recordedAt: clock(),
      device: 'iPhone di Zenobia',
    })
    .execute();
  await deps.db
    .updateTable('deliveries')
    .set({
      state: 'failed',
      response: `550 5.1.1 <${her.email}> user unknown`,
      reason: `refused ${her.email}`,
      unknownCauses: [`dropped_after_body: RCPT ${her.email}`],
    })
    .where('personId', '=', person.id)
    .where('kind', '=', 'invitation')
    .execute();
  await deps.db.transaction().execute((trx) =>
    sendToOne(
      trx,
      [
        {
          kind: 'digest',
          personId: person.id,
          chapterId: chapter.id,
          eventId: null,
          cause: 'x',
          data: { to: her.email },
        },
      ],
      clock(),
    ),
  );
  await createSession(deps.db, person.id, clock(), 'Safari · iPhone di Zenobia');
  await createSignInLink(deps.db, deps.links, {
    personId: person.id,
    now: clock(),
    minutes: 15,
    browser: 'b',
  });
  const { id: questionId } = await deps.db
    .insertInto('eventQuestions')
    .values({
      eventId: event.id,
      chapterId: chapter.id,
      kind: 'text',
      label: 'Che cosa non mangi?',
      position: 0,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await deps.db
    .insertInto('questionAnswers')
    .values({
      questionId,
      personId: person.id,
      eventId: event.id,
      chapterId: chapter.id,
      value: 'Io, Zenobia, niente lattosio',
      answeredAt: clock(),
    })
    .execute();
  await deps.db
    .insertInto('eventHosts')
    .values({ eventId: event.id, personId: person.id, chapterId: chapter.id })
    .execute();
  await deps.db
    .insertInto('preferences')
    .values({ chapterId: chapter.id, personId: person.id, topic: 'thanks' })
    .execute();
  const { id: apiTokenId } = await createToken(deps.db, { name: 'x', chapterId: null, now: clock() });
  await deps.db
    .insertInto('idempotencyKeys')
    .values({
      apiTokenId,
      key: 'k',
      requestHash: Buffer.from(''),
      status: 201,
      body: JSON.stringify({ ...her, id: person.id }),
    })
    .execute();

  const before = await dump();
  const found = (trace: string) => new Set(before.filter((row) => row.includes(trace)).map(tableOf));
  // What the test put there is found: the dump looks everywhere.
  expect(found('zenobia')).toEqual(
    new Set([
      'public.people',
      'public.chapters',
      'public.rsvps',
      'public.rsvp_guests',
      'public.invitations',
      'public.attendance',
      'public.deliveries',
      'public.mailings',
      'public.idempotency_keys',
      'public.member_import_lines',
      'public.person_notes',
      'public.former_addresses',
      'public.question_answers',
      'public.sessions',
    ]),
  );
  expect(before.some((row) => row.startsWith('pgboss.'))).toBe(true);

  expect(await erasePerson(deps, person.id, cli)).toEqual({ ok: true });

  const after = await dump();
  for (const trace of traces) expect(after.filter((row) => row.includes(trace))).toEqual([]);
  // What names others, in the same file, stays.
  expect(after.filter((row) => row.includes('ada@example.org')).map(tableOf)).toEqual([
    'public.member_import_lines',
  ]);
  const left = await exportPerson(deps.db, person.id);
  expect(left).toMatchObject({
    person: { email: null, firstName: '', phone: null },
    networkAdministrator: null,
    mailsNotWanted: [],
    signIns: { links: [], sessions: [] },
    namedAsGuest: { asGuest: [], asInviter: [] },
  });
  expect(left.memberships.every((membership) => membership.endsAt !== null)).toBe(true);
  expect(left.mails.every((mail) => mail.response === null)).toBe(true);
  expect(left.log.map((entry) => entry.action)).toContain('person.erased');
  // The other woman's party is as large as it was.
  expect(
    await deps.db.selectFrom('rsvps').select('guests').where('personId', '=', other.id).executeTakeFirst(),
  ).toEqual({ guests: 2 });
});
