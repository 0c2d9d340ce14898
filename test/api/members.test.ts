import { beforeAll, describe, expect, it } from 'vitest';
import { makeChapter, makeMember, makeMembers } from '../support/factories.ts';
import { useApi, wrongPaths } from './support.ts';

const api = useApi({ now: '2026-11-10T09:00:00Z' });
let bologna: Awaited<ReturnType<typeof makeChapter>>;

beforeAll(async () => {
  bologna = await makeChapter(api.deps.db, { slug: 'bologna' });
});

const roma = { slug: 'roma', name: 'Roma', timeZone: 'Europe/Rome', locale: 'it' };

describe('a chapter', () => {
  it('is made with a coordinator of its own', async () => {
    const made = await api.call('POST', '/chapters', {
      ...roma,
      coordinator: { email: 'Marta@Example.org', firstName: 'Marta' },
    });
    expect(made).toMatchObject({
      status: 201,
      body: { slug: 'roma', locale: 'it', url: 'http://localhost:3000/c/roma' },
    });
    const { items } = (await api.call('GET', '/chapters/roma/members')).body;
    expect(items).toMatchObject([
      { email: 'marta@example.org', firstName: 'Marta', lastName: '', role: 'coordinator' },
    ]);
  });

  it('without one is held by the first coordinator of the network', async () => {
    await api.call('POST', '/chapters', { ...roma, slug: 'milano', name: 'Milano' });
    const { items } = (await api.call('GET', '/chapters/milano/members')).body;
    expect(items).toMatchObject([{ id: bologna.coordinator.id, role: 'coordinator' }]);
  });

  it('keeps its slug to itself, and leaves no half chapter behind', async () => {
    const body = { ...roma, slug: 'bologna', coordinator: { email: 'nessuna@example.org', firstName: 'N' } };
    expect((await api.call('POST', '/chapters', body)).body).toMatchObject({
      status: 409,
      code: 'slug_taken',
    });
    const person = await api.deps.db
      .selectFrom('people')
      .select('id')
      .where('email', '=', 'nessuna@example.org')
      .executeTakeFirst();
    expect(person).toBeUndefined();
  });

  it('is refused with all that is wrong about it', async () => {
    const refused = await api.call('POST', '/chapters', {
      slug: 'Reggio Emilia',
      name: ' ',
      timeZone: 'Europe/Reggio',
      locale: 'fr',
      coordinator: { email: 'marta', firstName: '' },
    });
    expect(new Set(wrongPaths(refused))).toEqual(
      new Set(['slug', 'name', 'timeZone', 'locale', 'coordinator.email', 'coordinator.firstName']),
    );
  });
});

describe('a member', () => {
  it('is one person however often her address comes, in whatever case', async () => {
    const body = { email: 'giulia@example.org', firstName: 'Giulia', lastName: 'Bianchi' };
    const made = await api.call('POST', '/chapters/bologna/members', body);
    expect(made).toMatchObject({ status: 201, body: { ...body, role: 'member', locale: null } });
    const again = await api.call('POST', '/chapters/bologna/members', {
      email: ' GIULIA@example.org ',
      firstName: 'Giù',
      locale: 'en',
    });
    expect(again).toMatchObject({ status: 200, body: made.body });
  });

  it('of another chapter joins as the same person', async () => {
    const torino = await makeChapter(api.deps.db, { slug: 'torino' });
    const known = await makeMember(api.deps.db, torino.id, {
      firstName: 'Elena',
      email: 'elena@example.org',
    });
    const joined = await api.call('POST', '/chapters/bologna/members', {
      email: 'elena@example.org',
      firstName: 'Altra',
    });
    expect(joined).toMatchObject({ status: 201, body: { id: known.id, firstName: 'Elena' } });
  });

  it('becomes a coordinator, and no call takes that away', async () => {
    const body = { email: 'sara@example.org', firstName: 'Sara' };
    await api.call('POST', '/chapters/bologna/members', body);
    expect(
      (await api.call('POST', '/chapters/bologna/members', { ...body, role: 'coordinator' })).body.role,
    ).toBe('coordinator');
    expect((await api.call('POST', '/chapters/bologna/members', { ...body, role: 'member' })).body.role).toBe(
      'coordinator',
    );
    const { items } = (await api.call('GET', '/chapters/bologna/members?limit=500')).body;
    expect(items.filter((item) => item.email === body.email)).toMatchObject([{ role: 'coordinator' }]);
  });

  it('is made once when two programs add her at the same moment', async () => {
    const body = { email: 'doppia@example.org', firstName: 'Doppia' };
    const all = await Promise.all(
      Array.from({ length: 6 }, () => api.call('POST', '/chapters/bologna/members', body)),
    );
    expect(new Set(all.map((answer) => answer.body.id)).size).toBe(1);
    expect(all.filter((answer) => answer.status === 201)).toHaveLength(1);
  });

  it('needs an address and a first name', async () => {
    const refused = await api.call('POST', '/chapters/bologna/members', {
      email: 'x@y',
      name: 'Giulia',
      role: 'boss',
    });
    expect(new Set(wrongPaths(refused))).toEqual(new Set(['email', 'firstName', 'name', 'role']));
  });

  it('who had herself erased does not come back unasked', async () => {
    const [hash] = api.deps.links.addressHashes('via@example.org');
    await api.deps.db
      .insertInto('suppressions')
      .values({ addressHash: hash as Buffer, reason: 'erased' })
      .execute();
    const refused = await api.call('POST', '/chapters/bologna/members', {
      email: 'Via@example.org',
      firstName: 'Via',
    });
    expect(refused.body).toMatchObject({ status: 409, code: 'address_erased' });
    expect(JSON.stringify(refused.body)).not.toContain('via@');
  });
});

describe('a list', () => {
  it('neither skips nor repeats anybody who was there at its first page, whoever comes in between', async () => {
    const { id } = await makeChapter(api.deps.db, { slug: 'napoli' });
    const there = (await makeMembers(api.deps.db, id, 23)).map((person) => person.id);
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: { items: { id: string }[]; nextCursor: string | null } = (
        await api.call('GET', `/chapters/napoli/members?limit=5${cursor && `&cursor=${cursor}`}`)
      ).body;
      seen.push(...page.items.map((item) => item.id));
      cursor = page.nextCursor;
      // Somebody joins while the list is read, some of them known before everybody else.
      await makeMembers(api.deps.db, id, 1);
      await api.call('POST', '/chapters/napoli/members', {
        email: 'giulia@example.org',
        firstName: 'Giulia',
      });
      if (seen.length > 60) throw new Error('the list has no end');
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(there.filter((person) => !seen.includes(person))).toEqual([]);
  });

  it('ends exactly at its last row', async () => {
    const { id } = await makeChapter(api.deps.db, { slug: 'parma' });
    await makeMembers(api.deps.db, id, 3);
    const page = (await api.call('GET', '/chapters/parma/members?limit=4')).body;
    expect(page).toMatchObject({ nextCursor: null });
    expect(page.items).toHaveLength(4);
  });

  it('refuses a cursor that it did not give, and a limit out of bounds', async () => {
    for (const cursor of ['x', '!!!!', 'AAAA', `${'A'.repeat(22)}=`]) {
      expect(wrongPaths(await api.call('GET', `/chapters/bologna/members?cursor=${cursor}`))).toEqual([
        'cursor',
      ]);
    }
    for (const limit of ['0', '501', 'many', '1.5']) {
      expect(wrongPaths(await api.call('GET', `/chapters/bologna/members?limit=${limit}`))).toEqual([
        'limit',
      ]);
    }
  });
});

it('whoever had herself erased is on no list, although her membership has not run out', async () => {
  const gone = await makeMember(api.deps.db, bologna.id, { firstName: 'Gaia' });
  const ids = async () =>
    (await api.call('GET', '/chapters/bologna/members?limit=500')).body.items.map(
      (row: { id: string }) => row.id,
    );
  expect(await ids()).toContain(gone.id);
  await api.deps.db
    .updateTable('people')
    .set({ erasedAt: api.clock(), email: null })
    .where('id', '=', gone.id)
    .execute();
  expect(await ids()).not.toContain(gone.id);
});
