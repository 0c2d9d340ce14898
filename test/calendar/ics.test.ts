import ICAL from 'ical.js';
import { describe, expect, test } from 'vitest';
import {
  type ConfirmationCalendar,
  calendarFeed,
  confirmationCalendar,
  eventCalendar,
  publicUid,
} from '../../server/calendar/ics.ts';
import { problemsOf } from '../support/ical-lines.ts';

const confirmation: ConfirmationCalendar = {
  uid: 'AZrT0w.3f9c@ritrovo.example',
  sequence: 2,
  dtstamp: new Date('2026-11-02T21:40:05.123Z'),
  method: 'REQUEST',
  cancelled: false,
  event: {
    title: 'Aperitivo: due chiacchiere; e un brindisi, insieme',
    description: 'Porta un biglietto da visita.\nSi paga sul posto: 15 €',
    location: 'Enoteca "Da Sara", via dell’Indipendenza 8; Bologna',
    startsAt: new Date('2026-11-26T17:30:00Z'),
    endsAt: new Date('2026-11-26T19:30:00Z'),
    timeZone: 'Europe/Rome',
  },
  organizer: { name: 'Rete Donne; gruppo di "Bologna", centro', email: 'bologna@rete.example' },
  attendee: {
    name: 'Nicolò "Nico" D’Angiò; detto, il Lungo: 🌷',
    email: 'nico+rete@posta.example',
    partstat: 'ACCEPTED',
  },
  url: 'https://ritrovo.example/r/abc.def',
  locale: 'it',
};

function read(text: string) {
  expect(problemsOf(text)).toEqual([]);
  const root = new ICAL.Component(ICAL.parse(text));
  const vevents = root.getAllSubcomponents('vevent');
  return { root, vevents, vevent: vevents[0]!, method: root.getFirstPropertyValue('method') };
}

/** The instant that a reader gets who knows no zones but those in the text. */
function instant(root: ICAL.Component, vevent: ICAL.Component, name: 'dtstart' | 'dtend'): string {
  const property = vevent.getFirstProperty(name)!;
  const zones = root.getAllSubcomponents('vtimezone').map((component) => new ICAL.Timezone(component));
  const zone = zones.find(({ tzid }) => tzid === property.getParameter('tzid'));
  const time = property.getFirstValue() as ICAL.Time;
  time.zone = zone!;
  return time.toJSDate().toISOString();
}

describe('the calendar part of a mail', () => {
  test('invites her alone, and says what she answered', () => {
    const { vevent, method } = read(confirmationCalendar(confirmation));
    expect(method).toBe('REQUEST');
    const attendees = vevent.getAllProperties('attendee');
    expect(attendees).toHaveLength(1);
    expect(attendees[0]?.getFirstValue()).toBe('mailto:nico+rete@posta.example');
    expect(attendees[0]?.getParameter('partstat')).toBe('ACCEPTED');
    expect(vevent.getFirstPropertyValue('sequence')).toBe(2);
    expect(vevent.getFirstPropertyValue('uid')).toBe(confirmation.uid);
    expect(vevent.getFirstPropertyValue('status')).toBe('CONFIRMED');
    expect(String(vevent.getFirstPropertyValue('dtstamp'))).toBe('2026-11-02T21:40:05Z');
  });

  test('keeps semicolons, quotes, commas, colons and letters of every kind', () => {
    const { vevent } = read(confirmationCalendar(confirmation));
    expect(vevent.getFirstProperty('attendee')?.getParameter('cn')).toBe(confirmation.attendee?.name);
    expect(vevent.getFirstProperty('organizer')?.getParameter('cn')).toBe(confirmation.organizer.name);
    expect(vevent.getFirstPropertyValue('summary')).toBe(confirmation.event.title);
    expect(vevent.getFirstPropertyValue('location')).toBe(confirmation.event.location);
    expect(vevent.getFirstPropertyValue('description')).toBe(
      `${confirmation.event.description}\n\n${confirmation.url}`,
    );
    expect(vevent.getFirstPropertyValue('url')).toBe(confirmation.url);
  });

  test('cancels with CANCEL where answers come in, with a cancelled PUBLISH where they do not', () => {
    const cancel = read(confirmationCalendar({ ...confirmation, method: 'CANCEL' }));
    expect(cancel.method).toBe('CANCEL');
    expect(cancel.vevent.getFirstPropertyValue('status')).toBe('CANCELLED');
    expect(cancel.vevent.getAllProperties('attendee')).toHaveLength(1);
    const published = read(confirmationCalendar({ ...confirmation, method: 'PUBLISH', cancelled: true }));
    expect(published.method).toBe('PUBLISH');
    expect(published.vevent.getFirstPropertyValue('status')).toBe('CANCELLED');
    expect(published.vevent.getAllProperties('attendee')).toHaveLength(0);
  });

  test('published, names nobody but its organiser', () => {
    const { vevent } = read(confirmationCalendar({ ...confirmation, method: 'PUBLISH' }));
    expect(vevent.getAllProperties('attendee')).toHaveLength(0);
    expect(vevent.getFirstPropertyValue('organizer')).toBe('mailto:bologna@rete.example');
    expect(() => confirmationCalendar({ ...confirmation, attendee: null })).toThrow(
      'REQUEST needs its attendee',
    );
  });

  test('is the same to the byte each time', () => {
    expect(confirmationCalendar(confirmation)).toBe(confirmationCalendar(structuredClone(confirmation)));
  });

  test('takes nothing from a name that would be a line of its own', () => {
    const name = 'Anna\r\nATTENDEE:mailto:x@posta.example\u0000\u2028END:VEVENT';
    const text = confirmationCalendar({
      ...confirmation,
      attendee: { name, email: 'a?b@posta.example', partstat: 'TENTATIVE' },
      event: { ...confirmation.event, title: name },
    });
    const { vevent } = read(text);
    expect(vevent.getAllProperties('attendee')).toHaveLength(1);
    expect(vevent.getFirstProperty('attendee')?.getParameter('cn')).toBe(
      'Anna ATTENDEE:mailto:x@posta.example END:VEVENT',
    );
    expect(vevent.getFirstPropertyValue('attendee')).toBe('mailto:a%3Fb@posta.example');
  });

  test('leaves out a name and a place that are empty', () => {
    const { vevent } = read(
      confirmationCalendar({
        ...confirmation,
        organizer: { name: ' ', email: 'bologna@rete.example' },
        event: { ...confirmation.event, location: '', description: null },
      }),
    );
    expect(vevent.getFirstProperty('organizer')?.getParameter('cn')).toBeUndefined();
    expect(vevent.getFirstProperty('location')).toBeNull();
    expect(vevent.getFirstPropertyValue('description')).toBe(confirmation.url);
  });

  test('folds long lines of two-, three- and four-byte letters at 75 octets', () => {
    for (const letter of ['a', 'è', '€', '🌷']) {
      for (let before = 0; before < 4; before += 1) {
        const title = 'x'.repeat(before) + letter.repeat(150);
        const { vevent } = read(
          confirmationCalendar({ ...confirmation, event: { ...confirmation.event, title } }),
        );
        expect(vevent.getFirstPropertyValue('summary')).toBe(title);
      }
    }
  });
});

describe('the zone', () => {
  test.each([
    {
      timeZone: 'Europe/Rome',
      startsAt: '2026-11-26T17:30:00Z',
      local: '2026-11-26T18:30:00',
      tzid: 'Europe/Rome',
    },
    {
      timeZone: 'Europe/Rome',
      startsAt: '2027-07-01T11:00:00Z',
      local: '2027-07-01T13:00:00',
      tzid: 'Europe/Rome',
    },
    {
      timeZone: 'europe/rome',
      startsAt: '2027-07-01T11:00:00Z',
      local: '2027-07-01T13:00:00',
      tzid: 'Europe/Rome',
    },
    {
      timeZone: 'Asia/Calcutta',
      startsAt: '2026-11-26T13:00:00Z',
      local: '2026-11-26T18:30:00',
      tzid: 'Asia/Kolkata',
    },
    {
      timeZone: 'US/Eastern',
      startsAt: '2026-07-01T22:30:00Z',
      local: '2026-07-01T18:30:00',
      tzid: 'America/New_York',
    },
    {
      timeZone: 'Pacific/Auckland',
      startsAt: '2026-12-31T05:30:00Z',
      local: '2026-12-31T18:30:00',
      tzid: 'Pacific/Auckland',
    },
    { timeZone: 'UTC', startsAt: '2026-11-26T18:30:00Z', local: '2026-11-26T18:30:00', tzid: 'Etc/UTC' },
    // Whatever the library's tables make of Morocco, the page and the calendar say the same hour.
    {
      timeZone: 'Africa/Casablanca',
      startsAt: '2026-11-26T17:30:00Z',
      local: expect.any(String),
      tzid: expect.any(String),
    },
    // 02:30 in Rome for the first time and for the second.
    {
      timeZone: 'Europe/Rome',
      startsAt: '2026-10-25T00:30:00Z',
      local: '2026-10-25T02:30:00',
      tzid: 'UTC+0200',
    },
    {
      timeZone: 'Europe/Rome',
      startsAt: '2026-10-25T01:30:00Z',
      local: '2026-10-25T02:30:00',
      tzid: 'UTC+0100',
    },
    // Around the change: from 01:30 to 03:30, one hour.
    {
      timeZone: 'Europe/Rome',
      startsAt: '2026-03-29T00:30:00Z',
      local: '2026-03-29T01:30:00',
      tzid: 'Europe/Rome',
      hours: 1,
    },
  ])('$timeZone: $startsAt is $local', ({ timeZone, startsAt, local, tzid, hours = 2 }) => {
    const starts = new Date(startsAt);
    const ends = new Date(starts.getTime() + hours * 3_600_000);
    const event = { ...confirmation.event, timeZone, startsAt: starts, endsAt: ends };
    const { root, vevent } = read(confirmationCalendar({ ...confirmation, event }));
    expect(vevent.getFirstProperty('dtstart')?.getParameter('tzid')).toEqual(tzid);
    expect(String(vevent.getFirstPropertyValue('dtstart'))).toEqual(local);
    expect(root.getAllSubcomponents('vtimezone')).toHaveLength(1);
    expect(instant(root, vevent, 'dtstart')).toBe(starts.toISOString());
    expect(instant(root, vevent, 'dtend')).toBe(ends.toISOString());
  });

  test('every zone of this runtime gives the instants back, in summer and in winter', () => {
    const wrong: string[] = [];
    for (const timeZone of Intl.supportedValuesOf('timeZone')) {
      for (const day of ['2026-07-01T12:00:00Z', '2026-12-01T12:00:00Z', '2028-03-27T00:30:00Z']) {
        const startsAt = new Date(day);
        const event = {
          ...confirmation.event,
          timeZone,
          startsAt,
          endsAt: new Date(startsAt.getTime() + 5_400_000),
        };
        const root = new ICAL.Component(ICAL.parse(confirmationCalendar({ ...confirmation, event })));
        const vevent = root.getFirstSubcomponent('vevent')!;
        const start = instant(root, vevent, 'dtstart');
        const end = instant(root, vevent, 'dtend');
        if (start !== startsAt.toISOString() || end !== event.endsAt.toISOString())
          wrong.push(`${timeZone} ${day}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

test('an event to download names no person', () => {
  const { attendee, method, organizer, ...entry } = confirmation;
  const text = eventCalendar({ ...entry, uid: publicUid('0198-1', 'ritrovo.example'), organizer: null });
  const { vevent, method: published } = read(text);
  expect(published).toBe('PUBLISH');
  expect(vevent.getFirstPropertyValue('uid')).toBe('0198-1@ritrovo.example');
  expect(vevent.getFirstProperty('attendee')).toBeNull();
  expect(vevent.getFirstProperty('organizer')).toBeNull();
  expect(text).not.toContain('mailto:');
});

describe('a feed', () => {
  const { attendee, method, locale, ...entry } = confirmation;
  const summer = {
    ...entry,
    uid: 'two@ritrovo.example',
    cancelled: true,
    event: {
      ...entry.event,
      startsAt: new Date('2026-07-02T11:00:00Z'),
      endsAt: new Date('2026-07-02T12:00:00Z'),
    },
  };
  const india = {
    ...entry,
    uid: 'three@ritrovo.example',
    event: { ...entry.event, timeZone: 'Asia/Kolkata' },
  };

  test('holds every event, each zone once, and when to come back', () => {
    const text = calendarFeed({
      name: 'Bologna; centro, e "oltre"',
      locale: 'it',
      entries: [entry, summer, india],
    });
    const { root, vevents, method: published } = read(text);
    expect(published).toBe('PUBLISH');
    expect(vevents.map((vevent) => vevent.getFirstPropertyValue('status'))).toEqual([
      'CONFIRMED',
      'CANCELLED',
      'CONFIRMED',
    ]);
    expect(root.getAllSubcomponents('vtimezone').map((zone) => zone.getFirstPropertyValue('tzid'))).toEqual([
      'Europe/Rome',
      'Asia/Kolkata',
    ]);
    expect(vevents.map((vevent) => instant(root, vevent, 'dtstart'))).toEqual([
      '2026-11-26T17:30:00.000Z',
      '2026-07-02T11:00:00.000Z',
      '2026-11-26T17:30:00.000Z',
    ]);
    expect(text).toContain('\r\nX-WR-CALNAME:Bologna\\; centro\\, e "oltre"\r\n');
    expect(text).toContain('\r\nREFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n');
    expect(text).toContain('\r\nX-PUBLISHED-TTL:PT1H\r\n');
  });

  test('may be empty', () => {
    const { vevents } = read(calendarFeed({ name: 'Bologna', locale: 'en', entries: [] }));
    expect(vevents).toEqual([]);
  });
});
