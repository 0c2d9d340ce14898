import { changeEvent } from '../../server/events/service.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { ruleOf } from '../../server/series/rules.ts';
import { endSeries, startSeries } from '../../server/series/service.ts';
import { giveStandingYes } from '../../server/series/standing.ts';
import type { TestService } from '../support/app.ts';
import { makeEvent, makeMember } from '../support/factories.ts';
import { eventFields } from './at-desk.ts';
import type { DeskPage } from './desk-pages.ts';

const actor = { kind: 'system' } as const;
const settings = { publishDaysBefore: 14, datesAhead: 6 };

/** The pages of events that come again: one that goes on, with a date edited, one skipped and one out, and one that is over. */
export async function seriesPages(
  service: TestService,
  chapter: { id: string; slug: string },
): Promise<DeskPage[]> {
  const { deps, db, clock } = service;
  const weekAhead = new Date(clock().getTime() + 7 * 86_400_000);
  const begin = async (title: string, rhythm: 'weekly' | 'monthly_weekday') => {
    const startsAt = new Date(weekAhead);
    startsAt.setUTCHours(12, 0, 0, 0);
    const event = await makeEvent(deps, chapter.id, { title, startsAt });
    const rule = ruleOf(rhythm, startsAt.toISOString().slice(0, 10)) as string;
    const started = await startSeries(deps, { eventId: event.id, rule, settings, actor });
    if (!started.ok) throw new Error(started.reason);
    return { event, seriesId: started.seriesId };
  };
  const lunch = await begin('Pranzo di rete', 'monthly_weekday');
  const member = await makeMember(db, chapter.id, { firstName: 'Ortensia', lastName: 'Castelli' });
  await answerInvitation(deps, {
    eventId: lunch.event.id,
    personId: member.id,
    answer: 'yes',
    source: 'link',
  });
  await giveStandingYes(deps, {
    seriesId: lunch.seriesId,
    personId: member.id,
    source: 'coordinator',
    actor,
  });
  const dates = await db
    .selectFrom('events')
    .select('id')
    .where('seriesId', '=', lunch.seriesId)
    .orderBy('recurrenceOn')
    .execute();
  const [, second, third] = dates.map(({ id }) => id);
  await changeEvent(deps, second as string, { venueName: 'Il Chiostro' }, { actor, notify: false });
  await db
    .updateTable('events')
    .set({ state: 'cancelled', cancelledAt: clock() })
    .where('id', '=', third as string)
    .execute();
  const over = await begin('Colazione del lunedì', 'weekly');
  await endSeries(deps, { seriesId: over.seriesId, actor });
  const alone = await makeEvent(deps, chapter.id, { title: 'Laboratorio', draft: true, startsAt: weekAhead });

  // A draft that falls on a holiday, asked about.
  const asked = dates[4]?.id;
  const capodanno = JSON.stringify({ it: 'Capodanno', en: 'New Year’s Day' });
  await db
    .updateTable('events')
    .set({ holiday: capodanno, publishAt: null })
    .where('id', '=', asked as string)
    .execute();

  const list = `/desk/chapters/${chapter.slug}/series`;
  const page = `${list}/${lunch.seriesId}`;
  const start = `/desk/events/${alone.id}/series`;
  const following = `${page}/following?from=${lunch.event.id}`;
  const day = lunch.event.startsAt.toISOString().slice(0, 10);
  const fields = {
    ...eventFields({ title: 'Pranzo di rete', date: day, from: '12:30' }),
    repeats: 'monthly_weekday',
  };
  return [
    { name: 'series', path: list },
    { name: 'series of an empty group', path: '/desk/chapters/imola/series' },
    { name: 'one series', path: `${page}?done=seriesStarted` },
    {
      name: 'one series, wrong settings',
      path: page,
      post: { publication: 'itself', daysBefore: '0', ahead: 'x' },
    },
    { name: 'one series, wrong date', path: `${page}/dates`, post: { day: day } },
    { name: 'series over', path: `${list}/${over.seriesId}` },
    { name: 'ending a series', path: `${page}/end` },
    { name: 'starting a series', path: `${start}?rhythm=weekly` },
    {
      name: 'starting a series, wrong',
      path: start,
      post: { publication: 'itself', daysBefore: '99', ahead: '' },
    },
    {
      name: 'its dates',
      path: start,
      post: { rhythm: 'weekly', publication: 'itself', daysBefore: '14', ahead: '4' },
    },
    {
      name: 'its dates, published by hand',
      path: start,
      post: { rhythm: 'fortnightly', publication: 'draft', daysBefore: '', ahead: '4' },
    },
    { name: 'this and the following', path: following },
    {
      name: 'this and the following, wrong',
      path: following,
      post: { ...fields, title: '', repeats: 'monthly_last_day' },
    },
    { name: 'all of them', path: `${page}/following?scope=all` },
    {
      name: 'starting a series by another rule, wrong',
      path: start,
      post: {
        ...{ rhythm: 'other', unit: 'week', every: 'x', ends: 'until', until: '', publication: 'itself' },
        ...{ daysBefore: '14', ahead: '4', onHoliday: 'skip' },
      },
    },
    {
      name: 'starting a series by another rule, wrong in the month',
      path: start,
      post: {
        ...{ rhythm: 'other', unit: 'month', every: '1', place: 'weekday', ends: 'count', times: '0' },
        ...{ publication: 'itself', daysBefore: '14', ahead: '4', onHoliday: 'ask' },
      },
    },
    { name: 'cancelling this and the following', path: `${page}/rest?from=${lunch.event.id}` },
    { name: 'cancelling one date', path: `/desk/events/${dates[3]?.id}/cancellation` },
    { name: 'a draft on a holiday', path: `/desk/events/${asked}` },
    { name: 'what changes', path: following, post: fields },
    { name: 'what changes, nothing', path: following, post: { ...fields, from: '13:00', to: '15:00' } },
    { name: 'what changes, edited ones too', path: following, post: { ...fields, withApart: 'yes' } },
    { name: 'a draft that publishes itself', path: `/desk/events/${dates[3]?.id}` },
    { name: 'editing one date', path: `/desk/events/${dates[3]?.id}/edit` },
  ];
}
