import { eventFields } from '../desk/at-desk.ts';
import type { Places } from './role-world.ts';

/**
 * What a form could carry, all at once: whoever is let in by mistake then does something, and it shows. Fields that a
 * form does not know are no matter to it.
 */
export function fieldsFor(csrf: string, { own }: Places): Record<string, string> {
  return {
    ...eventFields({ title: 'Cambiato' }),
    _csrf: csrf,
    personId: own.personId,
    newcomerId: own.personId,
    hostId: own.personId,
    first: own.personId,
    words: 'Vi piace la stessa cosa',
    who: own.personId,
    how: 'together',
    eventId: own.eventId,
    answer: 'yes',
    mode: 'room',
    present: 'yes',
    complete: 'yes',
    change: 'skip',
    when: 'now',
    sure: 'yes',
    confirm: 'yes',
    notify: 'yes',
    reason: 'x',
    name: 'Una Persona',
    firstName: 'Una',
    lastName: 'Persona',
    email: 'una.persona@example.org',
    phone: '+39 051 1234567',
    people: 'Eva Blu, eva@example.org',
    text: 'Una nota',
    subject: 'Un oggetto',
    body: 'Un testo',
    locale: 'it',
    slug: 'nuovo-gruppo',
    timeZone: 'Europe/Rome',
  };
}

/** What a page is asked for beside its address. */
export function queryFor(path: string, { sibling }: Places): string {
  return /\/(following|rest)$/.test(path) ? `?from=${sibling.eventId}` : '';
}

/** What a script of the desk sends as JSON, by the end of its route. */
const reports: Record<string, (places: Places) => object> = {
  '/door/sync': ({ own }) => ({
    device: '01900000-0000-7000-8000-00000000000d',
    sentAt: Date.parse('2026-11-26T17:00:00Z'),
    marks: [{ sequence: 1, at: Date.parse('2026-11-26T17:00:00Z'), mode: 'room', personId: own.personId }],
  }),
};

/** The body of a POST at the desk, as its page would send it. */
export function bodyFor(path: string, csrf: string, places: Places): { headers: object; payload: string } {
  const report = Object.entries(reports).find(([end]) => path.endsWith(end))?.[1];
  if (report) {
    const headers = { 'content-type': 'application/json', 'csrf-token': csrf };
    return { headers, payload: JSON.stringify(report(places)) };
  }
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return { headers, payload: new URLSearchParams(fieldsFor(csrf, places)).toString() };
}

const event = {
  title: 'Nuovo',
  format: 'online',
  startsAt: '2027-12-01T10:00',
  endsAt: '2027-12-01T11:00',
  joinUrl: 'https://meet.example.org/y',
};
const chapter = { slug: 'roma', name: 'Roma', timeZone: 'Europe/Rome', locale: 'it' };

/** A body that each call of the API takes: a refusal is then about who asks. */
const bodies: Record<string, (own: Places['own']) => unknown> = {
  'POST /api/v1/chapters': () => ({ ...chapter, coordinator: { email: 'x@example.org', firstName: 'X' } }),
  'POST /api/v1/chapters/:slug/members': () => ({ email: 'eva@example.org', firstName: 'Eva' }),
  'POST /api/v1/chapters/:slug/events': () => event,
  'PATCH /api/v1/events/:id': () => ({ title: 'Cambiato' }),
  'PUT /api/v1/events/:id/rsvps/:personId': () => ({ answer: 'yes' }),
  'POST /api/v1/events/:id/attendance': () => ({ name: 'Una Persona', mode: 'room' }),
  'PUT /api/v1/events/:id/attendance/:personId': () => ({ mode: 'room' }),
  'DELETE /api/v1/events/:id/attendance/:personId': () => ({ mode: 'room' }),
  'PUT /api/v1/events/:id/timeline': () => [],
  'PUT /api/v1/texts/:scope/:id/:kind/:locale': () => ({
    subject: 'x',
    body: '[x]({{ links.yes }} "button")',
  }),
  'POST /api/v1/chapters/:slug/series': (own) => ({ eventId: own.eventId, rule: 'FREQ=MONTHLY;BYDAY=1TH' }),
};

export function payloadFor(key: string, { own }: Places): { contentType: string; payload: string } {
  if (key.endsWith('/import')) {
    return { contentType: 'text/csv', payload: 'Nome;Cognome;E-mail\nEva;Blu;eva@example.org\n' };
  }
  return { contentType: 'application/json', payload: JSON.stringify(bodies[key]?.(own) ?? {}) };
}
