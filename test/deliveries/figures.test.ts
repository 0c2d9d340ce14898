import { beforeAll, describe, expect, it } from 'vitest';
import { classOf } from '../../server/deliveries/figure-names.ts';
import { createFigures } from '../../server/deliveries/figures.ts';
import {
  type Claimed,
  claimDeliveries,
  type Settlement,
  settleDelivery,
} from '../../server/deliveries/ledger.ts';
import { closeFinishedMailings, runOverdueMailings } from '../../server/mailings/due.ts';
import { testClock } from '../support/clock.ts';
import { quietLog, useDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';

const database = useDatabase();
const clock = testClock('2026-11-10T09:00:00Z');
const said: Record<string, unknown>[] = [];
const log = {
  ...quietLog,
  info: (fields: unknown, text?: string) => void said.push({ text, ...(fields as object) }),
};

const claim = { mailingId: '01900000-0000-7000-8000-000000000000', kind: 'reminder', attempts: 1 };
const sums = async () => {
  const rows = await database.db.selectFrom('figures').selectAll().orderBy('name').execute();
  return Object.fromEntries(rows.map(({ name, labels, value }) => [`${name} ${labels}`, value]));
};

describe('what is counted', () => {
  it('is added up over several workers, by class and reason, and says nothing of whom', async () => {
    const workers = [1, 2, 3].map(() => createFigures({ db: database.db, clock }, log));
    const outcomes: Settlement[] = [
      { kind: 'sent', response: '250 ok', messageId: '<a@x>' },
      { kind: 'failed', response: '550 5.1.1 <giulia@example.org> unknown' },
      { kind: 'failed', response: '554 no' },
      { kind: 'deferred', response: '451 4.7.1 later' },
      { kind: 'deferred', response: 'connection lost: giulia@example.org' },
      { kind: 'unknown', cause: 'dropped_after_body: giulia@example.org' },
      { kind: 'suppressed', reason: 'opted_out' },
      { kind: 'skipped', reason: 'event_state' },
      { kind: 'released', at: clock() },
    ];
    for (const worker of workers) {
      for (const outcome of outcomes) worker.settled({ ...claim, attempts: 2 }, outcome);
      worker.tookIn('bounce');
    }
    await Promise.all(workers.map((worker) => worker.flush()));
    const first = await sums();
    expect(first).toEqual({
      'ritrovo_mails_sent_total {"kind":"reminder"}': 3,
      'ritrovo_mails_failed_total {"class":"5.1"}': 3,
      'ritrovo_mails_failed_total {"class":"554"}': 3,
      'ritrovo_mails_deferred_total {"class":"4.7"}': 3,
      'ritrovo_mails_deferred_total {"class":"connection"}': 3,
      'ritrovo_mails_unknown_total {"cause":"dropped_after_body"}': 3,
      'ritrovo_mails_suppressed_total {"reason":"opted_out"}': 3,
      'ritrovo_mails_skipped_total {"reason":"event_state"}': 3,
      'ritrovo_mails_retried_total {}': 24,
      'ritrovo_inbound_mails_total {"what":"bounce"}': 3,
    });
    workers[0]?.settled(claim, outcomes[0] as Settlement);
    await Promise.all(workers.map((worker) => worker.close()));
    expect(await sums()).toEqual({ ...first, 'ritrovo_mails_sent_total {"kind":"reminder"}': 4 });
  });

  it('waits where the database is away, and is added once', async () => {
    await database.pool.query('delete from figures');
    await database.pool.query('alter table figures rename to figures_away');
    const figures = createFigures(
      { db: database.db, clock },
      { ...log, warn: () => {} },
      { flushEveryMs: 3_600_000 },
    );
    figures.settled(claim, { kind: 'failed', response: '550 no' });
    await figures.flush();
    figures.settled(claim, { kind: 'failed', response: '550 no' });
    await database.pool.query('alter table figures_away rename to figures');
    await figures.close();
    expect(await sums()).toEqual({ 'ritrovo_mails_failed_total {"class":"550"}': 2 });
  });
});

describe('a mailing', () => {
  const deps = () => testDeps(database.db, clock);
  let mailing: { id: string };
  let figures: ReturnType<typeof createFigures>;
  let claimed: Claimed[];

  beforeAll(async () => {
    await database.pool.query('delete from figures');
    said.length = 0;
    figures = createFigures({ db: database.db, clock }, log);
    const chapter = await makeChapter(database.db);
    await makeMembers(database.db, chapter.id, 3);
    const event = await makeEvent(deps(), chapter.id);
    mailing = await database.db
      .selectFrom('mailings')
      .select('id')
      .where('eventId', '=', event.id)
      .where('kind', '=', 'invitation')
      .executeTakeFirstOrThrow();
    clock.advance(2_000);
    await runOverdueMailings(deps());
    await figures.began(mailing.id);
    claimed = await claimDeliveries(database.db, { limit: 10, leaseSeconds: 30, now: clock() });
    for (const one of claimed) {
      clock.advance(1_000);
      const sent: Settlement = { kind: 'sent', response: '250 ok', messageId: '<m@x>' };
      await settleDelivery(database.db, one, sent, clock());
      figures.settled(one, sent);
    }
    await closeFinishedMailings(deps(), [mailing.id]);
    await figures.ended([mailing.id]);
    await figures.close();
  });

  it('is told in one line as it begins and in one as it is done, with counts and lags and no address', () => {
    const counts = { queued: 0, sending: 0, sent: 0, failed: 0, unknown: 0, skipped: 0, suppressed: 0 };
    expect(said).toMatchObject([
      {
        text: 'a mailing begins',
        mailing: mailing.id,
        kind: 'invitation',
        lagMs: 2000,
        counts: { ...counts, queued: 4 },
      },
      {
        text: 'a mailing is done',
        mailing: mailing.id,
        beginLagMs: 2000,
        firstLagMs: 3000,
        lastLagMs: 6000,
        counts: { ...counts, sent: 4 },
      },
    ]);
    expect(JSON.stringify(said)).not.toContain('@');
  });

  it('is measured from due to its first and its last delivery, once, whoever else sends of it', async () => {
    const other = createFigures({ db: database.db, clock }, log);
    other.settled(claimed[0] as Claimed, { kind: 'sent', response: '250', messageId: '<m@x>' });
    await other.close();
    const found = await sums();
    expect(found).toMatchObject({
      'ritrovo_mailing_first_lag_seconds_count {"kind":"invitation"}': 1,
      'ritrovo_mailing_first_lag_seconds_sum {"kind":"invitation"}': 3,
      'ritrovo_mailing_first_lag_seconds_bucket {"kind":"invitation","le":"2"}': 0,
      'ritrovo_mailing_first_lag_seconds_bucket {"kind":"invitation","le":"5"}': 1,
      'ritrovo_mailing_last_lag_seconds_sum {"kind":"invitation"}': 6,
      'ritrovo_mailing_last_lag_seconds_bucket {"kind":"invitation","le":"+Inf"}': 1,
    });
  });
});

it('a refusal’s class is its enhanced status, else its code, else that no answer came', () => {
  const classes = [
    '550 5.1.1 no',
    '550-5.7.26 x',
    '421 later',
    '452 4.2.2',
    'connection lost: x',
    '',
    '<a@x>',
  ];
  expect(classes.map(classOf)).toEqual(['5.1', '5.7', '421', '4.2', 'connection', 'other', 'other']);
});
