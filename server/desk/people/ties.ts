import type { FastifyInstance } from 'fastify';
import type { Deps } from '../../deps.ts';
import {
  countStrangers,
  findNextEvent,
  listLastRoomEvents,
  listOnce,
  listUnseen,
  missedInARow,
} from '../../insights/ties.ts';
import { listByHand } from '../../introductions/desk-queries.ts';
import { beginNote, noteReasons } from '../../messages/personal-note.ts';
import { baseOf } from '../mail/messages.ts';
import { deskPage, fieldOf, isId } from '../page.ts';
import { actorOf, notFound } from '../scope.ts';
import { listView } from './introductions-view.ts';
import { findChapterPerson } from './person-queries.ts';
import { onceView, unseenView } from './ties-view.ts';

/** What grows over time: whom nobody has seen for long, who came once, who never met, whose introduction waits. Hints for a personal word, never a ranking. */
export async function tieRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  const { db } = deps;

  app.get('/ties', async (request, reply) => {
    const { desk, deskChapter: chapter } = request;
    const now = deps.clock();
    const of = { chapterId: chapter.id, now };
    const [events, once, strangers, nextInRoom, byHand] = await Promise.all([
      listLastRoomEvents(db, chapter.id, now),
      listOnce(db, of),
      countStrangers(db, of),
      findNextEvent(db, { ...of, inRoom: true }),
      listByHand(db, chapter.id, now),
    ]);
    const unseen = await listUnseen(db, { ...of, events, exceptId: desk.person.id });
    const asked = new Set(unseen.map(({ id }) => id));
    const view = { chapter, desk, now };
    return deskPage(
      request,
      reply,
      'ties',
      { title: desk.t('ties.title'), chapter, section: 'more', sheets: ['people.css', 'gather.css'] },
      {
        notes: `/desk/chapters/${chapter.slug}/ties/notes`,
        introductions: `/desk/chapters/${chapter.slug}/introductions`,
        isTooEarly: events.length < missedInARow,
        unseen: unseen.map((one) => unseenView(one, view)),
        // Whoever is asked after above stands there alone.
        once: once.filter(({ id }) => !asked.has(id)).map((one) => onceView(one, view)),
        strangers,
        tables: nextInRoom && {
          href: `/desk/events/${nextInRoom.id}/tables`,
          title: nextInRoom.title,
        },
        waiting: listView(byHand, chapter, desk, now).waiting,
        problem: fieldOf(request.query, 'problem') === 'silent' ? desk.t('ties.silentProblem') : null,
      },
    );
  });

  /** A note to one person, begun: she changes it or sends it as it is. */
  app.post('/ties/notes', async (request, reply) => {
    const { deskChapter: chapter } = request;
    const now = deps.clock();
    const personId = fieldOf(request.body, 'personId').toLowerCase();
    const reason = noteReasons.find((known) => known === fieldOf(request.body, 'reason'));
    const known = isId(personId) ? await findChapterPerson(db, chapter.id, personId, now) : undefined;
    if (!known || !reason) return notFound(request, reply);
    const person = await db
      .selectFrom('people')
      .select(['id', 'locale'])
      .where('id', '=', known.id)
      .executeTakeFirstOrThrow();
    const cameTo = reason === 'once' ? await listOnce(db, { chapterId: chapter.id, now }) : [];
    const next =
      reason === 'unseen' ? await findNextEvent(db, { chapterId: chapter.id, now, inRoom: false }) : null;
    const eventId = next?.id ?? cameTo.find(({ id }) => id === person.id)?.eventId ?? null;
    const back = `/desk/chapters/${chapter.slug}/ties?problem=silent`;
    // She came again while the page stood open.
    if (reason === 'once' && eventId === null) return reply.redirect(back, 303);
    const id = await beginNote(deps, {
      chapterId: chapter.id,
      person,
      reason,
      eventId,
      actor: actorOf(request),
    });
    return reply.redirect(id ? `${baseOf(chapter)}/${id}` : back, 303);
  });
}
