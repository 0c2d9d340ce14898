import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { previewMail } from '../../deliveries/preview.ts';
import type { Deps } from '../../deps.ts';
import { publishEvent } from '../../events/service.ts';
import { sendToOne } from '../../mailings/personal.ts';
import { applies, findTimeline } from '../../mailings/timeline.ts';
import { dueAt, isQuiet, outOfQuietHours } from '../../mailings/timing.ts';
import { framed } from '../framed.ts';
import { deskPage, fieldOf } from '../page.ts';
import { actorOf, notFound } from '../scope.ts';
import { eventHead, exactMoment, nearMoment } from '../views.ts';
import { countInvitable } from './invitable.ts';

/** Before publishing: the mail as it will arrive, to how many, and what follows when. */
export async function publicationRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/publication', (request, reply) => {
    if (request.deskEvent.state !== 'draft')
      return reply.redirect(`/desk/events/${request.deskEvent.id}`, 303);
    return page(request, reply, null);
  });

  app.post('/publication', async (request, reply) => {
    const { deskEvent: event, deskChapter: chapter } = request;
    const now = deps.clock();
    const quiet = { from: chapter.quietFrom, until: chapter.quietUntil };
    const atNight = isQuiet(now, event.timeZone, quiet);
    const morning = outOfQuietHours(now, event.timeZone, quiet);
    const when = fieldOf(request.body, 'when');
    // Whoever opened the page before the quiet hours is asked again, not taken at her word of an hour ago.
    if (atNight && when !== 'now' && when !== 'morning') return page(request, reply, null);
    const waits = atNight && when === 'morning' && morning < event.startsAt;
    const outcome = await publishEvent(deps, event.id, {
      actor: actorOf(request),
      ...(waits && { invitationsAt: morning }),
    });
    if (outcome.ok) {
      return reply.redirect(`/desk/events/${event.id}?done=${waits ? 'publishedMorning' : 'published'}`, 303);
    }
    return page(request, reply.code(409), outcome.reason === 'invalid' ? 'inThePast' : 'refused');
  });

  /** The mail itself, for the frame on the page. */
  app.get('/publication/mail', async (request, reply) => {
    const { deskEvent: event, desk } = request;
    const mail = await previewMail(deps, { template: 'invitation', event, personId: desk.person.id });
    return framed(reply, mail.html);
  });

  app.post('/test-mail', async (request, reply) => {
    const { deskEvent: event, desk } = request;
    if (event.state !== 'draft') return notFound(request, reply);
    await deps.db.transaction().execute((trx) =>
      sendToOne(
        trx,
        [
          {
            kind: 'invitation',
            personId: desk.person.id,
            chapterId: event.chapterId,
            eventId: event.id,
            cause: `test:${randomUUID()}`,
            data: { test: true },
          },
        ],
        deps.clock(),
      ),
    );
    return reply.redirect(`/desk/events/${event.id}/publication?done=testSent`, 303);
  });

  async function page(request: FastifyRequest, reply: FastifyReply, problem: string | null) {
    const { desk, deskEvent: event, deskChapter: chapter } = request;
    const { t } = desk;
    const now = deps.clock();
    const quiet = { from: chapter.quietFrom, until: chapter.quietUntil };
    const morning = outOfQuietHours(now, event.timeZone, quiet);
    const [mail, audience, rules] = await Promise.all([
      previewMail(deps, { template: 'invitation', event, personId: desk.person.id }),
      countInvitable(deps, event, now),
      findTimeline(deps.db, event),
    ]);
    const planned = rules
      .filter((rule) => rule.kind !== 'invitation' && applies(rule, event.format))
      .map((rule) => ({ rule, at: dueAt(rule, { ...event, publishedAt: now }, quiet) }))
      .filter(({ at }) => at >= now)
      .sort((a, b) => a.at.getTime() - b.at.getTime());
    // The four thanks leave together and each person gets one of them: to the coordinator they are one step.
    const thanks = planned.filter(({ rule }) => rule.kind.startsWith('thanks'));
    const together = thanks.length > 1 && thanks.every(({ at }) => at.getTime() === thanks[0]?.at.getTime());
    const steps = planned
      .filter((step) => !together || !thanks.includes(step) || step === thanks[0])
      .map((step) => ({
        when: exactMoment(step.at, event.timeZone, desk, now),
        kind: t(`desk.kind.${step.rule.kind}`),
        audience:
          together && step === thanks[0]
            ? t('desk.publish.thanks')
            : t(`desk.audience.${step.rule.audience}`),
      }));
    return deskPage(
      request,
      reply,
      'publication',
      { title: t('desk.publish.title'), chapter },
      {
        event: eventHead(event, desk, now),
        mail: { subject: mail.subject, text: mail.text, url: `/desk/events/${event.id}/publication/mail` },
        audience,
        ownMail: desk.person.email,
        steps,
        membersUrl: `/desk/chapters/${chapter.slug}/members`,
        night:
          isQuiet(now, event.timeZone, quiet) && morning < event.startsAt
            ? { morning: nearMoment(morning, event.timeZone, desk, now) }
            : null,
        isPast: event.endsAt <= now,
        problem: problem ? t(`desk.error.${problem}`) : null,
      },
    );
  }
}
