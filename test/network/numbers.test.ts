import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { markPresent } from '../../server/attendance/service.ts';
import { discreet } from '../../server/network/discretion.ts';
import { type AtDesk, signedIn } from '../desk/at-desk.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

const about = (people: number) => ({ count: people, people });
const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

describe('what may be told', () => {
  test('a part of fewer than five takes the next smallest with it, lest the total gives it away', () => {
    const told = discreet([about(20), about(3), about(9)], about(32));
    expect(told).toEqual({ parts: [20, null, null], total: 32 });
    expect(discreet([about(20), about(9)], about(29)).parts).toEqual([20, 9]);
    expect(discreet([about(1), about(1), about(30), about(8)], about(40)).parts).toEqual([
      null,
      null,
      30,
      null,
    ]);
    expect(discreet([about(4)], about(4))).toEqual({ parts: [null], total: null });
  });

  test('whatever the parts, nobody works out one of fewer than five', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 12 }), { minLength: 2, maxLength: 8 }), (people) => {
        const told = discreet(people.map(about), about(sum(people)));
        const hidden = people.filter((_, place) => told.parts[place] === null);
        expect(people.filter((one, place) => one < 5 && told.parts[place] !== null)).toEqual([]);
        if (told.total === null || hidden.length === 0) return;
        expect(hidden.length).toBeGreaterThan(1);
        expect(sum(hidden)).toBeGreaterThanOrEqual(5);
      }),
    );
  });
});

describe('the page', () => {
  const service = useService({ now: '2026-09-01T10:00:00Z' });
  const actor = { kind: 'system' } as const;
  let desk: AtDesk;

  beforeAll(async () => {
    const { db, deps } = service;
    const bologna = await makeChapter(db, { slug: 'bologna' });
    const names = ['Imola', 'Lugo', 'Milano'];
    const chapters = [bologna];
    for (const name of names) {
      const chapter = await makeChapter(db, { slug: name.toLowerCase() });
      await db.updateTable('chapters').set({ name }).where('id', '=', chapter.id).execute();
      chapters.push(chapter);
    }
    // How many come to the first evening and the second one: Lugo's three would follow from the total.
    const come = [
      [9, 6],
      [7, 0],
      [3, 2],
      [12, 0],
    ];
    const people = await Promise.all(
      chapters.map(async ({ id }, place) => {
        const rows = [];
        for (let i = 0; i < (come[place]?.[0] ?? 0); i += 1)
          rows.push(await makeMember(db, id, { firstName: `Segreta${place}${i}` }));
        return rows;
      }),
    );
    for (const [evening, day] of ['2026-09-10', '2026-10-10'].entries()) {
      const events = [];
      for (const { id } of chapters)
        events.push(await makeEvent(deps, id, { startsAt: new Date(`${day}T17:00:00Z`), access: 'link' }));
      await service.travel(`${day}T17:30:00Z`);
      for (const [place, event] of events.entries())
        for (const person of (people[place] ?? []).slice(0, come[place]?.[evening]))
          expect(
            await markPresent(deps, { eventId: event.id, personId: person.id, mode: 'room' }, actor),
          ).toMatchObject({ ok: true });
    }
    await service.travel('2026-11-26T10:00:00Z');
    // Six of Bologna's came as guests first.
    await db
      .updateTable('memberships')
      .set({ startsAt: new Date('2026-10-05T10:00:00Z') })
      .where(
        'personId',
        'in',
        (people[0] ?? []).slice(0, 6).map(({ id }) => id),
      )
      .execute();
    await db.insertInto('networkAdministrators').values({ personId: bologna.coordinator.id }).execute();
    desk = await signedIn(service, bologna.coordinator.id);
  });

  const few = '–';
  const rowOf = (html: string, name: string) => {
    const row = new RegExp(`<th scope="row">${name}</th>([\\s\\S]*?)</tr>`).exec(html)?.[1] ?? '';
    return [...row.matchAll(/<td>([^<]*)<\/td>/g)].map(([, cell]) => cell);
  };

  test('tells sums per group and in all, and keeps back what would tell of a few', async () => {
    const { body } = await desk.get('/desk/network/numbers');
    expect(rowOf(body, 'Bologna')).toEqual(['15', few, '9', few, few, few, few]);
    expect(rowOf(body, 'Milano').slice(0, 3)).toEqual(['12', few, '12']);
    expect(rowOf(body, 'Lugo')).toEqual(Array(7).fill(few));
    // The next smallest: else 39 less the others were Lugo's.
    expect(rowOf(body, 'Imola')).toEqual(Array(7).fill(few));
    expect(body).toContain('<dt>Presenze di persona</dt><dd>39</dd>');
    expect(body).toContain('<dt>Di queste, tornate</dt><dd>8</dd>');
    expect(body).toContain('<dt>Ospiti che ora fanno parte del gruppo</dt><dd>6</dd>');
    expect(body).toContain('Dal 1 novembre 2025 al 31 ottobre 2026');
    expect(body).not.toContain('Segreta');
  });
});
