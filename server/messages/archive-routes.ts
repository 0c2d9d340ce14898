import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { writeFor } from '../deliveries/preview.ts';
import type { Deps } from '../deps.ts';
import type { AnnouncementMail } from '../mail/variables.ts';
import { eventInMessage } from '../mailings/announcement-emails.ts';
import { momentInWords } from '../web/dates.ts';
import { failurePage } from '../web/failure-page.ts';
import { type Form, type Locale, pickLocale, type Translate, translator } from '../web/i18n.ts';
import type { PageFrame } from '../web/pages.ts';
import { messageHtml, messageSubject } from './archive-page.ts';
import {
  type ArchivedMessage,
  type ArchiveReader,
  findArchiveReader,
  listArchive,
} from './archive-queries.ts';

type ByToken = { Params: { token: string } };
type ById = { Params: { token: string; messageId: string } };

const perPage = 20;
const isId = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

/** `/m/{token}`: a member finds again what was written to her group. Her link opens it, and nothing here changes anything. */
export async function archiveRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  const { db, links } = deps;

  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-robots-tag': 'noindex',
    });
  });

  app.get<ByToken & { Querystring: { before?: string } }>('/m/:token', async (request, reply) => {
    const reader = await readerOf(request.params.token);
    if (!reader) return failurePage(request, reply, 404, { reason: 'link_wrong' });
    const asked = Date.parse(request.query.before ?? '');
    const before = Number.isNaN(asked) ? null : new Date(asked);
    const found = await listArchive(db, reader, { before, limit: perPage + 1 });
    const messages = found.slice(0, perPage);
    const { t, locale, now } = speaking(reader);
    const [first] = messages;
    const base = `/m/${request.params.token}`;
    const written = first && (await variablesFor(reader, first.id));
    return reply.page('archive', frameOf(reader), {
      title: t('letter.archive.title', { chapter: reader.chapterName }),
      lead: reader.firstName
        ? t('letter.archive.lead', { name: reader.firstName })
        : t('letter.archive.leadNameless'),
      messages: messages.map((message) => ({
        href: `${base}/${message.id}`,
        subject: written
          ? messageSubject(
              message.subject,
              { ...written, event: eventOf(message, { t, locale, now }) },
              locale,
            )
          : '',
        from: fromWords(message, reader, t),
      })),
      older: found.length > perPage ? `${base}?before=${messages.at(-1)?.leftAt.toISOString() ?? ''}` : null,
      choose: topicsUrl(reader),
    });
  });

  app.get<ById>('/m/:token/:messageId', async (request, reply) => {
    const { token, messageId } = request.params;
    const reader = await readerOf(token);
    if (!reader) return failurePage(request, reply, 404, { reason: 'link_wrong' });
    const [message] = isId(messageId)
      ? await listArchive(db, reader, { before: null, limit: 1, messageId })
      : [];
    if (!message) return notHere(request, reply);
    const { t, locale } = speaking(reader);
    const { mail, source } = await writeFor(deps, {
      template: 'announcement',
      event: { id: null, chapterId: reader.chapterId },
      messageId: message.id,
      personId: reader.personId,
    });
    const variables = mail.variables as AnnouncementMail;
    const subject = messageSubject(source?.subject ?? message.subject, variables, locale);
    return reply.page(
      'archive-message',
      { ...frameOf(reader), title: subject },
      {
        subject,
        from: fromWords(message, reader, t),
        html: messageHtml(source ?? message, variables, locale),
        back: `/m/${token}`,
        choose: topicsUrl(reader),
      },
    );
  });

  /** Whose link it is; null for one that nobody signed, or that was revoked. */
  async function readerOf(token: string): Promise<ArchiveReader | null> {
    const named = links.readArchiveToken(token);
    const reader = named && (await findArchiveReader(db, named));
    if (!named || !reader || !links.isArchiveMac(named.mac, reader)) return null;
    return reader;
  }

  function speaking(reader: ArchiveReader): { t: Translate; locale: Locale; now: Date } {
    const locale = pickLocale(reader.personLocale ?? reader.chapterLocale, undefined, 'it');
    return { t: translator(locale, formOf(reader)), locale, now: deps.clock() };
  }

  function frameOf(reader: ArchiveReader): PageFrame {
    const { t, locale } = speaking(reader);
    return {
      locale,
      form: formOf(reader),
      title: t('letter.archive.pageTitle'),
      accent: reader.accentColour,
      brand: { name: reader.chapterName, href: `/c/${reader.slug}` },
      network: reader.networkName,
    };
  }

  /** What every message's inserts stand for, but for its event. */
  async function variablesFor(reader: ArchiveReader, messageId: string): Promise<AnnouncementMail> {
    const { mail } = await writeFor(deps, {
      template: 'announcement',
      event: { id: null, chapterId: reader.chapterId },
      messageId,
      personId: reader.personId,
    });
    const variables = mail.variables as AnnouncementMail;
    return { ...variables, links: { ...variables.links, answer: deps.links.publicUrl } };
  }

  function fromWords(message: ArchivedMessage, reader: ArchiveReader, t: Translate): string {
    const { locale, now } = speaking(reader);
    const when = momentInWords(message.leftAt, reader.timeZone, locale, now, t);
    return message.author ? t('letter.archive.from', { name: message.author, when }) : when;
  }

  function topicsUrl({ personId, chapterId }: ArchiveReader): string {
    return new URL(links.unsubscribeUrl({ personId, chapterId, topic: 'announcement' })).pathname;
  }
}

const formOf = (reader: ArchiveReader) => (reader.personForm ?? reader.networkForm) as Form;

function eventOf(
  { event }: ArchivedMessage,
  saying: { t: Translate; locale: Locale; now: Date },
): AnnouncementMail['event'] {
  if (!event) return null;
  return eventInMessage(saying, {
    ...event,
    startsAt: new Date(event.startsAt),
    endsAt: new Date(event.endsAt),
  });
}

function notHere(request: FastifyRequest, reply: FastifyReply) {
  return failurePage(request, reply, 404);
}
