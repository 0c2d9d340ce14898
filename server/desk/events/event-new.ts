import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import { createEvent } from '../../events/service.ts';
import { deskPage, fieldOf } from '../page.ts';
import { actorOf } from '../scope.ts';
import { type EventFormErrors, type EventFormValues, newEventValues, readEventForm } from './event-form.ts';
import { formFiles, formView } from './event-form-view.ts';
import { findKnownPlaces } from './places-known.ts';
import { rhythmNames } from './series-views.ts';

/** A new event, on one screen. */
export async function newEventRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  const page = async (
    request: FastifyRequest,
    reply: FastifyReply,
    values: EventFormValues,
    errors: EventFormErrors,
  ) => {
    const { t } = request.desk;
    const chapter = request.deskChapter;
    return deskPage(
      request,
      reply,
      'event-form',
      { title: t('desk.form.newTitle'), chapter, ...formFiles },
      {
        heading: t('desk.form.newTitle'),
        action: `/desk/chapters/${chapter.slug}/events`,
        submit: t('desk.form.createButton'),
        submitHint: t('desk.form.createHint'),
        back: '/desk/',
        form: formView(values, errors, t),
        places: await findKnownPlaces(deps.db, chapter.id),
        repeats: {
          value: fieldOf(request.body, 'repeats'),
          options: rhythmNames(request.desk),
          hint: t('recurring.start.repeatsHint'),
          error: null,
        },
      },
    );
  };

  app.get('/events/new', (request, reply) =>
    page(request, reply, newEventValues(request.deskChapter, deps.clock()), {}),
  );

  app.post('/events', async (request, reply) => {
    const read = readEventForm(request.body, deps.clock());
    if (!read.ok) return page(request, reply.code(400), read.values, read.errors);
    if (read.details.endsAt <= deps.clock()) {
      return page(request, reply.code(400), read.values, { date: 'inThePast' });
    }
    const made = await createEvent(deps, request.deskChapter.id, read.details, actorOf(request));
    if (!made.ok) return page(request, reply.code(400), read.values, { title: 'refused' });
    const repeats = fieldOf(request.body, 'repeats');
    const next = repeats ? `series?rhythm=${encodeURIComponent(repeats)}&` : 'publication?';
    return reply.redirect(`/desk/events/${made.event.id}/${next}done=created`, 303);
  });
}
