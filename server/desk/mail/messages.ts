import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import { heldBy } from '../../events/holders.ts';
import { eventAudiences, messageAudiences } from '../../messages/audience.ts';
import { firstWords } from '../../messages/check.ts';
import { listEventsToChoose, listMessages, type MessageRow } from '../../messages/queries.ts';
import { createMessage } from '../../messages/service.ts';
import type { Desk } from '../../organizers/guard.ts';
import { deskPage, fieldOf, fieldsOf, isId, wordsLimit } from '../page.ts';
import { actorOf, notFound } from '../scope.ts';
import { exactMoment, nearMoment } from '../views.ts';
import {
  type MessageErrors,
  type MessageValues,
  messageFormView,
  newMessageValues,
  reachInWords,
  readMessageForm,
} from './message-form.ts';
import { audienceInWords, doneInWords, messageOutcome, subjectInWords } from './message-view.ts';

const sheets = ['letter.css'];
const scripts = ['letter.js'];
/** More than a coordinator picks out of a list by hand. */
const mostChosen = 500;

/** Messages to the group: the list, a new one, and how many one would reach. */
export async function messagesRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get<{ Querystring: { all?: string; discarded?: string } }>('/messages', async (request, reply) => {
    const { desk, deskChapter: chapter } = request;
    const now = deps.clock();
    const most = request.query.all === 'yes' ? 500 : 20;
    const [open, left] = await Promise.all([
      listMessages(deps.db, chapter.id, 'open', 200),
      listMessages(deps.db, chapter.id, 'left', most + 1),
    ]);
    const { discarded } = request.query;
    const row = (message: MessageRow) => listed(message, chapter, desk, now);
    return deskPage(
      request,
      reply,
      'messages',
      { title: desk.t('letter.title'), chapter, section: 'messages', sheets },
      {
        base: baseOf(chapter),
        chapters:
          desk.chapters.length > 1
            ? desk.chapters.map(({ name, slug }) => ({ name, slug, isHere: slug === chapter.slug }))
            : [],
        drafts: open.filter(({ state }) => state === null).map(row),
        // What leaves first stands first.
        planned: open
          .filter(({ state }) => state !== null)
          .reverse()
          .map(row),
        sent: left.slice(0, most).map(row),
        more: left.length > most,
        discarded: discarded && isId(discarded) ? discarded : null,
        ...doneInWords(request),
      },
    );
  });

  app.get<{ Querystring: { event?: string; who?: string; problem?: string } }>(
    '/messages/new',
    (request, reply) => {
      const { desk, deskChapter: chapter } = request;
      const values = newMessageValues(chapter.locale, request.query);
      return form(request, reply, values, {}, request.query.problem ? desk.t('letter.problem.nobody') : null);
    },
  );

  /** How many, while she is still choosing: for the script of the form. */
  app.get<{ Querystring: { audience?: string; eventId?: string; who?: string; message?: string } }>(
    '/messages/count',
    async (request, reply) => {
      const { desk, deskChapter: chapter } = request;
      const { audience, eventId, who, message } = request.query;
      const wanted = messageAudiences.find((known) => known === (audience ?? 'members'));
      const ofEvent = wanted === 'event';
      const ofWho = eventAudiences.find((known) => known === who);
      if (!wanted || (ofEvent && !ofWho)) return reply.code(400).send({ text: '' });
      const named = await namedHere(chapter.id, wanted === 'people' ? message : undefined);
      const event = ofEvent ? await eventHere(chapter.id, eventId) : (named?.eventId ?? null);
      if ((ofEvent && !event) || (wanted === 'people' && !named)) return reply.code(404).send({ text: '' });
      const reach = {
        id: named?.id ?? null,
        chapterId: chapter.id,
        audience: wanted,
        eventId: event,
        eventAudience: ofEvent ? (ofWho as string) : null,
      };
      const { text } = await reachInWords(deps, reach, desk.t, deps.clock());
      return reply.header('cache-control', 'no-store').send({ text });
    },
  );

  app.post('/messages', wordsLimit, async (request, reply) => {
    const { desk, deskChapter: chapter } = request;
    const { values, errors, content } = readMessageForm(request.body, desk.t, null);
    if (Object.keys(errors).length > 0) return form(request, reply.code(400), values, errors, null);
    const made = await createMessage(deps, chapter.id, content, { actor: actorOf(request) });
    if (!made.ok) return notFound(request, reply);
    return reply.redirect(`${baseOf(chapter)}/${made.id}?done=saved`, 303);
  });

  /** People who were picked out of an event's list, or of the group's: a draft that names them. */
  app.post('/messages/selection', { bodyLimit: 64 * 1024 }, async (request, reply) => {
    const { deskChapter: chapter } = request;
    const eventId = fieldOf(request.body, 'eventId');
    const personIds = fieldsOf(request.body, 'personId');
    if ((eventId && !isId(eventId)) || !personIds.every(isId) || personIds.length > mostChosen)
      return notFound(request, reply);
    if (personIds.length === 0) {
      const from = eventId ? `event=${eventId}&` : '';
      return reply.redirect(`${baseOf(chapter)}/new?${from}problem=nobody`, 303);
    }
    const content = {
      subject: '',
      body: firstWords(chapter.locale === 'en' ? 'en' : 'it'),
      audience: 'people' as const,
      eventId: eventId || null,
      eventAudience: null,
    };
    const made = await createMessage(deps, chapter.id, content, { actor: actorOf(request), personIds });
    if (!made.ok) return notFound(request, reply);
    return reply.redirect(`${baseOf(chapter)}/${made.id}/edit`, 303);
  });

  async function form(
    request: FastifyRequest,
    reply: FastifyReply,
    values: MessageValues,
    errors: MessageErrors,
    problem: string | null,
  ) {
    const { desk, deskChapter: chapter } = request;
    const now = deps.clock();
    const events = await listEventsToChoose(deps.db, chapter.id, now);
    return deskPage(
      request,
      reply,
      'message-form',
      { title: desk.t('letter.newTitle'), chapter, section: 'messages', sheets, scripts },
      {
        heading: desk.t('letter.newTitle'),
        base: baseOf(chapter),
        back: baseOf(chapter),
        action: baseOf(chapter),
        messageId: null,
        problem,
        form: messageFormView(desk, values, errors, { events, chosen: null, now }),
      },
    );
  }

  async function eventHere(chapterId: string, eventId: string | undefined): Promise<string | null> {
    if (!eventId || !isId(eventId)) return null;
    const row = await deps.db
      .selectFrom('events')
      .select('id')
      .where('id', '=', eventId)
      .where('id', 'in', heldBy([chapterId]))
      .executeTakeFirst();
    return row?.id ?? null;
  }

  async function namedHere(chapterId: string, messageId: string | undefined) {
    if (!messageId || !isId(messageId)) return undefined;
    return deps.db
      .selectFrom('messages')
      .select(['id', 'eventId'])
      .where('id', '=', messageId)
      .where('chapterId', '=', chapterId)
      .executeTakeFirst();
  }
}

export const baseOf = (chapter: { slug: string }) => `/desk/chapters/${chapter.slug}/messages`;

function listed(message: MessageRow, chapter: { slug: string; timeZone: string }, desk: Desk, now: Date) {
  const { t } = desk;
  const { state, dueAt } = message;
  return {
    href: `${baseOf(chapter)}/${message.id}`,
    subject: subjectInWords(message, t),
    audience: audienceInWords(message, t),
    when:
      state === null || !dueAt
        ? t('letter.changed', { when: nearMoment(message.updatedAt, chapter.timeZone, desk, now) })
        : exactMoment(dueAt, chapter.timeZone, desk, now),
    held: state === 'held',
    outcome: messageOutcome(message, t),
    failed: (message.counts?.failed ?? 0) + (message.counts?.unknown ?? 0) > 0,
  };
}
