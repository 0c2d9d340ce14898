import { placeOf } from '../events/views.ts';

/** Ways to put an event into a calendar without a file, for the two services that most people have. */
export type AddLinks = { file: string; google: string; outlook: string };

type Addable = {
  id: string;
  title: string;
  startsAt: Date;
  endsAt: Date;
  timeZone: string;
  format: string;
  venueName: string | null;
  venueAddress: string | null;
};

/**
 * Prefilled pages of Google Calendar and Outlook.com. They hold what anybody invited may know: neither a link of hers nor
 * the link to join, since the address goes to another company's server.
 * @param file the address of the .ics file
 * @param page the event's own page
 */
export function addLinks(event: Addable, { file, page }: { file: string; page: string }): AddLinks {
  const location = (event.format !== 'online' && placeOf(event)) || '';
  const utc = (at: Date) => `${at.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const google = new URLSearchParams({
    action: 'TEMPLATE',
    text: event.title,
    dates: `${utc(event.startsAt)}/${utc(event.endsAt)}`,
    ctz: event.timeZone,
    details: page,
    location,
  });
  const outlook = new URLSearchParams({
    path: '/calendar/action/compose',
    rru: 'addevent',
    subject: event.title,
    startdt: event.startsAt.toISOString(),
    enddt: event.endsAt.toISOString(),
    body: page,
    location,
  });
  return {
    file,
    google: `https://calendar.google.com/calendar/render?${google}`,
    outlook: `https://outlook.live.com/calendar/0/deeplink/compose?${outlook}`,
  };
}
