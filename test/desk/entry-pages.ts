import { handOver } from '../../server/organizers/handover.ts';
import type { TestService } from '../support/app.ts';
import { days } from '../support/clock.ts';
import { makeChapter, makeMember } from '../support/factories.ts';
import type { DeskPage } from './desk-pages.ts';

/** Who coordinates, in every state: with one coordinator, in the middle of a handover, and with what was typed wrong. */
export async function entryPages(service: TestService, coordinatorId: string): Promise<DeskPage[]> {
  const { db, deps, clock } = service;
  const chapter = await makeChapter(db, { slug: 'ravenna' });
  await db
    .insertInto('memberships')
    .values({
      chapterId: chapter.id,
      personId: coordinatorId,
      role: 'coordinator',
      source: 'test',
      startsAt: clock(),
    })
    .execute();
  const marta = await makeMember(db, chapter.id, { firstName: 'Marta', lastName: 'Ferri' });
  const handed = await handOver(deps, {
    chapterId: chapter.id,
    outgoingId: coordinatorId,
    candidate: { personId: marta.id },
    at: new Date(clock().getTime() + days(10)),
    actor: { kind: 'person', id: coordinatorId },
  });
  if (!handed.ok) throw new Error(handed.reason);
  await db.insertInto('networkAdministrators').values({ personId: coordinatorId }).execute();
  const settings = '/desk/chapters/bologna/settings';
  const alone = '/desk/chapters/bologna/coordinators';
  const handing = '/desk/chapters/ravenna/coordinators';
  return [
    { name: 'coordinators, one', path: alone },
    { name: 'coordinators, handing over', path: `${handing}?said=handedOver` },
    { name: 'coordinator to be', path: `${alone}/new` },
    { name: 'coordinator to be, found', path: `${alone}/new?q=sara` },
    { name: 'coordinator to be, nobody found', path: `${alone}/new?q=xyz` },
    {
      name: 'coordinator to be, wrong',
      path: alone,
      post: { who: 'new', how: 'handover', email: 'x', firstName: '', date: '' },
    },
    { name: 'how to join', path: '/desk/chapters/bologna/joining' },
    {
      name: 'how to join, too long',
      path: '/desk/chapters/bologna/joining',
      post: { it: 'x'.repeat(10_001) },
    },
    { name: 'settings', path: settings },
    {
      name: 'settings, wrong',
      path: settings,
      post: { name: '', accentColour: 'x', replyTo: 'x', timeZone: 'x' },
    },
    { name: 'network', path: '/desk/network?said=made' },
    { name: 'network, nothing found', path: '/desk/network?q=xyz' },
    { name: 'new group', path: '/desk/network/chapters/new' },
    {
      name: 'new group, wrong',
      path: '/desk/network/chapters',
      post: { chapter: '', email: 'x', timeZone: 'x' },
    },
    { name: 'how long things are kept', path: '/desk/network/retention?said=kept' },
    {
      name: 'how long things are kept, refused',
      path: '/desk/network/retention',
      post: { keepNotesDays: '0', keepDeliveryMonths: 'x', keepAnswersMonths: '24', keepLogsDays: '30' },
    },
    { name: 'texts of the network', path: '/desk/network/texts' },
    { name: 'text of the network', path: '/desk/network/texts/invitation' },
    { name: 'numbers of the network', path: '/desk/network/numbers' },
    { name: 'administrators', path: '/desk/network/administrators' },
    { name: 'administrators, wrong', path: '/desk/network/administrators', post: { email: 'x' } },
    { name: 'one group of several', path: '/desk/chapters/ravenna/' },
    { name: 'coordinator leaves, the last', path: `${alone}/${coordinatorId}/departure`, post: {} },
  ];
}
