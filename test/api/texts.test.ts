import { beforeAll, describe, expect, it } from 'vitest';
import { templateFile } from '../../server/mail/template-files.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { useApi, wrongPaths } from './support.ts';

const api = useApi({ now: '2026-11-10T09:00:00Z' });
let bologna: Awaited<ReturnType<typeof makeChapter>>;
let torino: Awaited<ReturnType<typeof makeChapter>>;
let event: Awaited<ReturnType<typeof makeEvent>>;
const button = '[Vengo]({{ links.yes }} "button")';

beforeAll(async () => {
  bologna = await makeChapter(api.deps.db, { slug: 'bologna' });
  torino = await makeChapter(api.deps.db, { slug: 'torino' });
  event = await makeEvent(api.deps, bologna.id);
});

const at = (scope: string, id: string, kind = 'invitation') => `/texts/${scope}/${id}/${kind}/it`;

describe('texts', () => {
  it('are the original until somebody writes her own, from the network down to the event, and come back', async () => {
    const path = at('events', event.id);
    const original = templateFile('invitation', 'it');
    expect(await api.call('GET', path)).toMatchObject({
      status: 200,
      body: { subject: original.subject, from: 'original' },
    });
    for (const [scope, id] of [
      ['network', 'network'],
      ['chapters', 'bologna'],
      ['events', event.id],
    ] as const) {
      const put = await api.call('PUT', at(scope, id), { subject: scope, body: button });
      expect(put).toMatchObject({ status: 200, body: { subject: scope, body: button, from: scope } });
      expect(await api.call('GET', path)).toMatchObject({ body: { subject: scope, from: scope } });
    }
    expect((await api.call('DELETE', path)).status).toBe(204);
    expect(await api.call('GET', path)).toMatchObject({ body: { from: 'chapters' } });
    expect((await api.call('DELETE', path)).status).toBe(204);
    expect((await api.call('DELETE', at('chapters', 'bologna'))).status).toBe(204);
    expect(await api.call('GET', path)).toMatchObject({ body: { from: 'network' } });
    await api.call('DELETE', at('network', 'network'));
  });

  it('that cannot be written are refused with their path and line, and change nothing', async () => {
    const wrong = await api.call('PUT', at('chapters', 'bologna'), {
      subject: ' ',
      body: `{{ event.titel }}\n${button}`,
    });
    expect(wrongPaths(wrong)).toEqual(['subject', 'body']);
    expect(wrong.body.errors[1]?.message).toMatch(/^Line 1: “event\.titel” does not exist/);
    expect(
      wrongPaths(await api.call('PUT', at('chapters', 'bologna'), { subject: 'x', body: 'no button' })),
    ).toEqual(['body']);
    expect(wrongPaths(await api.call('PUT', at('chapters', 'bologna'), { subject: 'x', more: 1 }))).toEqual([
      'body',
      'more',
    ]);
    expect(await api.call('GET', at('chapters', 'bologna'))).toMatchObject({ body: { from: 'original' } });
  });

  it('of another chapter, of the network and of what does not exist are not there for a chapter’s token', async () => {
    const token = await api.tokenOf(bologna.id);
    const body = { subject: 'x', body: button };
    const foreign = await makeEvent(api.deps, torino.id);
    for (const path of [
      at('chapters', 'torino'),
      at('events', foreign.id),
      at('network', 'network'),
      at('chapters', 'bologna', 'sign_in'),
      at('chapters', 'bologna', 'poem'),
      at('events', event.id, 'digest'),
      at('planets', 'bologna'),
      '/texts/chapters/bologna/invitation/fr',
    ]) {
      for (const method of ['GET', 'PUT', 'DELETE'] as const) {
        expect(
          (await api.call(method, path, method === 'PUT' ? body : undefined, { token })).status,
          `${method} ${path}`,
        ).toBe(404);
      }
    }
    expect((await api.call('PUT', at('chapters', 'bologna'), body, { token })).status).toBe(200);
    expect((await api.call('DELETE', at('chapters', 'bologna'), undefined, { token })).status).toBe(204);
  });
});

describe('a preview', () => {
  const mailingOf = (eventId: string, kind: string) =>
    api.deps.db
      .selectFrom('mailings')
      .select('id')
      .where('eventId', '=', eventId)
      .where('kind', '=', kind)
      .executeTakeFirstOrThrow();

  it('is the mailing as one person would get it, with the words in use, and her link is covered', async () => {
    const mine = await makeEvent(api.deps, bologna.id);
    const jane = await makeMember(api.deps.db, bologna.id, { firstName: 'Jane', locale: 'en' });
    await api.deps.db
      .insertInto('invitations')
      .values({
        eventId: mine.id,
        personId: jane.id,
        chapterId: bologna.id,
        source: 'member',
        calendarUid: 'x',
        createdAt: api.clock(),
      })
      .execute();
    await answerInvitation(api.deps, {
      eventId: mine.id,
      personId: jane.id,
      answer: 'yes',
      source: 'link',
      mode: 'room',
    });
    await api.call('PUT', `/texts/events/${mine.id}/reminder/en`, {
      subject: 'See you, {{ person.firstName }}',
      body: '[Page]({{ links.answer }} "button")',
    });
    const { id } = await mailingOf(mine.id, 'reminder');
    const preview = await api.call('POST', `/mailings/${id}/preview`, {});
    expect(preview).toMatchObject({ status: 200, body: { subject: 'See you, Jane' } });
    expect(preview.body.text).toMatch(/^Page: http:\/\/localhost:3000\/r\/\*\*\*\n/);
    const named = await api.call('POST', `/mailings/${id}/preview`, { personId: bologna.coordinator.id });
    expect(named.body.text).toContain('Ciao Anna');
    expect(
      await api.deps.db.selectFrom('rsvps').select('personId').where('eventId', '=', mine.id).execute(),
    ).toEqual([{ personId: jane.id }]);
  });

  it('is of nobody who is not invited, and of no other chapter’s mailing', async () => {
    const { id } = await mailingOf(event.id, 'reminder');
    const stranger = await makeMember(api.deps.db, torino.id, { firstName: 'Elsa' });
    expect(wrongPaths(await api.call('POST', `/mailings/${id}/preview`, { personId: stranger.id }))).toEqual([
      'personId',
    ]);
    const token = await api.tokenOf(torino.id);
    expect((await api.call('POST', `/mailings/${id}/preview`, {}, { token })).status).toBe(404);
  });
});
