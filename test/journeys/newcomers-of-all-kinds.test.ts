import { beforeAll, describe, expect, test } from 'vitest';
import { completeAttendance, markPresent } from '../../server/attendance/service.ts';
import { chooseHost } from '../../server/encounters/welcomes.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { formBody } from '../desk/at-desk.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { lastMail, linkIn, wordsOf } from './inbox.ts';

/** The newcomer's story from mail to mail, in both languages and the three forms of address. */
const service = useService({ now: '2031-11-10T10:00:00+01:00' });
const actor = { kind: 'system' } as const;

const words = {
  it: {
    yes: 'Ci sarò',
    seat: 'il tuo posto c’è',
    feminine: 'Benvenuta tra noi',
    masculine: 'Benvenuto tra noi',
    neutral: 'Ti diamo il benvenuto',
    host: 'ti accoglie Elena P.',
    reminder: 'quando arrivi chiedi di Elena',
    thanks: 'questa prima volta',
    hosted: 'Elena',
  },
  en: {
    yes: 'I’ll be there',
    seat: 'your seat is',
    feminine: 'Welcome',
    masculine: 'Welcome',
    neutral: 'Welcome',
    host: 'Elena P. welcomes you',
    reminder: 'Elena is there to welcome you',
    thanks: 'first time',
    hosted: 'Elena was there to welcome you',
  },
} as const;
const kinds = (['it', 'en'] as const).flatMap((locale) =>
  (['feminine', 'masculine', 'neutral'] as const).map((form) => ({
    locale,
    form,
    email: `${locale}-${form}@example.org`,
  })),
);

let chapter: Awaited<ReturnType<typeof makeChapter>>;
let event: Awaited<ReturnType<typeof makeEvent>>;
let elena: Awaited<ReturnType<typeof makeMember>>;

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  elena = await makeMember(service.db, chapter.id, {
    firstName: 'Elena',
    lastName: 'Poli',
    email: 'elena.poli@example.org',
  });
  await service.db
    .insertInto('profiles')
    .values({ personId: elena.id, welcomes: true, updatedAt: service.clock() })
    .execute();
  event = await makeEvent(service.deps, chapter.id, {
    access: 'link',
    seatsRoom: 25,
    startsAt: new Date('2031-11-20T18:30:00+01:00'),
    endsAt: new Date('2031-11-20T20:30:00+01:00'),
  });
  const yes = { answer: 'yes', visible: true, source: 'link' } as const;
  await answerInvitation(service.deps, { eventId: event.id, personId: elena.id, ...yes });
  await service.settle();
});

const post = (url: string, fields: Record<string, string>, language: string, remoteAddress: string) =>
  service.server.inject({
    method: 'POST',
    url,
    remoteAddress,
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'accept-language': language },
    payload: formBody(fields),
  });
const idOf = async (email: string) =>
  (await service.db.selectFrom('people').select('id').where('email', '=', email).executeTakeFirstOrThrow())
    .id;
const read = async (email: string, kind: Parameters<typeof lastMail>[2]) =>
  wordsOf(lastMail(service, email, kind));

describe.each(kinds)('$form, in $locale', ({ locale, form, email }) => {
  const say = words[locale];

  test('asks for a link, says yes, and is told so and welcomed in that language and form', async () => {
    const from = `10.2.0.${kinds.findIndex((kind) => kind.email === email) + 1}`;
    const asked = { name: 'Sara Neri', email, invitedBy: 'Elena Poli' };
    expect((await post(`/e/${event.id}/link`, asked, locale, from)).statusCode).toBe(200);
    // Which form is hers she says later, on her own page or to whoever coordinates.
    await service.db.updateTable('people').set({ form }).where('email', '=', email).execute();
    await service.settle();
    const link = new URL(await linkIn(lastMail(service, email, 'invitation'), say.yes));
    const answer = await post(link.pathname, { answer: 'yes', visible: '1' }, locale, from);
    expect(answer.statusCode).toBe(303);
    await service.settle();
    const confirmed = await read(email, 'confirmation');
    expect(confirmed).toContain(say.seat);
    expect(confirmed).toContain(say[form]);
    if (locale === 'it')
      for (const other of (['feminine', 'masculine', 'neutral'] as const).filter((one) => one !== form))
        expect(confirmed).not.toContain(say[other]);
  });

  test('hears who welcomes, in a mail of its own and in the reminder', async () => {
    const newcomerId = await idOf(email);
    const chosen = await chooseHost(service.deps, { eventId: event.id, newcomerId, hostId: elena.id, actor });
    expect(chosen).toEqual({ ok: true });
    await service.settle();
    expect(await read(email, 'confirmation')).toContain(say.host);
    // Who welcomes reads it in her own language.
    expect(await read(elena.email as string, 'confirmation')).toContain('viene per la prima volta Sara N.');
  });
});

test('each is reminded of her by name on the eve', async () => {
  await service.travel('2031-11-19T18:30:00+01:00');
  for (const { locale, email } of kinds)
    expect(await read(email, 'reminder')).toContain(words[locale].reminder);
});

test('and thanked for a first time on the day after, with the name of who was there for them', async () => {
  await service.travel('2031-11-20T18:45:00+01:00');
  for (const { email } of kinds)
    await markPresent(service.deps, { eventId: event.id, personId: await idOf(email), mode: 'room' }, actor);
  await completeAttendance(service.deps, { eventId: event.id, mode: 'room' }, actor);
  await service.travel('2031-11-21T10:00:00+01:00');
  for (const { locale, email } of kinds) {
    const thanks = await read(email, 'thanks_attended');
    expect(thanks).toContain(words[locale].thanks);
    expect(thanks).toContain(words[locale].hosted);
  }
});
