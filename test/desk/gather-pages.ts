import { askCohost } from '../../server/events/cohosts.ts';
import { addHost } from '../../server/events/hosts.ts';
import { saveQuestions } from '../../server/events/questions.ts';
import { answerQuestions } from '../../server/rsvps/own-questions.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import type { TestService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';
import type { DeskPage } from './desk-pages.ts';

const actor = { kind: 'system' } as const;

/** An event with all that can stand around one, and its pages in every state. */
export async function gatherPages(
  { db, deps, clock }: TestService,
  chapter: { id: string; slug: string },
): Promise<DeskPage[]> {
  const people = await makeMembers(db, chapter.id, 6);
  const other = await makeChapter(db, { slug: 'modena' });
  await makeChapter(db, { slug: 'parma' });
  const event = await makeEvent(deps, chapter.id, {
    title: 'Cena con domande',
    startsAt: new Date(clock().getTime() + 20 * 86_400_000),
    format: 'hybrid',
    seatsRoom: 2,
    guestsAllowed: 2,
  });
  await askCohost(deps, { eventId: event.id, chapterId: other.id, actor, agreed: true });
  await addHost(deps, { eventId: event.id, personId: people[5]?.id as string, actor });
  await saveQuestions(deps, {
    eventId: event.id,
    actor,
    questions: [
      { id: null, kind: 'text', label: 'C’è qualcosa che non mangi?', choices: [], required: true },
      { id: null, kind: 'choice', label: 'Come arrivi?', choices: ['In treno', 'In auto'], required: false },
      { id: null, kind: 'yes_no', label: 'Ti serve un passaggio?', choices: [], required: false },
    ],
  });
  const questions = await db.selectFrom('eventQuestions').select('id').orderBy('position').execute();
  for (const [index, person] of people.slice(0, 5).entries()) {
    const of = { eventId: event.id, personId: person.id };
    await answerInvitation(deps, {
      ...of,
      answer: 'yes',
      mode: index === 4 ? 'online' : 'room',
      note: index === 0 ? 'Arrivo tardi' : undefined,
      guests: index === 4 ? [{ name: 'Ada Blu' }] : [],
      source: 'link',
    });
    const values = ['Il pesce', index % 2 ? 'In treno' : 'In auto', 'yes'];
    if (index < 3)
      await answerQuestions(
        deps,
        of,
        Object.fromEntries(questions.map(({ id }, at) => [`q-${id}`, values[at]])),
      );
  }
  const asks = await makeEvent(deps, other.id, { title: 'Gita insieme' });
  await askCohost(deps, { eventId: asks.id, chapterId: chapter.id, actor, agreed: false });
  const at = `/desk/events/${event.id}`;
  const [waiting] = people.slice(2);
  return [
    { name: 'event with everything', path: `${at}?done=placesChanged` },
    { name: 'selection of nobody', path: `${at}/selection`, post: { act: 'seat' } },
    {
      name: 'selection without a seat',
      path: `${at}/selection`,
      post: { act: 'seat', person: waiting?.id as string },
    },
    { name: 'taking off', path: `${at}/selection`, post: { act: 'off', person: waiting?.id as string } },
    { name: 'additions', path: `${at}/additions` },
    { name: 'additions, found', path: `${at}/additions?q=socia` },
    { name: 'additions, nobody', path: `${at}/additions?q=zzz` },
    { name: 'additions, wrong', path: `${at}/additions`, post: { name: '', email: 'x' } },
    { name: 'hosts', path: `${at}/hosts` },
    { name: 'hosts, found', path: `${at}/hosts?q=socia` },
    { name: 'hosts, wrong', path: `${at}/hosts`, post: { name: 'Ada', email: 'x' } },
    { name: 'questions', path: `${at}/questions` },
    { name: 'questions, wrong', path: `${at}/questions`, post: { label0: 'Come?', kind0: 'choice' } },
    { name: 'cohosts', path: `${at}/cohosts` },
    { name: 'cohosts, none chosen', path: `${at}/cohosts`, post: { chapterId: 'x' } },
    { name: 'asked to cohost', path: `/desk/chapters/${chapter.slug}/cohosting/${asks.id}` },
    { name: 'list', path: `${at}/list` },
    { name: 'list with notes', path: `${at}/list?notes=1` },
  ];
}
