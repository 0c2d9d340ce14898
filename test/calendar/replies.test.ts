import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import { describe, expect, test } from 'vitest';
import { readReply } from '../../server/calendar/reply.ts';
import { calendarReplyIn } from '../../server/inbound/calendar-part.ts';
import { names, replyMail, written } from './corpus.ts';

const read = async (raw: string) =>
  calendarReplyIn(
    await simpleParser(Buffer.from(raw), {
      keepDeliveryStatus: true,
      skipHtmlToText: true,
      skipTextToHtml: true,
    }),
  )?.reply;

describe('a calendar’s answer is read as it was meant', () => {
  /** What differs from the usual. */
  const meant: Record<string, object> = {
    'google-comment': { comment: 'Arrivo tardi; forse, alle otto' },
    'outlook-web': { comment: 'Questa volta non riesco, alla prossima!' },
    counter: { method: 'COUNTER', partstat: 'TENTATIVE' },
    delegated: { partstat: 'DELEGATED' },
    refresh: { method: 'REFRESH', partstat: 'NEEDS-ACTION', sequence: 0 },
  };
  test.each(names)('%s', async (name) => {
    for (const partstat of ['ACCEPTED', 'DECLINED', 'TENTATIVE']) {
      expect(await read(replyMail(name, { ...written, partstat }))).toEqual({
        method: 'REPLY',
        uid: written.uid,
        attendee: written.from,
        partstat,
        sequence: 3,
        stamp: written.stamp,
        comment: null,
        ...meant[name],
      });
    }
  });

  test('with bare line feeds as well', async () => {
    for (const name of names) {
      const raw = replyMail(name);
      expect(await read(raw.replaceAll('\r\n', '\n')), name).toEqual(await read(raw));
    }
  });
});

const calendar = (lines: readonly string[], method = 'METHOD:REPLY') =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', method, 'BEGIN:VEVENT', ...lines, 'END:VEVENT', 'END:VCALENDAR']
    .filter((line) => line !== '')
    .join('\r\n');
const entry = [
  'UID:a.b@c',
  'DTSTAMP:20311110T091500Z',
  'SEQUENCE:3',
  'ATTENDEE;PARTSTAT=ACCEPTED:mailto:g@example.com',
];
const reading = (text: string, method: string | null = null) => readReply(Buffer.from(text), method);

describe('what says nothing clear is no answer:', () => {
  test.each([
    ['nothing', '', null, 'no_calendar'],
    ['a letter', 'Ciao!', null, 'no_calendar'],
    ['no event', 'BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR', null, 'no_event'],
    ['two calendars', `${calendar(entry)}\r\n${calendar(entry)}`, null, 'no_calendar'],
    ['no method at all', calendar(entry, ''), null, 'unclear_method'],
    ['another method in the mail', calendar(entry), 'REQUEST', 'unclear_method'],
    ['an invitation', calendar(entry, 'METHOD:REQUEST'), 'REQUEST', 'other_method'],
    ['a cancellation', calendar(entry, 'METHOD:CANCEL'), null, 'other_method'],
    ['two events', calendar([...entry, 'END:VEVENT', 'BEGIN:VEVENT', ...entry]), null, 'several_events'],
    ['one date of a series', calendar([...entry, 'RECURRENCE-ID:20311120T173000Z']), null, 'recurrence'],
    ['no UID', calendar(entry.slice(1)), null, 'no_uid'],
    ['two UIDs', calendar([...entry, 'UID:d.e@f']), null, 'no_uid'],
    ['no attendee', calendar(entry.slice(0, 3)), null, 'no_attendee'],
    [
      'an attendee without an address',
      calendar([...entry.slice(0, 3), 'ATTENDEE:invalid:nomail']),
      null,
      'no_attendee',
    ],
    [
      'two attendees',
      calendar([...entry, 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:x@example.com']),
      null,
      'several_attendees',
    ],
    [
      'one attendee who says two things',
      calendar([...entry, 'ATTENDEE;PARTSTAT=DECLINED:mailto:g@example.com']),
      null,
      'several_attendees',
    ],
    [
      'a sequence that is none',
      calendar([...entry.slice(0, 2), 'SEQUENCE:-1', entry[3] as string]),
      null,
      'bad_sequence',
    ],
    ['two sequences', calendar([...entry, 'SEQUENCE:9']), null, 'bad_sequence'],
    ['a very long text', calendar([...entry, `DESCRIPTION:${'x'.repeat(300_000)}`]), null, 'too_large'],
    ['very many lines', calendar([...entry, ...Array<string>(5_000).fill('X-A:b')]), null, 'too_large'],
  ])('%s', (_what, text, method, reason) => {
    expect(reading(text, method)).toEqual({ ok: false, reason });
  });

  test('the one attendee twice is one', () => {
    expect(
      reading(calendar([...entry, entry[3]?.toUpperCase().replace('MAILTO', 'mailto') as string])),
    ).toMatchObject({
      ok: true,
    });
  });
});

test('nothing that comes in makes the reader throw', () => {
  const bytes = fc.uint8Array({ maxLength: 400 });
  const mutated = fc
    .tuple(
      fc.constantFrom(...names.map((name) => replyMail(name))),
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.nat({ max: 40 })), { maxLength: 12 }),
    )
    .map(([raw, edits]) => {
      const octets = [...Buffer.from(raw.slice(Math.max(0, raw.indexOf('BEGIN:VCALENDAR'))))];
      for (const [at, value, gone] of edits) octets.splice(at % (octets.length + 1), gone, value);
      return Uint8Array.from(octets);
    });
  fc.assert(
    fc.property(fc.oneof(bytes, mutated), fc.option(fc.string()), (content, method) => {
      const result = readReply(content, method);
      if (!result.ok) return;
      const { uid, attendee, sequence, comment, stamp } = result.reply;
      expect(uid.length).toBeLessThanOrEqual(300);
      expect(attendee).toContain('@');
      expect(sequence).toBeGreaterThanOrEqual(0);
      expect(comment?.length ?? 0).toBeLessThanOrEqual(1000);
      expect(stamp === null || Number.isFinite(stamp.getTime())).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
