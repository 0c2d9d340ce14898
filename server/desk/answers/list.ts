import type { FastifyInstance } from 'fastify';
import { sql } from 'kysely';
import type { Deps } from '../../deps.ts';
import { isUnseen } from '../../encounters/newcomers.ts';
import { listQuestionAnswers, listQuestions } from '../../events/questions.ts';
import { modes } from '../../rsvps/rules.ts';
import { answersByPerson } from '../events/question-view.ts';
import { deskPage } from '../page.ts';
import { type EventPerson, findEventPeople } from '../queries.ts';
import { reachOf } from '../scope.ts';
import { eventHead, fullName } from '../views.ts';
import { answersCsv } from './answers-csv.ts';
import { guestsInWords } from './people-view.ts';

/** The list for the door on paper, and the answers for a spreadsheet. */
export async function listRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/list', async (request, reply) => {
    const { desk, deskEvent: event, deskChapter: chapter } = request;
    const { t } = desk;
    const withNotes = (request.query as { notes?: unknown }).notes === '1';
    const [people, questions, said, newcomers] = await Promise.all([
      findEventPeople(deps.db, event.id, deps.clock()),
      listQuestions(deps.db, event.id),
      listQuestionAnswers(deps.db, event.id),
      findNewcomers(event.id),
    ]);
    const answersOf = answersByPerson(questions, said, t);
    const line = (person: EventPerson) => ({
      name: fullName(person),
      guests: guestsInWords(person, t),
      mode: event.format === 'hybrid' && person.mode ? t(`desk.mode.${person.mode}`) : null,
      isNew: newcomers.has(person.id),
      note: withNotes ? person.note : null,
      answers: withNotes ? answersOf(person.id) : [],
    });
    const waiting = people
      .filter(({ state }) => state === 'waitlisted' || state === 'offered')
      .sort((a, b) => (a.queuedAt?.getTime() ?? 0) - (b.queuedAt?.getTime() ?? 0));
    const going = people.filter(({ state }) => state === 'going');
    const heads = (of: readonly EventPerson[]) => of.reduce((sum, { guests }) => sum + 1 + (guests ?? 0), 0);
    // The door's list is that of the room; who takes part online stands on one of its own.
    const groups =
      event.format === 'hybrid'
        ? modes.map((mode) => {
            const mine = going.filter((person) => person.mode === mode);
            return {
              caption: t(`gather.list.${mode}`, { heads: heads(mine) }),
              people: mine.map((person) => ({ ...line(person), mode: null })),
            };
          })
        : [{ caption: t('gather.list.going'), people: going.map(line) }];
    return deskPage(
      request,
      reply,
      'list',
      {
        title: t('gather.list.title', { title: event.title }),
        chapter,
        sheets: ['gather.css'],
        scripts: ['gather.js'],
      },
      {
        event: eventHead(event, desk, deps.clock()),
        groups,
        count: going.length,
        heads: heads(going),
        waiting: waiting.map(line),
        // Lines to write on, for whoever comes without a word.
        blanks: Array.from({ length: 4 }),
        withNotes,
        hasMore: people.some(({ note }) => note) || said.length > 0,
      },
    );
  });

  app.get('/answers.csv', async (request, reply) => {
    const { desk, deskEvent: event } = request;
    const [people, questions, said] = await Promise.all([
      findEventPeople(deps.db, event.id, deps.clock(), reachOf(request)),
      listQuestions(deps.db, event.id),
      listQuestionAnswers(deps.db, event.id),
    ]);
    return reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', `attachment; filename="${fileName(event.title)}.csv"`)
      .header('x-content-type-options', 'nosniff')
      .send(answersCsv({ event, people, questions, said, locale: desk.locale, t: desk.t }));
  });

  /** Who comes to an event and was never seen at another. */
  async function findNewcomers(eventId: string): Promise<Set<string>> {
    const rows = await deps.db
      .selectFrom('rsvps as r')
      .select('r.personId')
      .where('r.eventId', '=', eventId)
      .where(isUnseen(sql.ref('r.personId'), sql.ref('r.eventId')))
      .execute();
    return new Set(rows.map(({ personId }) => personId));
  }
}

/** A name that every file system takes. */
function fileName(title: string): string {
  const plain = title
    .normalize('NFKD')
    .replace(/[^\w]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return plain.slice(0, 60).toLowerCase() || 'ritrovo';
}
