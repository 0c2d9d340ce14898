import { templateFile } from '../../server/mail/template-files.ts';
import { saveText } from '../../server/texts/service.ts';
import type { TestService } from '../support/app.ts';
import type { DeskPage } from './desk-pages.ts';

const button = '[Ci sarò]({{ links.yes }} "button")';

/** The editor of texts and the line in time, in every state. */
export async function textPages(
  service: TestService,
  of: { chapterId: string; slug: string; eventId: string; draftId: string },
): Promise<DeskPage[]> {
  const { deps } = service;
  const { chapterId, eventId } = of;
  const actor = { kind: 'system' } as const;
  const chase = { chapterId, eventId: null, kind: 'chase', locale: 'it' } as const;
  for (const subject of ['Ci sei?', '{{ event.title }}: ci sei?']) {
    await saveText(deps, chase, { subject, body: `Ciao {{ person.firstName }}!\n\n${button}` }, { actor });
  }
  await saveText(deps, { ...chase, eventId }, { subject: 'Solo qui', body: button }, { actor });
  const [reminder] = await deps.db
    .selectFrom('mailings')
    .select('id')
    .where('eventId', '=', eventId)
    .where('kind', '=', 'thanks')
    .execute();
  const texts = `/desk/chapters/${of.slug}/texts`;
  const line = `/desk/events/${eventId}/mailings`;
  const { subject, body } = templateFile('chase', 'en');
  const typed = {
    subject_it: ' ',
    body_it: '{{ event.titel }}\n<b>x</b>',
    subject_en: subject,
    body_en: body,
  };
  const fine = { ...typed, subject_it: 'x', body_it: button, base_it: '', base_en: '' };
  return [
    { name: 'texts', path: texts },
    { name: 'text, original', path: `${texts}/invitation` },
    { name: 'text, her own', path: `${texts}/chase?done=textSaved` },
    { name: 'text of an event', path: `/desk/events/${eventId}/texts/chase` },
    { name: 'text, wrong', path: `${texts}/chase`, post: typed },
    { name: 'text, overtaken', path: `${texts}/chase`, post: fine },
    { name: 'text, tested', path: `${texts}/chase/test`, post: { ...fine, locale: 'it' } },
    {
      name: 'text, test without an event',
      path: `${texts}/chase/test`,
      post: { ...fine, locale: 'it', event: 'example' },
    },
    { name: 'line of a draft', path: `/desk/events/${of.draftId}/mailings` },
    {
      name: 'line, at night',
      path: `${line}/${reminder?.id}`,
      post: { change: 'move', date: '2026-11-28', time: '23:30' },
    },
    {
      name: 'line, in the past',
      path: `${line}/${reminder?.id}`,
      post: { change: 'move', date: '2026-11-20', time: '10:00' },
    },
    {
      name: 'line, added in the past',
      path: line,
      post: { step: 'chase_unanswered', moment: 'other', date: '2026-11-20', time: '10:00' },
    },
  ];
}
