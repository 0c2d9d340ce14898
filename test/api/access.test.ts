import { beforeAll, describe, expect, it } from 'vitest';
import { apiAccess } from '../../server/api/access.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { useApi } from './support.ts';

const api = useApi({ now: '2026-11-10T09:00:00Z' });
let bologna: Awaited<ReturnType<typeof makeChapter>>;
let torino: Awaited<ReturnType<typeof makeChapter>>;

beforeAll(async () => {
  bologna = await makeChapter(api.deps.db, { slug: 'bologna' });
  torino = await makeChapter(api.deps.db, { slug: 'torino' });
});

describe('a token', () => {
  it('is asked for by a challenge, and a wrong one is named as invalid', async () => {
    const without = await api.call('GET', '/chapters/bologna/members', undefined, { token: null });
    expect(without).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer realm="ritrovo"' } });
    for (const token of ['', 'ritrovo_x', 'ritrovo_'.padEnd(51, 'x')]) {
      const wrong = await api.call('GET', '/chapters/bologna/members', undefined, { token });
      expect(wrong).toMatchObject({
        status: 401,
        headers: { 'www-authenticate': 'Bearer realm="ritrovo", error="invalid_token"' },
      });
    }
  });

  it('opens nothing once it is revoked', async () => {
    const token = await api.tokenOf(null);
    expect((await api.call('GET', '/chapters/bologna/members', undefined, { token })).status).toBe(200);
    await api.deps.db
      .updateTable('apiTokens')
      .set({ revokedAt: api.clock() })
      .where('id', 'in', (query) =>
        query
          .selectFrom('apiTokens')
          .select('id')
          .orderBy('createdAt', 'desc')
          .orderBy('id', 'desc')
          .limit(1),
      )
      .execute();
    expect((await api.call('GET', '/chapters/bologna/members', undefined, { token })).status).toBe(401);
  });

  it('is kept as a hash alone', async () => {
    const token = await api.tokenOf(null);
    const rows = await api.deps.db.selectFrom('apiTokens').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  it('of one chapter sees nothing of the others, and cannot tell them from what does not exist', async () => {
    const token = await api.tokenOf(bologna.id);
    const event = await makeEvent(api.deps, torino.id);
    const member = await makeMember(api.deps.db, torino.id);
    const mailing = await api.deps.db
      .selectFrom('mailings')
      .select('id')
      .where('eventId', '=', event.id)
      .executeTakeFirstOrThrow();
    const none = '01900000-0000-7000-8000-000000000000';
    const calls = (eventId: string, mailingId: string, slug: string) =>
      [
        ['GET', `/chapters/${slug}/members`],
        ['POST', `/chapters/${slug}/members`, { email: 'a@example.org', firstName: 'A' }],
        [
          'POST',
          `/chapters/${slug}/events`,
          { title: 'x', format: 'online', startsAt: '2026-12-01T10:00', endsAt: '2026-12-01T11:00' },
        ],
        ['GET', `/events/${eventId}`],
        ['PATCH', `/events/${eventId}`, { title: 'x' }],
        ['POST', `/events/${eventId}/publication`, {}],
        ['POST', `/events/${eventId}/cancellation`, {}],
        ['GET', `/events/${eventId}/rsvps`],
        ['PUT', `/events/${eventId}/rsvps/${member.id}`, { answer: 'yes' }],
        ['PUT', `/events/${eventId}/attendance/${member.id}`, { mode: 'room' }],
        ['DELETE', `/events/${eventId}/attendance/${member.id}`, { mode: 'room' }],
        ['POST', `/events/${eventId}/attendance`, { name: 'x', mode: 'room' }],
        ['PUT', `/events/${eventId}/attendance-complete/room`, {}],
        ['GET', `/events/${eventId}/timeline`],
        ['PUT', `/events/${eventId}/timeline`, []],
        ['GET', `/events/${eventId}/mailings`],
        ['GET', `/mailings/${mailingId}/deliveries`],
      ] as const;
    const foreign = calls(event.id, mailing.id, 'torino');
    const missing = calls(none, none, 'nowhere');
    for (const [at, [method, path, body]] of foreign.entries()) {
      const answer = await api.call(method, path, body, { token });
      expect(answer.status, `${method} ${path}`).toBe(404);
      const [, missingPath, missingBody] = missing[at]!;
      expect(answer.body).toEqual((await api.call(method, missingPath, missingBody, { token })).body);
    }
    expect(
      (await api.deps.db.selectFrom('events').select('state').where('id', '=', event.id).executeTakeFirst())
        ?.state,
    ).toBe('published');
    expect((await api.call('GET', '/chapters/bologna/members', undefined, { token })).status).toBe(200);
  });

  it('of one chapter makes no other', async () => {
    const token = await api.tokenOf(bologna.id);
    const body = { slug: 'roma', name: 'Roma', timeZone: 'Europe/Rome', locale: 'it' };
    expect((await api.call('POST', '/chapters', body, { token })).status).toBe(403);
  });
});

describe('an address of the API', () => {
  it('that does not exist is a problem too', async () => {
    for (const path of [
      '/nothing',
      '/events/not-an-id',
      '/events/%00',
      '/chapters/%00/members',
      '/mailings/1/deliveries',
    ]) {
      expect((await api.call('GET', path)).status, path).toBe(404);
    }
  });

  it('takes no unknown parameters', async () => {
    const answer = await api.call('GET', '/chapters/bologna/members?page=2&limit=0');
    expect(answer.body.errors.map((error) => error.path).sort()).toEqual(['limit', 'page']);
  });
});

describe('the reference', () => {
  it('is a document that names every call, and a page that reads it out, without a token', async () => {
    const document = await api.app.inject('/api/v1/openapi.json');
    expect(document.statusCode).toBe(200);
    const known = Object.keys(apiAccess).map((call) =>
      call.replace(/^\w+ /, '').replaceAll(/:(\w+)/g, '{$1}'),
    );
    expect(Object.keys(document.json().paths).sort()).toEqual([...new Set(known)].sort());
    const page = await api.app.inject('/docs');
    expect(page.headers['content-type']).toContain('text/html');
    for (const path of Object.keys(document.json().paths)) expect(page.body).toContain(`</b> ${path}</code>`);
    expect(page.body).toContain('id="seats_taken"');
    expect(page.body).not.toMatch(/<script|src="http/);
  });
});
