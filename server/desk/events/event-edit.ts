import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import { concernedBy, type ToldAudience, whatMoved } from '../../events/rules.ts';
import { changeEvent, type EventDetails } from '../../events/service.ts';
import { placeInWords } from '../../events/views.ts';
import { countAudience } from '../../mailings/queries.ts';
import { findSeatsTaken } from '../../rsvps/page-queries.ts';
import { countModeChanges } from '../../rsvps/queries.ts';
import { capacityOf, type Mode, modesOf } from '../../rsvps/rules.ts';
import { periodInWords } from '../../web/dates.ts';
import { deskPage, fieldOf } from '../page.ts';
import type { DeskEvent } from '../queries.ts';
import { actorOf } from '../scope.ts';
import { type EventFormErrors, type EventFormValues, readEventForm, valuesOf } from './event-form.ts';
import { formFiles, formView } from './event-form-view.ts';
import { findKnownPlaces } from './places-known.ts';

/** Changing an event. One that moves asks whom to tell before anything is saved. */
export async function editEventRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  const page = async (
    request: FastifyRequest,
    reply: FastifyReply,
    values: EventFormValues,
    errors: EventFormErrors,
  ) => {
    const { t } = request.desk;
    const event = request.deskEvent;
    const published = event.state !== 'draft';
    return deskPage(
      request,
      reply,
      'event-form',
      { title: t('desk.form.editTitle'), chapter: request.deskChapter, ...formFiles },
      {
        heading: t('desk.form.editTitle'),
        action: `/desk/events/${event.id}`,
        submit: t('desk.form.saveButton'),
        submitHint: t(published ? 'desk.form.saveHintPublished' : 'desk.form.saveHint'),
        back: `/desk/events/${event.id}`,
        backTo: event.title,
        form: formView(values, errors, t),
        places: await findKnownPlaces(deps.db, event.chapterId),
        reach: isOfSeries(event) ? fieldOf(request.body, 'reach') || 'one' : null,
      },
    );
  };

  /** Whether the others of its series could change with it. */
  const isOfSeries = (event: DeskEvent) =>
    event.seriesId !== null && event.state !== 'cancelled' && event.startsAt > deps.clock();

  app.get('/edit', (request, reply) => page(request, reply, valuesOf(request.deskEvent), {}));

  app.post('/', async (request, reply) => {
    const event = request.deskEvent;
    const reach = fieldOf(request.body, 'reach');
    // What she typed goes along (RFC 9110 section 15.4.8): the page that changes several dates asks with each of them.
    if (isOfSeries(event) && (reach === 'following' || reach === 'all')) {
      const series = `/desk/chapters/${request.deskChapter.slug}/series/${event.seriesId}`;
      return reply.redirect(
        `${series}/following?from=${event.id}${reach === 'all' ? '&scope=all' : ''}`,
        307,
      );
    }
    const read = readEventForm(request.body, deps.clock());
    if (!read.ok) return page(request, reply.code(400), read.values, read.errors);
    const details = keepUntouched(read.details, read.values, event);

    const audiences = event.state === 'published' ? concernedBy(event, details) : [];
    const notify = fieldOf(request.body, 'notify');
    if (audiences.length > 0 && notify !== 'yes' && notify !== 'no') {
      const counts = await Promise.all(
        audiences.map((audience) => countAudience(deps.db, event.id, audience, 'update')),
      );
      const count = counts.reduce((sum, one) => sum + one, 0);
      // Where nobody has answered yet there is nobody to ask about.
      if (count > 0) return askWhomToTell(request, reply, { values: read.values, details, audiences, count });
    }
    const outcome = await changeEvent(deps, event.id, details, {
      actor: actorOf(request),
      notify: notify === 'yes',
    });
    if (outcome.ok) {
      const done = notify === 'yes' ? 'told' : 'saved';
      return reply.redirect(`/desk/events/${event.id}?done=${done}`, 303);
    }
    const errors: EventFormErrors =
      outcome.reason === 'seats_taken'
        ? seatErrors(details, await findSeatsTaken(deps.db, event.id))
        : { title: 'refused' };
    return page(request, reply.code(outcome.reason === 'seats_taken' ? 409 : 400), read.values, errors);
  });

  /** "Il luogo cambia: avvisiamo subito 23 persone?" */
  async function askWhomToTell(
    request: FastifyRequest,
    reply: FastifyReply,
    {
      values,
      details,
      audiences,
      count,
    }: {
      values: EventFormValues;
      details: EventDetails;
      audiences: readonly ToldAudience[];
      count: number;
    },
  ) {
    const { desk, deskEvent: event } = request;
    const { t, locale } = desk;
    const now = deps.clock();
    const isOtherLink = details.format !== 'in_person' && event.joinUrl !== details.joinUrl;
    const moved = [...whatMoved(event, details), ...(isOtherLink ? (['link'] as const) : [])];
    const changed = await countModeChanges(deps.db, event.id, details.format);
    const lines = (of: DeskEvent | EventDetails) => [
      periodInWords(of.startsAt, of.endsAt, of.timeZone, locale, now),
      placeInWords(of, t),
    ];
    return deskPage(
      request,
      reply,
      'event-move',
      { title: t('desk.move.title'), chapter: request.deskChapter },
      {
        action: `/desk/events/${event.id}`,
        values,
        what: beginning(new Intl.ListFormat(locale).format(moved.map((what) => t(`desk.move.${what}`)))),
        number: moved.length,
        was: lines(event),
        now: lines(details),
        questions: audiences.map((audience) => t(`desk.move.whom.${audience}`)),
        // Whose way of taking part the event has no longer.
        changed: changed ? t(`desk.move.modes.${details.format}`, { count: changed }) : null,
        count,
        back: `/desk/events/${event.id}/edit`,
      },
    );
  }
}

/** Where more are taken than there are to be; all are, where the event has one way of taking part. */
function seatErrors(details: EventDetails, taken: Record<Mode, number>): EventFormErrors {
  const offered = modesOf(details.format);
  const tooFew = offered.filter((mode) => {
    const seats = capacityOf(details, mode);
    return offered.length === 1 || (seats !== null && taken[mode] > seats);
  });
  const fields = tooFew.map((mode) => [mode === 'room' ? 'seatsRoom' : 'seatsOnline', 'seatsTaken']);
  return Object.fromEntries(fields);
}

/** As a sentence begins. */
function beginning(words: string): string {
  return words.charAt(0).toLocaleUpperCase() + words.slice(1);
}

/** A form shows minutes. What she did not touch stays what it was, to the millisecond. */
function keepUntouched(details: EventDetails, values: EventFormValues, event: DeskEvent): EventDetails {
  const shown = valuesOf(event);
  const same = (...fields: (keyof EventFormValues)[]) =>
    fields.every((field) => values[field] === shown[field]);
  const kept = { ...details };
  if (same('date', 'from', 'timeZone')) kept.startsAt = event.startsAt;
  if (same('date', 'endDate', 'to', 'timeZone')) kept.endsAt = event.endsAt;
  if (same('closeDate', 'closeTime', 'timeZone')) kept.answersCloseAt = event.answersCloseAt;
  return kept;
}
