import { type Static, Type } from '@fastify/type-provider-typebox';
import { presumedSent, presumeSent } from '../deliveries/presumption.ts';
import type { Deps } from '../deps.ts';
import {
  type DeliveryRow,
  listDeliveries,
  listMailings,
  type MailingRow,
  pageKeyOf,
} from '../mailings/queries.ts';
import { mailKinds } from '../mailings/timing.ts';
import { previewMailing } from '../texts/preview-mailing.ts';
import { actorOf, type Caller, needDelivery, needEvent, needMailing } from './auth.ts';
import { PageQuery, readPage } from './paging.ts';
import { refused } from './refusals.ts';
import { type Api, answers, Body, Choice, Id, Instant, List, nullable } from './shapes.ts';
import { InvalidInput } from './validation.ts';

const tags = ['Mailings'];
const count = Type.Integer();

const MailingShape = Type.Object({
  id: Id,
  kind: Choice(mailKinds),
  audience: nullable(
    Type.String({
      description:
        'An audience of the timeline; `affected` (going, maybe, waitlisted, offered, and who has not answered an invitation that is in her calendar) for updates, `affected_room` where only the place of a hybrid event changed (the same without those who take part online), `going_online` where only the join link did; `not_declined` for cancellations; null for mails to one person.',
    }),
  ),
  dueAt: Instant,
  state: Choice(['planned', 'held', 'sending', 'done', 'cancelled', 'missed']),
  reason: nullable(Type.String({ description: 'Why it was cancelled or missed.' })),
  counts: Type.Object({
    queued: count,
    sending: count,
    sent: count,
    failed: count,
    unknown: count,
    skipped: count,
    suppressed: count,
  }),
});

const DeliveryShape = Type.Object({
  id: Id,
  personId: Id,
  email: nullable(Type.String()),
  state: Choice(['queued', 'sending', 'sent', 'failed', 'unknown', 'skipped', 'suppressed']),
  attempts: Type.Integer(),
  messageId: nullable(Type.String()),
  response: nullable(Type.String({ description: 'What the mail server said last.' })),
  reason: nullable(
    Type.String({
      description: `Why it was skipped or suppressed; \`${presumedSent}\` where somebody said so.`,
    }),
  ),
  unknown: nullable(
    Type.Object(
      {
        causes: Type.Array(Type.String(), {
          description: 'Why nobody can tell, once for each try; empty for a program that may not reach her.',
        }),
        retryAt: nullable(
          Type.String({
            format: 'date-time',
            description: 'When the one retry comes; null where none does.',
          }),
        ),
      },
      { description: 'While nobody can tell whether it arrived; null in every other state.' },
    ),
  ),
  unknownCauses: Type.Array(Type.String(), {
    description: 'Each time nobody could tell whether it arrived, and why.',
  }),
  sentAt: nullable(Instant),
  nextAttemptAt: nullable(Instant),
});

const PreviewShape = Type.Object({ subject: Type.String(), html: Type.String(), text: Type.String() });

/** What is to be sent, and what became of it. */
export async function mailingRoutes(app: Api, { deps }: { deps: Deps }): Promise<void> {
  app.get(
    '/events/:id/mailings',
    {
      schema: {
        tags,
        summary: 'What an event sends, and what became of it',
        description:
          'Mails to one person each (confirmations, offers, digests, personal links) are one row by kind, under the id of the first of them. Empty for a draft.',
        params: Type.Object({ id: Id }),
        querystring: PageQuery,
        response: answers({ 200: List(MailingShape) }),
      },
    },
    async (request) => {
      const event = await needEvent(deps, request, request.params.id);
      const page = await readPage(request.query, (at) => listMailings(deps.db, event.id, at));
      return { ...page, items: page.items.map(mailingView) };
    },
  );

  app.get(
    '/mailings/:id/deliveries',
    {
      schema: {
        tags,
        summary: 'What became of a mailing, person by person',
        description: 'For the id of a mail to one person: of all mails of its event and kind to one person.',
        params: Type.Object({ id: Id }),
        querystring: PageQuery,
        response: answers({ 200: List(DeliveryShape) }),
      },
    },
    async (request) => {
      const mailing = await needMailing(deps, request, request.params.id);
      const page = await readPage(
        request.query,
        (at) => listDeliveries(deps.db, mailing, at),
        (row) => pageKeyOf(mailing, row),
      );
      return { ...page, items: page.items.map((row) => deliveryView(row, request.caller)) };
    },
  );

  app.post(
    '/deliveries/:id/presumption',
    {
      schema: {
        tags,
        summary: 'Presume that a mail arrived of which nobody knows',
        description:
          'Makes an `unknown` delivery `sent`, with `presumed_sent` as its reason: its one retry does not come. For whoever has asked her, or read the log of the mail server. 409 `not_unknown` in every other state, also while the retry is on its way.',
        params: Type.Object({ id: Id }),
        body: Body({}),
        response: answers({ 200: DeliveryShape }, 409),
      },
    },
    async (request) => {
      const { id } = await needDelivery(deps, request, request.params.id);
      if (!(await presumeSent(deps, id, actorOf(request)))) throw refused('not_unknown');
      return deliveryView(await needDelivery(deps, request, id), request.caller);
    },
  );

  app.post(
    '/mailings/:id/preview',
    {
      schema: {
        tags,
        summary: 'A mailing as somebody would get it now',
        description:
          'For the person named, or else for one of those whom it goes to. Nothing is sent and nothing is kept. The keys in her links are covered.',
        params: Type.Object({ id: Id }),
        body: Body({ personId: Type.Optional(Id) }),
        response: answers({ 200: PreviewShape }, 409),
      },
    },
    async (request) => {
      const mailing = await needMailing(deps, request, request.params.id);
      const outcome = await previewMailing(deps, mailing.id, {
        personId: request.body.personId ?? null,
        chapterId: request.caller.chapterId,
      });
      if (outcome.ok) {
        const { subject, html, text } = outcome.mail;
        return { subject, html, text };
      }
      if (outcome.reason === 'not_invited') {
        throw new InvalidInput([{ path: 'personId', message: 'Takes somebody whom this mail can go to.' }]);
      }
      throw refused(outcome.reason);
    },
  );
}

type MailingView = Static<typeof MailingShape>;

function mailingView(row: MailingRow): MailingView {
  const { kind, state, dueAt } = row;
  return {
    ...row,
    kind: kind as MailingView['kind'],
    state: state as MailingView['state'],
    dueAt: dueAt.toISOString(),
  };
}

type DeliveryView = Static<typeof DeliveryShape>;

/** What a mail server said names the address: it is told only where she may be reached. */
function deliveryView(delivery: DeliveryRow, caller: Pick<Caller, 'chapterId'>): DeliveryView {
  const { isAnothers, chapterId: _, mailingId: __, ...row } = delivery;
  const reaches = caller.chapterId === null || !isAnothers;
  const unknownCauses = reaches ? row.unknownCauses : [];
  const nextAttemptAt = row.nextAttemptAt?.toISOString() ?? null;
  return {
    ...row,
    email: reaches ? row.email : null,
    response: reaches ? row.response : null,
    unknown: row.state === 'unknown' ? { causes: unknownCauses, retryAt: nextAttemptAt } : null,
    unknownCauses,
    state: row.state as DeliveryView['state'],
    sentAt: row.sentAt?.toISOString() ?? null,
    nextAttemptAt,
  };
}
