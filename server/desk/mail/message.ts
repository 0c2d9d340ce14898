import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { previewMail } from '../../deliveries/preview.ts';
import type { Deps } from '../../deps.ts';
import { parseLocalFields, toLocalFields } from '../../events/local-time.ts';
import type { RenderedMail } from '../../mail/render.ts';
import { MailTemplateError } from '../../mail/template-error.ts';
import { isQuiet, outOfQuietHours } from '../../mailings/timing.ts';
import { checkMessage } from '../../messages/check.ts';
import {
  findMessage,
  listChosen,
  listEventsToChoose,
  listReaders,
  type MessageRow,
} from '../../messages/queries.ts';
import {
  discardMessage,
  holdMessage,
  planMessage,
  saveMessage,
  sendMessageTest,
  stopMessage,
  takeMessageBack,
} from '../../messages/service.ts';
import { framed } from '../framed.ts';
import { deskPage, fieldOf, isId, wordsLimit } from '../page.ts';
import { actorOf, notFound } from '../scope.ts';
import { exactMoment, fullName, nearMoment } from '../views.ts';
import {
  type MessageErrors,
  type MessageValues,
  messageFormView,
  reachInWords,
  readMessageForm,
  valuesOfMessage,
} from './message-form.ts';
import { audienceInWords, doneInWords, messageOutcome, readerView, subjectInWords } from './message-view.ts';
import { baseOf } from './messages.ts';

type ById = { Params: { messageId: string } };
type Moment = { date: string; time: string; error: string | null };

const sheets = ['letter.css'];

declare module 'fastify' {
  interface FastifyRequest {
    /** The message that the address names, one of this chapter. */
    deskMessage: MessageRow;
  }
}

/** One message to the group: how it will look, when and to whom it leaves, and what became of it. */
export async function messageRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.decorateRequest('deskMessage');
  app.addHook('preHandler', async (request, reply) => {
    const { messageId } = request.params as { messageId: string };
    const message = isId(messageId)
      ? await findMessage(deps.db, request.deskChapter.id, messageId)
      : undefined;
    if (!message) return notFound(request, reply);
    request.deskMessage = message;
  });

  app.get<ById & { Querystring: { problem?: string } }>('/', (request, reply) => {
    const { problem } = request.query;
    const known = ['left', 'incomplete'].find((one) => one === problem);
    return page(request, reply, { problem: known ? request.desk.t(`letter.problem.${known}`) : null });
  });

  /** The mail itself, for the frame on the page. */
  app.get<ById>('/mail', async (request, reply) => {
    const mail = await written(request);
    if (!mail) return notFound(request, reply);
    return framed(reply, mail.html);
  });

  app.get<ById>('/edit', (request, reply) => {
    if (!isOpen(request.deskMessage)) return reply.redirect(`${hrefOf(request)}?problem=left`, 303);
    return form(request, reply, valuesOfMessage(request.deskMessage), {});
  });

  app.post<ById>('/', wordsLimit, async (request, reply) => {
    const { desk, deskMessage: message } = request;
    const chosen = message.audience === 'people' ? { eventId: message.eventId } : null;
    const { values, errors, content } = readMessageForm(request.body, desk.t, chosen);
    if (Object.keys(errors).length > 0) return form(request, reply.code(400), values, errors);
    const saved = await saveMessage(deps, scopeOf(request), content);
    if (!saved.ok && saved.reason === 'not_found') return notFound(request, reply);
    return reply.redirect(`${hrefOf(request)}?${saved.ok ? 'done=saved' : 'problem=left'}`, 303);
  });

  app.post<ById>('/test-mail', async (request, reply) => {
    const { desk, deskMessage: message } = request;
    if (message.discardedAt) return notFound(request, reply);
    if (!isWhole(message)) return reply.redirect(`${hrefOf(request)}?problem=incomplete`, 303);
    await sendMessageTest(deps, scopeOf(request), desk.person.id);
    return reply.redirect(`${hrefOf(request)}?done=testSent`, 303);
  });

  /** When: now, in the morning, or at a moment of the chapter's own clock. */
  app.post<ById>('/sending', async (request, reply) => {
    const { desk, deskChapter: chapter } = request;
    const now = deps.clock();
    const quiet = { from: chapter.quietFrom, until: chapter.quietUntil };
    const when = fieldOf(request.body, 'when');
    const atNight = isQuiet(now, chapter.timeZone, quiet);
    if (when === 'later') {
      const moment = { date: fieldOf(request.body, 'date'), time: fieldOf(request.body, 'time') };
      const parsed = parseLocalFields(moment.date, moment.time, chapter.timeZone);
      const wrong = parsed.ok ? (parsed.at < now ? 'past' : null) : parsed.reason;
      if (!parsed.ok || wrong) {
        const error = desk.t(`letter.moment.${wrong}`);
        return page(request, reply.code(400), { moment: { ...moment, error } });
      }
      return planned(request, reply, parsed.at, 'planned');
    }
    // Whoever opened the page before the quiet hours is asked again.
    if (when === 'asked' && atNight) return page(request, reply, {});
    if (when !== 'now' && when !== 'asked' && when !== 'morning') return page(request, reply.code(400), {});
    if (when === 'morning' && atNight) {
      return planned(request, reply, outOfQuietHours(now, chapter.timeZone, quiet), 'planned');
    }
    return planned(request, reply, 'now', 'leaves');
  });

  async function planned(
    request: FastifyRequest,
    reply: FastifyReply,
    at: Date | 'now',
    done: 'planned' | 'leaves',
  ) {
    const outcome = await planMessage(deps, scopeOf(request), at);
    if (outcome.ok) return reply.redirect(`${hrefOf(request)}?done=${done}`, 303);
    if (outcome.reason === 'not_found') return notFound(request, reply);
    const problem = outcome.reason === 'incomplete' ? 'incomplete' : 'left';
    return reply.redirect(`${hrefOf(request)}?problem=${problem}`, 303);
  }

  /** Hold, let go, back to a draft, stop: whatever can still be done about one that is planned or leaving. */
  app.post<ById>('/mailing', async (request, reply) => {
    const { deskMessage: message } = request;
    const change = fieldOf(request.body, 'change');
    if (!message.mailingId) return notFound(request, reply);
    const go = (ok: boolean, done: string) =>
      reply.redirect(`${hrefOf(request)}?${ok ? `done=${done}` : 'problem=left'}`, 303);
    if (change === 'draft') return go((await takeMessageBack(deps, scopeOf(request))).ok, 'draft');
    if (change === 'stop') return go((await stopMessage(deps, scopeOf(request))).ok, 'stopped');
    if (change !== 'hold' && change !== 'release') return notFound(request, reply);
    const { ok } = await holdMessage(deps, scopeOf(request), change);
    return go(ok, change === 'hold' ? 'held' : 'released');
  });

  app.post<ById>('/removal', async (request, reply) => {
    const restore = fieldOf(request.body, 'restore') === 'yes';
    const outcome = await discardMessage(deps, scopeOf(request), !restore);
    if (!outcome.ok) return reply.redirect(`${hrefOf(request)}?problem=left`, 303);
    if (restore) return reply.redirect(`${hrefOf(request)}?done=back`, 303);
    return reply.redirect(`${baseOf(request.deskChapter)}?discarded=${request.deskMessage.id}`, 303);
  });

  async function page(
    request: FastifyRequest,
    reply: FastifyReply,
    more: { problem?: string | null; moment?: Moment },
  ) {
    const { desk, deskChapter: chapter, deskMessage: message } = request;
    const { t } = desk;
    const now = deps.clock();
    const zone = chapter.timeZone;
    const quiet = { from: chapter.quietFrom, until: chapter.quietUntil };
    const open = isOpen(message);
    const whole = isWhole(message);
    const [mail, reach, readers] = await Promise.all([
      written(request),
      open ? reachInWords(deps, message, t, now) : null,
      open || !message.mailingId
        ? []
        : listReaders(deps.db, { mailingId: message.mailingId, chapterId: chapter.id }, 500),
    ]);
    const views = readers.map((reader) => readerView(reader, zone, desk, now));
    const suggested = message.dueAt && open ? message.dueAt : tomorrowAtTen(now, zone);
    return deskPage(
      request,
      reply,
      'message',
      { title: subjectInWords(message, t), chapter, section: 'messages', sheets },
      {
        base: baseOf(chapter),
        href: hrefOf(request),
        message: {
          subject: subjectInWords(message, t),
          audience: audienceInWords(message, t),
          isDraft: message.state === null,
          isDiscarded: message.discardedAt !== null,
          isPlanned: message.state === 'planned',
          isHeld: message.state === 'held',
          isLeaving: message.state === 'sending',
          isOpen: open,
          isWhole: whole,
          leavesNow: message.state === 'planned' && message.dueAt !== null && message.dueAt <= now,
          when: message.dueAt && exactMoment(message.dueAt, zone, desk, now),
          state: message.state,
          outcome: messageOutcome(message, t),
        },
        reach: reach && { text: reach.text, nobody: reach.count.reached === 0 },
        mail: mail && { subject: mail.subject, text: mail.text, url: `${hrefOf(request)}/mail` },
        ownMail: desk.person.email,
        moment: more.moment ?? { ...toLocalFields(suggested, zone), error: null },
        night: isQuiet(now, zone, quiet)
          ? { morning: nearMoment(outOfQuietHours(now, zone, quiet), zone, desk, now) }
          : null,
        troubled: views.filter(({ isTrouble }) => isTrouble),
        readers: views.filter(({ isTrouble }) => !isTrouble),
        problem: more.problem ?? null,
        ...doneInWords(request),
      },
    );
  }

  /** The mail as she herself would get it; null while it cannot be written. */
  async function written(request: FastifyRequest): Promise<RenderedMail | null> {
    const { desk, deskChapter: chapter, deskMessage: message } = request;
    if (!isWhole(message)) return null;
    try {
      return await previewMail(deps, {
        template: 'announcement',
        event: { id: null, chapterId: chapter.id },
        messageId: message.id,
        personId: desk.person.id,
      });
    } catch (error) {
      if (error instanceof MailTemplateError) return null;
      throw error;
    }
  }

  async function form(
    request: FastifyRequest,
    reply: FastifyReply,
    values: MessageValues,
    errors: MessageErrors,
  ) {
    const { desk, deskChapter: chapter, deskMessage: message } = request;
    const now = deps.clock();
    const [events, chosen] = await Promise.all([
      listEventsToChoose(deps.db, chapter.id, now),
      message.audience === 'people' ? listChosen(deps.db, message.id, 12) : null,
    ]);
    const names = chosen?.map(fullName) ?? [];
    const rest = message.chosen - names.length;
    const namesInWords = new Intl.ListFormat(desk.locale).format(
      rest > 0 ? [...names, desk.t('letter.others', { count: rest })] : names,
    );
    return deskPage(
      request,
      reply,
      'message-form',
      { title: desk.t('letter.editTitle'), chapter, section: 'messages', sheets, scripts: ['letter.js'] },
      {
        heading: desk.t('letter.editTitle'),
        base: baseOf(chapter),
        back: hrefOf(request),
        action: hrefOf(request),
        messageId: message.id,
        problem: null,
        form: messageFormView(desk, values, errors, { events, chosen: chosen && namesInWords, now }),
      },
    );
  }
}

const isOpen = ({ state, discardedAt }: MessageRow) =>
  discardedAt === null && (state === null || state === 'planned' || state === 'held');

const isWhole = (message: MessageRow) =>
  checkMessage({ ...message, aboutEvent: message.eventId !== null }).length === 0;

const hrefOf = (request: FastifyRequest) => `${baseOf(request.deskChapter)}/${request.deskMessage.id}`;

const scopeOf = (request: FastifyRequest) => ({
  chapterId: request.deskChapter.id,
  messageId: request.deskMessage.id,
  actor: actorOf(request),
});

/** When most read their mail: what the fields for "later" begin with. */
function tomorrowAtTen(now: Date, zone: string): Date {
  const { date } = toLocalFields(new Date(now.getTime() + 86_400_000), zone);
  const parsed = parseLocalFields(date, '10:00', zone);
  return parsed.ok ? parsed.at : now;
}
