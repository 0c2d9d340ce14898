import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Claimed,
  claimDeliveries,
  recoverLeases,
  settleDelivery,
} from '../../server/deliveries/ledger.ts';
import { presumeSent } from '../../server/deliveries/presumption.ts';
import { runOverdueMailings } from '../../server/mailings/due.ts';
import { minutes } from '../support/clock.ts';
import { makeChapter, makeEvent } from '../support/factories.ts';
import { useApi } from './support.ts';

const api = useApi({ now: '2026-11-10T09:00:00Z' });
let torino: Awaited<ReturnType<typeof makeChapter>>;

beforeAll(async () => {
  torino = await makeChapter(api.deps.db, { slug: 'torino' });
});

const leaseSeconds = 30;
const claim = async () =>
  (await claimDeliveries(api.deps.db, { limit: 100, leaseSeconds, now: api.clock() })) as Claimed[];
const settle = (claimed: Claimed, settlement: Parameters<typeof settleDelivery>[2]) =>
  settleDelivery(api.deps.db, claimed, settlement, api.clock());

/** An invitation to one person whose connection broke in the body. */
async function makeUnknown() {
  const chapter = await makeChapter(api.deps.db);
  const event = await makeEvent(api.deps, chapter.id);
  await runOverdueMailings(api.deps);
  const [claimed] = (await claim()) as [Claimed];
  await settle(claimed, { kind: 'unknown', cause: 'dropped_after_body: socket closed' });
  return { chapter, event, claimed, path: `/deliveries/${claimed.id}/presumption` };
}
const rowOf = async ({ claimed }: { claimed: Claimed }) =>
  (await api.call('GET', `/mailings/${claimed.mailingId}/deliveries`)).body.items[0];

describe('a mail of which nobody knows', () => {
  it('says why, when its retry comes, and after the second time that none does', async () => {
    const made = await makeUnknown();
    expect(await rowOf(made)).toMatchObject({
      state: 'unknown',
      unknown: { causes: ['dropped_after_body: socket closed'], retryAt: '2026-11-10T09:15:00.000Z' },
      nextAttemptAt: '2026-11-10T09:15:00.000Z',
    });
    api.clock.advance(minutes(15));
    const [again] = (await claim()) as [Claimed];
    expect(await rowOf(made)).toMatchObject({ state: 'sending', unknown: null, nextAttemptAt: null });
    await settle(again, { kind: 'unknown', cause: 'dropped_after_body: again' });
    expect((await rowOf(made))?.unknown).toEqual({
      causes: ['dropped_after_body: socket closed', 'dropped_after_body: again'],
      retryAt: null,
    });
  });
});

describe('presuming that it arrived', () => {
  it('makes it sent for a stated reason, keeps the causes, ends the mailing, and no retry comes', async () => {
    const made = await makeUnknown();
    const presumed = await api.call('POST', made.path, {}, { token: await api.tokenOf(made.chapter.id) });
    expect(presumed).toMatchObject({
      status: 200,
      body: {
        state: 'sent',
        reason: 'presumed_sent',
        unknown: null,
        unknownCauses: ['dropped_after_body: socket closed'],
        sentAt: made.claimed.datedAt.toISOString(),
        nextAttemptAt: null,
      },
    });
    expect(await rowOf(made)).toEqual(presumed.body);
    const { body } = await api.call('GET', `/events/${made.event.id}/mailings`);
    expect(body.items.find(({ kind }) => kind === 'invitation')?.state).toBe('done');
    api.clock.advance(minutes(60));
    expect(await claim()).toEqual([]);
    const log = await api.deps.db
      .selectFrom('auditLog')
      .select(['actor', 'chapterId', 'action'])
      .where('subjectId', '=', made.claimed.id)
      .execute();
    expect(log).toEqual([
      { actor: 'api_token', chapterId: made.chapter.id, action: 'delivery.presumed_sent' },
    ]);
  });

  it('is refused where its outcome is known, also the second time, and for a chapter that is not its own', async () => {
    const made = await makeUnknown();
    const other = await api.call('POST', made.path, {}, { token: await api.tokenOf(torino.id) });
    expect(other.status).toBe(404);
    expect((await api.call('POST', made.path, {})).status).toBe(200);
    expect(await api.call('POST', made.path, {})).toMatchObject({
      status: 409,
      body: { code: 'not_unknown' },
    });
    expect((await api.call('POST', '/deliveries/1/presumption', {})).status).toBe(404);
  });

  it('is refused while the retry is on its way, and what its server says then stands', async () => {
    const made = await makeUnknown();
    api.clock.advance(minutes(15));
    const [again] = (await claim()) as [Claimed];
    expect((await api.call('POST', made.path, {})).body).toMatchObject({ code: 'not_unknown' });
    expect(await settle(again, { kind: 'sent', response: '250 ok', messageId: '<m@x>' })).toBe(true);
    expect(await rowOf(made)).toMatchObject({ state: 'sent', reason: null, response: '250 ok' });
  });

  it('and the claim of its retry at the same moment: one of them wins, never both', async () => {
    const won = { presumed: 0, claimed: 0 };
    for (let round = 0; round < 20; round += 1) {
      const made = await makeUnknown();
      api.clock.advance(minutes(15));
      const [presumed, claimed] = await Promise.all([
        presumeSent(api.deps, made.claimed.id, { kind: 'system' }),
        claim(),
      ]);
      expect(claimed.some(({ id }) => id === made.claimed.id)).toBe(!presumed);
      won[presumed ? 'presumed' : 'claimed'] += 1;
      for (const one of claimed) await settle(one, { kind: 'sent', response: '250', messageId: '<m@x>' });
    }
    expect(won.presumed + won.claimed).toBe(20);
  });

  it('takes the word from a worker that was thought dead', async () => {
    const made = await makeUnknown();
    api.clock.advance(minutes(15));
    const [again] = (await claim()) as [Claimed];
    const { db } = api.deps;
    await db
      .updateTable('deliveries')
      .set({ phase: 'data', leaseUntil: new Date(0) })
      .where('id', '=', again.id)
      .execute();
    await recoverLeases(db, api.clock());
    expect((await api.call('POST', made.path, {})).status).toBe(200);
    const late = await settle(again, { kind: 'failed', response: '550 no' });
    expect(late).toBe(false);
    expect(await rowOf(made)).toMatchObject({ state: 'sent', reason: 'presumed_sent' });
  });
});
