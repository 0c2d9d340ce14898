import type { PageStanding, RsvpPageRow } from '../../server/rsvps/page-row.ts';
import type { Answer } from '../../server/rsvps/rules.ts';

/** Rows as the database would give them, one for each state that a member's page can be in. */

export const now = new Date('2026-11-23T10:00:00+01:00');

const base: RsvpPageRow = {
  event: {
    id: '01934f2e-7b6a-7cc3-98a5-1d2e3f405162',
    title: 'Aperitivo di novembre',
    description:
      'Ci ritroviamo davanti a un calice per raccontarci come va il lavoro.\n\nA metà serata **un minuto a testa** per presentarsi: niente slide, solo voce.',
    format: 'in_person',
    venueName: 'Enoteca del Portico',
    venueAddress: 'via Santo Stefano 42, Bologna',
    timeZone: 'Europe/Rome',
    startsAt: new Date('2026-11-26T18:30:00+01:00'),
    endsAt: new Date('2026-11-26T20:30:00+01:00'),
    cost: '15 €, si paga sul posto',
    bring: 'Biglietti da visita e una sciarpa: si sta un po’ anche fuori.',
    state: 'published',
    answersCloseAt: null,
    seatsRoom: 25,
    seatsOnline: null,
    guestsAllowed: 1,
    maybeAllowed: true,
    lateWindowHours: 24,
    joinUrl: null,
    cancelReason: null,
    movedAt: null,
    movedFrom: null,
  },
  invitedAt: new Date('2026-11-10T10:00:00+01:00'),
  person: { firstName: 'Anna', lastName: 'Rinaldi' },
  chapter: { slug: 'bologna', replyTo: 'chiara@example.org' },
  host: 'Chiara',
  rsvp: null,
  taken: { room: 18, online: 0 },
  guests: [],
  place: null,
  previous: null,
  others: { names: [], more: 0 },
};

const standing: PageStanding = {
  state: 'going',
  mode: 'room',
  guests: 0,
  offerExpiresAt: null,
  offerLapsedAt: null,
  reconfirmedAt: null,
  answeredAt: new Date('2026-11-20T10:00:00+01:00'),
  note: null,
  visible: false,
};

export function pageRow(
  changes: Partial<Omit<RsvpPageRow, 'event' | 'rsvp'>> & {
    event?: Partial<RsvpPageRow['event']>;
    rsvp?: Partial<PageStanding> | null;
  } = {},
): RsvpPageRow {
  return {
    ...base,
    ...changes,
    event: { ...base.event, ...changes.event },
    rsvp: changes.rsvp ? { ...standing, ...changes.rsvp } : null,
  };
}

const hybrid = {
  format: 'hybrid',
  seatsRoom: 12,
  seatsOnline: 30,
  title: 'Laboratorio: dire il prezzo senza arrossire',
  joinUrl: 'https://meet.example.org/prezzo',
} as const;

const moved = {
  movedAt: new Date('2026-11-22T18:00:00+01:00'),
  movedFrom: {
    startsAt: '2026-11-26T17:30:00.000Z',
    endsAt: '2026-11-26T19:30:00.000Z',
    timeZone: 'Europe/Rome',
    format: 'in_person',
    venueName: 'Caffè Zamboni',
    venueAddress: 'via Zamboni 6, Bologna',
  },
  startsAt: new Date('2026-11-26T19:00:00+01:00'),
  endsAt: new Date('2026-11-26T21:00:00+01:00'),
};

export const pageRows: Record<string, { row: RsvpPageRow; asked?: Answer }> = {
  open: { row: pageRow() },
  'open, yes preselected': { row: pageRow(), asked: 'yes' },
  'open, no preselected': { row: pageRow(), asked: 'no' },
  'open, hybrid': { row: pageRow({ event: hybrid, taken: { room: 12, online: 9 } }) },
  full: { row: pageRow({ taken: { room: 25, online: 0 } }) },
  going: {
    row: pageRow({
      rsvp: { guests: 1, note: 'Arrivo verso le 19.' },
      guests: ['Sara Neri'],
      others: { names: ['Elena P.', 'Marta S.'], more: 15 },
      previous: { answer: 'no', mode: 'room', guests: 0 },
    }),
  },
  'going, and asked whether not': { row: pageRow({ rsvp: {} }), asked: 'no' },
  'going online': {
    row: pageRow({ event: hybrid, rsvp: { mode: 'online' }, others: { names: [], more: 8 } }),
  },
  maybe: { row: pageRow({ rsvp: { state: 'maybe' } }) },
  waitlisted: { row: pageRow({ rsvp: { state: 'waitlisted' }, place: 3, taken: { room: 25, online: 0 } }) },
  'waitlisted, offer lapsed': {
    row: pageRow({
      rsvp: { state: 'waitlisted', offerLapsedAt: now },
      place: 1,
      taken: { room: 25, online: 0 },
    }),
  },
  'waitlisted, closed': {
    row: pageRow({ rsvp: { state: 'waitlisted' }, place: 2, event: { answersCloseAt: now } }),
  },
  offered: {
    row: pageRow({
      rsvp: { state: 'offered', offerExpiresAt: new Date('2026-11-24T10:30:00+01:00') },
      taken: { room: 25, online: 0 },
    }),
  },
  declined: { row: pageRow({ rsvp: { state: 'declined' } }) },
  withdrawn: {
    row: pageRow({ rsvp: { state: 'withdrawn' }, previous: { answer: 'yes', mode: 'room', guests: 1 } }),
  },
  closed: { row: pageRow({ event: { answersCloseAt: new Date('2026-11-23T09:00:00+01:00') } }) },
  moved: { row: pageRow({ event: moved, rsvp: {} }) },
  'moved, not answered': { row: pageRow({ event: moved }) },
  cancelled: {
    row: pageRow({
      event: {
        state: 'cancelled',
        cancelReason: 'L’enoteca ha un guasto all’acqua: ci rifacciamo a dicembre, promesso.',
      },
      rsvp: {},
    }),
  },
  ended: { row: pageRow({ event: { state: 'ended' }, rsvp: {} }) },
};
