import type { EventProblem } from '../events/rules.ts';
import { type FieldError, Problem } from '../web/errors.ts';

/** Why something that is well said cannot be done now, and what to do instead. Each is a 409 with this code. */
export const refusals = {
  not_set_up: 'There is no network yet: run `npm run cli -- setup` first.',
  slug_taken: 'A chapter with this slug exists already: choose another slug.',
  no_coordinator: 'The network has no coordinator yet: name one in `coordinator`.',
  address_erased:
    'The person behind this address had herself erased: nobody but she can bring it back, by asking for a link herself.',
  seats_taken:
    'More seats are taken than that. Nothing was changed: free seats first, or ask for fewer less.',
  wrong_state: 'The event is over or was cancelled: it cannot be changed this way any more.',
  in_a_series: 'The event is a date of a series already.',
  not_published: 'The event is a draft: publish it first.',
  event_cancelled: 'The event was cancelled.',
  event_ended: 'The event is over.',
  answers_closed: 'Answers are closed: no yes is taken any more.',
  maybe_not_allowed: 'This event takes no "maybe": answer yes or no, or set `maybeAllowed`.',
  mode_not_offered: 'The event does not offer this mode: see its `format`.',
  too_many_guests: 'That is more guests than the event allows: see its `guestsAllowed`.',
  no_seats: 'There are not enough seats for that; what she had stays as it was.',
  nothing_to_preview: 'This mail is about no event and no message: there is nothing to show of it.',
  nobody_to_preview: 'Nobody is invited to the event yet: there is nobody to write to.',
  not_unknown:
    'What became of this mail is known, or its one retry is on its way: there is nothing to presume. See its `state`.',
  too_early: 'It is too early: presence can be noted from a day before the start, absence from the start on.',
} as const;

export type RefusalCode = keyof typeof refusals;

export function refused(code: RefusalCode): Problem {
  return new Problem(409, refusals[code], { code });
}

const eventProblems: Record<EventProblem['reason'], string> = {
  ends_before_start: 'Takes a time after the start.',
  longer_than_a_month: 'Takes a time within 31 days of the start.',
  unknown_zone: 'Takes an IANA time zone such as "Europe/Rome".',
  closes_after_end: 'Takes a time before the end.',
  in_the_past: 'Lies in the past: an event that is over cannot be published.',
  title_missing: 'Must not be blank.',
  not_https: 'Takes an address that begins with https:// or http://.',
  negative: 'Takes a number from 0 on.',
};

export function describeEventProblem(problem: EventProblem): FieldError {
  return { path: problem.field, message: eventProblems[problem.reason] };
}
