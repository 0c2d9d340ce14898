import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import { listNewcomers } from '../../encounters/newcomers.ts';
import { listCohosts } from '../../events/cohosts.ts';
import { listHosts } from '../../events/hosts.ts';
import { countAnswers } from '../../events/queries.ts';
import { listQuestionAnswers, listQuestions } from '../../events/questions.ts';
import { roleInChapter } from '../../organizers/guard.ts';
import { type Format, modesOf } from '../../rsvps/rules.ts';
import { findStamp } from '../answers/live.ts';
import { groupMessage, peopleGroups } from '../answers/people-view.ts';
import { listUncertain, uncertainLines } from '../answers/uncertain.ts';
import { baseOf } from '../mail/messages.ts';
import { deskPage } from '../page.ts';
import { findEventCounts, findEventPeople } from '../queries.ts';
import { reachOf, scopedTo } from '../scope.ts';
import { eventHead, fullName } from '../views.ts';
import { holidayQuestion } from './holiday.ts';
import { countUninvited, inviteNewMembers } from './newcomers.ts';
import { answersByPerson, questionSums } from './question-view.ts';

const day = 86_400_000;

/** The groups of the list that a message can go to as a whole. */
const whoOfGroup: Readonly<Record<string, string>> = {
  going: 'going',
  goingRoom: 'going_room',
  goingOnline: 'going_online',
  waiting: 'waitlisted',
  maybe: 'maybe',
  unanswered: 'unanswered',
};

/** An event's own page: how it stands, who comes, and what can be done. */
export async function eventRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/', (request, reply) => showEvent(deps, request, reply));

  /** Members who joined after the invitations left. */
  app.post('/invitations', async (request, reply) => {
    await inviteNewMembers(deps, scopedTo(request));
    return reply.redirect(`/desk/events/${request.deskEvent.id}?done=invited`, 303);
  });
}

/** Sends the event's page. `problem`: what could not be done there just now. */
export async function showEvent(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  problem: string | null = null,
) {
  const { desk, deskEvent: event, deskChapter: chapter } = request;
  const now = deps.clock();
  const head = eventHead(event, desk, now);
  // Where her chapter holds the event with another, the message is her chapter's.
  const writing = desk.chapters.find(({ id }) => reachOf(request).includes(id)) ?? chapter;
  const frame = { title: event.title, chapter, sheets: ['gather.css'] };
  const [questions, hosts, cohosts] = await Promise.all([
    listQuestions(deps.db, event.id),
    listHosts(deps.db, event.id),
    listCohosts(deps.db, event.id),
  ]);
  const around = {
    event: head,
    problem,
    privateNotes: event.privateNotes,
    hosts: hosts.map(fullName),
    cohosts: cohosts.map(({ name, acceptedAt }) => ({ name, isAsked: acceptedAt === null })),
    chapterName: chapter.name,
    messages: { url: baseOf(writing), who: whoOfGroup },
    mayCopy: roleInChapter(desk, event.chapterId) !== null,
    asked: questions.filter(({ removedAt }) => removedAt === null).length,
  };
  if (event.state === 'draft') {
    const onHoliday = await holidayQuestion(deps, request, event);
    return deskPage(
      request,
      reply,
      'event-draft',
      { ...frame, sheets: [...frame.sheets, 'series.css'] },
      {
        ...around,
        onHoliday,
      },
    );
  }

  const isOn = event.state === 'published' && !head.isOver;
  const [stamp, counts, answers, people, uninvited, said, newcomers, uncertain] = await Promise.all([
    // First: what changes while the rest is read is then seen as a change.
    findStamp(deps.db, event.id),
    findEventCounts(deps.db, event.id),
    countAnswers(deps.db, event),
    findEventPeople(deps.db, event.id, now, reachOf(request)),
    countUninvited(deps.db, event, now),
    questions.length === 0 ? [] : listQuestionAnswers(deps.db, event.id),
    isOn ? listNewcomers(deps.db, event.id) : [],
    isOn ? listUncertain(deps.db, event.id) : [],
  ]);
  const answersOf = answersByPerson(questions, said, desk.t);
  return deskPage(
    request,
    reply,
    'event',
    { ...frame, scripts: ['gather.js'] },
    {
      ...around,
      counts,
      seats: modesOf(event.format as Format).map((mode) => ({
        label: event.format === 'hybrid' ? desk.t(`desk.mode.${mode}`) : null,
        coming: answers[mode].going + answers[mode].guests,
        held: answers[mode].offered,
        waiting: event.format === 'hybrid' ? answers[mode].waitlisted : 0,
        capacity: mode === 'room' ? event.seatsRoom : event.seatsOnline,
        left: answers[mode].seatsLeft,
      })),
      uncertain: uncertainLines(event, uncertain, people, desk, now),
      groups: peopleGroups(event, people, desk, now).map((group) => ({
        ...group,
        people: group.people.map((person) => ({ ...person, answers: answersOf(person.id) })),
      })),
      questions: questionSums(questions, said, people, desk.t),
      stamp: stamp ?? '',
      isOn,
      isHybrid: event.format === 'hybrid',
      uninvited: isOn ? uninvited : 0,
      door: event.state !== 'cancelled' && event.startsAt.getTime() - now.getTime() < day,
      followUp: event.state !== 'cancelled' && event.startsAt <= now,
      message: isOn ? groupMessage(event, desk, deps.links.url(`/e/${event.id}`), now) : null,
      newcomers: newcomers.length,
      publicUrl: `/e/${event.id}`,
      cancelReason: event.cancelReason,
    },
  );
}
