import type { MessageContent } from '../../server/messages/service.ts';
import {
  createMessage,
  discardMessage,
  holdMessage,
  planMessage,
  sendMessageTest,
  stopMessage,
} from '../../server/messages/service.ts';
import type { TestService } from '../support/app.ts';
import { hours } from '../support/clock.ts';
import type { DeskPage } from './desk-pages.ts';

/** Messages to the group in every state, and each page about them. */
export async function messagePages(
  service: TestService,
  of: { chapterId: string; coordinatorId: string; eventId: string; personIds: string[] },
): Promise<DeskPage[]> {
  const { deps, clock, inbox } = service;
  const actor = { kind: 'person', id: of.coordinatorId } as const;
  const make = async (subject: string, more: Partial<MessageContent> = {}, personIds?: string[]) => {
    const made = await createMessage(
      deps,
      of.chapterId,
      {
        subject,
        body: 'Ciao {{ firstName }},\n\nci ritroviamo **presto**:\n\n- a gennaio\n- a febbraio\n\nA presto,\n{{ coordinator.firstName }}',
        audience: 'members',
        eventId: null,
        eventAudience: null,
        ...more,
      },
      { actor, ...(personIds && { personIds }) },
    );
    if (!made.ok) throw new Error(made.reason);
    return { chapterId: of.chapterId, messageId: made.id, actor };
  };
  const later = (count: number) => new Date(clock().getTime() + hours(count));

  const draft = await make('Ci ritroviamo a gennaio');
  const unfinished = await make('', { audience: 'people', eventId: of.eventId }, of.personIds);
  const planned = await make('{{ event.title }}: portate una sedia', {
    audience: 'event',
    eventId: of.eventId,
    eventAudience: 'going',
  });
  await planMessage(deps, planned, later(20));
  const held = await make('Una proposta per la primavera', { audience: 'newcomers' });
  await planMessage(deps, held, later(40));
  await holdMessage(deps, held, 'hold');
  const nobody = await make('A chi non si vede da un po’', { audience: 'unseen' });
  const thrown = await make('Da buttare');
  await discardMessage(deps, thrown, true);

  inbox.hooks = {
    rcpt: (to) => (to.startsWith('giulia') ? { code: 550, text: '5.1.1 no such user' } : undefined),
  };
  const sent = await make('Grazie a chi c’era');
  await planMessage(deps, sent, 'now');
  await sendMessageTest(deps, sent, of.coordinatorId);
  await service.settle();
  inbox.hooks = { rcpt: (to) => (to.startsWith('sara') ? 451 : undefined) };
  const leaving = await make('Sta partendo');
  await planMessage(deps, leaving, 'now');
  const stopped = await make('Fermato');
  await planMessage(deps, stopped, 'now');
  await service.settle();
  await stopMessage(deps, stopped);
  inbox.hooks = {};

  const base = '/desk/chapters/bologna/messages';
  const at = (scope: { messageId: string }) => `${base}/${scope.messageId}`;
  const wrong = { subject: '', body: 'Ciao {{ nome }}', audience: 'event', eventId: '', who: 'going' };
  return [
    { name: 'messages', path: `${base}?discarded=${thrown.messageId}` },
    { name: 'messages of an empty group', path: '/desk/chapters/imola/messages' },
    { name: 'new message', path: `${base}/new` },
    { name: 'new message to an event', path: `${base}/new?event=${of.eventId}&who=maybe&problem=nobody` },
    { name: 'new message, wrong', path: base, post: wrong },
    { name: 'message, draft', path: `${at(draft)}?done=saved` },
    {
      name: 'message, draft, past moment',
      path: `${at(draft)}/sending`,
      post: { when: 'later', date: '2026-01-01', time: '10:00' },
    },
    { name: 'message, unfinished', path: `${at(unfinished)}?problem=incomplete` },
    { name: 'message, people', path: `${at(unfinished)}/edit` },
    { name: 'message, planned', path: at(planned) },
    { name: 'message, held', path: at(held) },
    { name: 'message, nobody', path: at(nobody) },
    { name: 'message, thrown away', path: at(thrown) },
    { name: 'message, sent', path: at(sent) },
    { name: 'message, leaving', path: at(leaving) },
    { name: 'message, stopped', path: at(stopped) },
    { name: 'message that is not there', path: `${base}/x` },
  ];
}
