import { type Static, Type } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { type MailTemplate, mailTemplates } from '../mail/variables.ts';
import { longestBody, longestSubject, type TextProblem } from '../texts/check.ts';
import { isOfChapter, isOfEvent, isOfNetwork } from '../texts/kinds.ts';
import { findOwnText, type TextKey, type TextOwner } from '../texts/queries.ts';
import { dropText, findInherited, saveText } from '../texts/service.ts';
import { locales, type Locale as MailLocale, translator } from '../web/i18n.ts';
import { actorOf, isId, needChapter, needEvent, notFound } from './auth.ts';
import { type Api, answers, Body, Choice, Locale } from './shapes.ts';
import { InvalidInput } from './validation.ts';

const tags = ['Texts'];

const params = Type.Object({
  scope: Choice(['network', 'chapters', 'events']),
  id: Type.String({
    description: 'The chapter’s slug or the event’s id; for the network the word `network`.',
  }),
  kind: Choice(
    mailTemplates.filter(isOfNetwork),
    'Whose text. `sign_in` is the network’s alone, `digest` no event’s; messages to the group are their own.',
  ),
  locale: Locale,
});
type Params = Static<typeof params>;

const TextShape = Type.Object({
  subject: Type.String(),
  body: Type.String({ description: 'Markdown, with Liquid for what is different for each person.' }),
  from: Choice(
    ['events', 'chapters', 'network', 'original'],
    'Where these words come from: what an owner has not changed is her chapter’s, the network’s, or the original.',
  ),
});

/** The words of the mails: the network's, a chapter's, an event's. */
export async function textRoutes(app: Api, { deps }: { deps: Deps }): Promise<void> {
  const path = '/texts/:scope/:id/:kind/:locale';

  app.get(
    path,
    {
      schema: {
        tags,
        summary: 'The words that a mail is written with',
        params,
        response: answers({ 200: TextShape }, 403),
      },
    },
    async (request) => textView(deps, await needText(request), request.params.scope),
  );

  app.put(
    path,
    {
      schema: {
        tags,
        summary: 'Write a mail in other words',
        description:
          'They hold from the next mail that leaves. What cannot be written, or lacks the button that its reader needs, is refused with its line; nothing is changed then.',
        params,
        body: Body({
          subject: Type.String({ maxLength: longestSubject }),
          body: Type.String({ maxLength: longestBody }),
        }),
        response: answers({ 200: TextShape }, 403),
      },
    },
    async (request) => {
      const key = await needText(request);
      const outcome = await saveText(deps, key, request.body, { actor: actorOf(request) });
      if (!outcome.ok) {
        if (outcome.reason === 'overtaken') throw new Error('nobody asked what the text was before');
        throw new InvalidInput(outcome.problems.map(describe));
      }
      return textView(deps, key, request.params.scope);
    },
  );

  app.delete(
    path,
    {
      schema: {
        tags,
        summary: 'Go back to the words that stand there otherwise',
        params,
        response: answers({ 204: Type.Null({ description: 'There are none of its own now.' }) }, 403),
      },
    },
    async (request, reply) => {
      await dropText(deps, await needText(request), actorOf(request));
      return reply.code(204).send(null);
    },
  );

  /** The text that the path names; 404 where there is none, or this token may not see it. */
  async function needText(request: FastifyRequest<{ Params: Params }>): Promise<TextKey> {
    const { scope, id, kind, locale } = request.params;
    const { owner, allows } = await needOwner(request, scope, id);
    const isKnown = (mailTemplates as readonly string[]).includes(kind) && locales.includes(locale);
    if (!isKnown || !allows(kind as MailTemplate)) throw notFound('text');
    return { ...owner, kind: kind as MailTemplate, locale };
  }

  async function needOwner(
    request: FastifyRequest,
    scope: string,
    id: string,
  ): Promise<{ owner: TextOwner; allows: (kind: MailTemplate) => boolean }> {
    if (scope === 'chapters') {
      const chapter = await needChapter(deps, request, id);
      return { owner: { chapterId: chapter.id, eventId: null }, allows: isOfChapter };
    }
    if (scope === 'events') {
      const event = await needEvent(deps, request, id);
      return { owner: { chapterId: event.chapterId, eventId: event.id }, allows: isOfEvent };
    }
    // The network's words are every chapter's: for a token of one chapter they are not there.
    const isNetwork =
      scope === 'network' && (id === 'network' || (isId(id) && (await isNetworkId(deps, id))));
    if (!isNetwork || request.caller.chapterId !== null) throw notFound('text');
    return { owner: { chapterId: null, eventId: null }, allows: isOfNetwork };
  }
}

async function isNetworkId(deps: Pick<Deps, 'db'>, id: string): Promise<boolean> {
  const row = await deps.db.selectFrom('networks').select('id').where('id', '=', id).executeTakeFirst();
  return row !== undefined;
}

async function textView(
  deps: Pick<Deps, 'db'>,
  key: TextKey,
  scope: Params['scope'],
): Promise<Static<typeof TextShape>> {
  const own = await findOwnText(deps.db, key);
  if (own) return { subject: own.subject, body: own.body, from: scope };
  const { subject, body, from } = await findInherited(deps.db, key);
  return { subject, body, from: from === 'chapter' ? 'chapters' : from };
}

const english = translator('en' satisfies MailLocale);

/** What is wrong, in the words of the editor. */
function describe({ field, line, code, values }: TextProblem) {
  const message = english(`wording.problem.${code}`, values);
  return {
    path: field,
    message: line === null ? message : english('wording.problem.line', { line, text: message }),
  };
}
