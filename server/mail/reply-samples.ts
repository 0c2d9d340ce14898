import type { SampleParts } from './sample-parts.ts';
import type { CalendarReplyMail, ReplyCase } from './variables.ts';

/** What is written back to a calendar, one mail for each case. */
export function sampleReplies({
  about,
  online,
  answer,
  withMaybe,
}: Pick<SampleParts, 'about' | 'online' | 'answer' | 'withMaybe'>): Record<string, CalendarReplyMail> {
  const reply = (what: ReplyCase, own: Partial<CalendarReplyMail> = {}): CalendarReplyMail => ({
    ...about,
    what,
    stands: null,
    answer: { ...answer, state: 'declined' },
    ...own,
  });
  const threeWays = { ...about.links, maybe: withMaybe.maybe };
  const going = { stands: 'going', answer } as const;
  return {
    'the event is over': reply('over', going),
    'the event is called off': reply('cancelled', going),
    'the event is not announced': reply('unpublished'),
    'answers have closed': reply('closed'),
    'answers have closed, she comes': reply('closed', going),
    'no maybe': reply('no_maybe', { event: online }),
    waiting: reply('waiting', {
      stands: 'waitlisted',
      answer: { ...answer, state: 'waitlisted', queuePlace: 3 },
    }),
    'an old entry': reply('outdated', going),
    'an old entry, she gave no answer': reply('outdated', { links: threeWays }),
    'an old entry, she said no': reply('outdated', { stands: 'withdrawn' }),
    'an old entry, she said maybe': reply('outdated', { stands: 'maybe', links: threeWays }),
    'an old entry, a seat is held': reply('outdated', { stands: 'offered' }),
    delegated: reply('delegated', going),
    'another time': reply('counter', going),
    'how it stands': reply('refresh', going),
    'nobody can be sure': reply('uncertain'),
  };
}
