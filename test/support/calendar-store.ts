import ICAL from 'ical.js';

/** One entry as a calendar shows it. */
export type StoredEntry = {
  title: string;
  /** Instants, ISO 8601 in UTC. */
  startsAt: string;
  endsAt: string;
  location: string;
  description: string;
  status: string;
  partstat: string | null;
  rsvp: string | null;
  conference: string | null;
  sequence: number;
  stamp: string;
};

/** What a text says of one event, and with which method. */
export function readEntry(text: string): {
  method: string;
  uid: string;
  entry: StoredEntry;
  vevent: ICAL.Component;
} {
  const root = new ICAL.Component(ICAL.parse(text));
  const vevent = root.getFirstSubcomponent('vevent')!;
  const zones = root.getAllSubcomponents('vtimezone').map((component) => new ICAL.Timezone(component));
  const instant = (name: string) => {
    const property = vevent.getFirstProperty(name)!;
    const time = property.getFirstValue() as ICAL.Time;
    time.zone = zones.find(({ tzid }) => tzid === property.getParameter('tzid'))!;
    return time.toJSDate().toISOString();
  };
  const attendee = vevent.getFirstProperty('attendee');
  const text_ = (name: string) => String(vevent.getFirstPropertyValue(name) ?? '');
  return {
    method: String(root.getFirstPropertyValue('method')),
    uid: text_('uid'),
    vevent,
    entry: {
      title: text_('summary'),
      startsAt: instant('dtstart'),
      endsAt: instant('dtend'),
      location: text_('location'),
      description: text_('description'),
      status: text_('status'),
      partstat: (attendee?.getParameter('partstat') as string) ?? null,
      rsvp: (attendee?.getParameter('rsvp') as string) ?? null,
      conference: text_('conference') || null,
      sequence: Number(vevent.getFirstPropertyValue('sequence')),
      stamp: text_('dtstamp'),
    },
  };
}

/**
 * A calendar that goes by RFC 5546 to the letter: a message counts if its SEQUENCE is higher than that of the last one of
 * its UID, or the same and its DTSTAMP later (section 2.1.5). It says of each whether it counted.
 */
export function calendarStore() {
  const last = new Map<string, StoredEntry & { method: string }>();
  return {
    take(text: string): { counted: boolean; method: string; uid: string; entry: StoredEntry } {
      const { method, uid, entry } = readEntry(text);
      const before = last.get(uid);
      const counted =
        !before ||
        entry.sequence > before.sequence ||
        (entry.sequence === before.sequence && entry.stamp > before.stamp);
      if (counted) last.set(uid, { ...entry, method });
      return { counted, method, uid, entry };
    },
    /** What it shows: all but what was taken back. */
    entries: () =>
      [...last.values()].filter(({ method, status }) => method !== 'CANCEL' && status !== 'CANCELLED'),
  };
}
