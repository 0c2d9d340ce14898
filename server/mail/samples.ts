import { sampleCompany } from './before-samples.ts';
import { sampleIntroductions } from './introduction-samples.ts';
import { sampleReplies } from './reply-samples.ts';
import { type SampleParts, sampleDigests, sampleParts } from './sample-parts.ts';
import type {
  AnswerCause,
  Form,
  Mail,
  MailAnswer,
  MailLocale,
  MailTemplate,
  MailVariables,
} from './variables.ts';

/** A mail as it might really leave, with what is special about it. */
export type MailSample = { name: string; mail: Mail };

type Samples = { [T in MailTemplate]: Record<string, MailVariables[T]> };

/** One or more mails of every template, together every branch of its text. */
export function mailSamples(locale: MailLocale, form: Form): MailSample[] {
  const parts = sampleParts(locale, form);
  const samples: Samples = {
    ...beforehand(parts),
    ...answers(parts),
    ...changed(parts),
    ...afterwards(parts),
  };
  return Object.entries(samples).flatMap(([template, named]) =>
    Object.entries(named).map(([name, variables]) => ({
      name: `${template}, ${name}`,
      mail: { template, variables } as Mail,
    })),
  );
}

/** The reader takes part online. */
const byScreen = { online: true, room: false };

const waitsForRoom = (answer: MailAnswer): MailAnswer => ({
  ...answer,
  state: 'waitlisted',
  queuePlace: 2,
  elsewhere: { mode: 'online', url: 'https://incontri.example/r/abc?mode=online' },
});
const waitsOnline = (answer: MailAnswer): MailAnswer => ({
  ...answer,
  state: 'waitlisted',
  queuePlace: 2,
  elsewhere: { mode: 'room', url: 'https://incontri.example/r/abc?mode=room' },
});

function beforehand({
  say,
  about,
  newcomer,
  event,
  online,
  hybrid,
  joined,
  bulk,
  withMaybe,
  answer,
  remote,
}: SampleParts) {
  const invitation = { ...about, links: bulk };
  const reminder = { ...invitation, answer, soon: false, welcomer: null, company: [] };
  return {
    invitation: {
      plain: invitation,
      'with all there is': {
        ...about,
        person: newcomer,
        event: {
          ...event,
          guestsAllowed: 2,
          bring: say('un biglietto da visita', 'a business card'),
          seatsLeftNote: say('Restano 4 posti', '4 seats left'),
          answerBy: say('martedì 24 novembre alle 18:00', 'Tuesday 24 November at 18:00'),
        },
        links: withMaybe,
      },
      'online, with nothing but the time': {
        ...invitation,
        event: { ...online, description: '', guestsAllowed: 0 },
      },
      hybrid: { ...invitation, event: hybrid },
    },
    personal_link: {
      newcomer: { ...invitation, person: newcomer, invitedBy: 'Elena R.' },
      'nobody knows whom': {
        ...about,
        person: { ...newcomer, firstName: '', lastName: '' },
        invitedBy: null,
      },
      'newcomer, online': {
        ...about,
        person: newcomer,
        event: { ...online, description: '' },
        links: withMaybe,
        invitedBy: null,
      },
      member: { ...invitation, invitedBy: null },
    },
    chase: { plain: invitation, 'with maybe': { ...about, links: withMaybe } },
    reminder: {
      'day before': {
        ...reminder,
        answer: { ...answer, guests: ['Marta'] },
        company: sampleCompany({ say }),
      },
      newcomer: { ...reminder, person: newcomer },
      'newcomer, welcomed': { ...reminder, person: newcomer, welcomer: 'Elena' },
      'hour before, online': {
        ...reminder,
        ...byScreen,
        person: newcomer,
        event: joined,
        answer: remote,
        soon: true,
      },
      maybe: { ...reminder, event: online, answer: { ...remote, state: 'maybe' } },
      waiting: { ...reminder, answer: { ...answer, state: 'waitlisted', queuePlace: 2 } },
      'waiting, with seats online': { ...reminder, event: hybrid, answer: waitsForRoom(answer) },
      'waiting online, with seats in the room': {
        ...reminder,
        ...byScreen,
        event: hybrid,
        answer: waitsOnline(remote),
      },
      'hybrid, in the room': { ...reminder, event: hybrid },
      'hybrid, online': { ...reminder, ...byScreen, event: joined, answer: remote },
      'to everybody': { ...reminder, answer: { ...answer, state: 'declined' } },
    },
  } satisfies Partial<Samples>;
}

function answers({ say, about, newcomer, event, online, hybrid, joined, modeChange, ...parts }: SampleParts) {
  const { answer, remote, offered } = parts;
  const confirmation = (of: MailAnswer, cause: AnswerCause = 'self') => ({
    ...about,
    answer: of,
    cause,
    changes: [],
    calendarByHand: false,
  });
  const guest = { firstName: 'Sara', lastName: 'Conti' };
  const standing = {
    rhythm: say('ogni primo giovedì del mese alle 13:00', 'every first Thursday of the month at 13:00'),
    endUrl: `${about.links.answer}?standing=no`,
  };
  return {
    confirmation: {
      going: confirmation({ ...answer, guests: ['Marta', 'Lia'] }),
      'newcomer going': {
        ...confirmation(answer),
        person: newcomer,
        event: { ...event, bring: say('un biglietto da visita', 'a business card') },
      },
      'newcomer going online': { ...confirmation(remote), ...byScreen, person: newcomer, event: joined },
      'from the room to online': { ...confirmation(remote), ...byScreen, event: joined, changes: modeChange },
      'from online to the room': {
        ...confirmation(answer),
        event: hybrid,
        changes: modeChange.map((line) => ({ ...line, old: line.new, new: line.old })),
      },
      'hybrid, a seat at once': { ...confirmation(answer, 'promoted'), event: hybrid },
      'hybrid, a seat online at once': {
        ...confirmation(remote, 'promoted'),
        ...byScreen,
        event: joined,
      },
      'hybrid, by phone': { ...confirmation(answer, 'coordinator'), event: hybrid },
      'hybrid, online by phone': { ...confirmation(remote, 'coordinator'), ...byScreen, event: joined },
      'waiting for the room, with seats online': { ...confirmation(waitsForRoom(answer)), event: hybrid },
      'waiting for a seat online, with seats in the room': {
        ...confirmation(waitsOnline(remote)),
        ...byScreen,
        event: hybrid,
      },
      'hybrid, in the room': { ...confirmation(answer), event: hybrid },
      'going again, calendar by hand': { ...confirmation(answer), calendarByHand: true },
      'going by phone': confirmation(answer, 'coordinator'),
      'by calendar, in the room': { ...confirmation(answer, 'calendar'), event: hybrid },
      'by calendar, online': {
        ...confirmation(remote, 'calendar'),
        event: { ...hybrid, joinUrl: joined.joinUrl },
      },
      'a seat at once': confirmation(answer, 'promoted'),
      waiting: confirmation({ ...answer, state: 'waitlisted', queuePlace: 3 }),
      'offer lapsed': confirmation({ ...answer, state: 'waitlisted' }, 'lapsed'),
      'waiting in the last hour': confirmation({
        ...answer,
        state: 'waitlisted',
        queuePlace: 3,
        lastHour: true,
      }),
      'offer lapsed in the last hour': confirmation(
        { ...answer, state: 'waitlisted', lastHour: true },
        'lapsed',
      ),
      maybe: confirmation({ ...answer, state: 'maybe' }),
      offered: confirmation(offered),
      declined: confirmation({ ...answer, state: 'declined' }),
      'declined by phone': confirmation({ ...answer, state: 'declined' }, 'coordinator'),
      withdrawn: confirmation({ ...answer, state: 'withdrawn' }),
      'withdrawn by phone': confirmation({ ...answer, state: 'withdrawn' }, 'coordinator'),
    },
    standing_yes: {
      going: { ...about, answer, ...standing },
      'going online': { ...about, ...byScreen, event: joined, answer: remote, ...standing },
      waiting: { ...about, answer: { ...answer, state: 'waitlisted', queuePlace: 3 }, ...standing },
      'waiting for the room, with seats online': {
        ...about,
        event: hybrid,
        answer: waitsForRoom(answer),
        ...standing,
      },
      'waiting for a seat online, with seats in the room': {
        ...about,
        ...byScreen,
        event: hybrid,
        answer: waitsOnline(remote),
        ...standing,
      },
      'nobody knows where': { ...about, answer: { ...answer, state: 'waitlisted' }, ...standing },
    },
    calendar_reply: sampleReplies({ ...parts, about, online }),
    guest_confirmed: {
      'in person': { ...about, guest },
      online: { ...about, event: online, guest: { ...guest, lastName: '' } },
    },
    host: {
      'for the door': {
        ...about,
        links: {
          door: 'https://ritrovo.example.org/desk/events/1/door',
          privacy: about.links.privacy,
          unsubscribe: null,
        },
      },
    },
    welcome: {
      'to who welcomes': {
        ...about,
        hosts: true,
        online: false,
        room: true,
        other: {
          firstName: 'Sara',
          shortName: 'Sara C.',
          askMe: say('libri che non si trovano', 'books that nobody finds'),
          work: say('traduttrice dal francese', 'translator from French'),
        },
      },
      'to who is welcomed': {
        ...about,
        person: newcomer,
        hosts: false,
        online: false,
        room: true,
        other: { firstName: 'Elena', shortName: 'Elena R.', askMe: '', work: '' },
      },
      'to who is welcomed, online': {
        ...about,
        person: newcomer,
        event: joined,
        hosts: false,
        online: true,
        room: false,
        other: { firstName: 'Elena', shortName: 'Elena R.', askMe: '', work: '' },
      },
      'to who welcomes, online': {
        ...about,
        event: joined,
        hosts: true,
        online: true,
        room: false,
        other: { firstName: 'Sara', shortName: 'Sara C.', askMe: '', work: '' },
      },
    },
    offer: {
      'with guests': { ...about, answer: offered },
      'hybrid, in the room': { ...about, event: hybrid, answer: { ...offered, guests: [] } },
      'hybrid, online': {
        ...about,
        ...byScreen,
        event: hybrid,
        answer: { ...offered, mode: 'online', guests: [] },
      },
    },
  } satisfies Partial<Samples>;
}

function changed({ say, about, online, moved, joined, answer, remote, changes }: SampleParts) {
  const update = {
    ...about,
    event: moved,
    answer,
    changes,
    reason: null,
    unanswered: false,
    newLink: false,
    calendarByHand: false,
  };
  const joinLink = {
    ...about,
    ...byScreen,
    event: joined,
    answer: remote,
    hadLink: true,
    calendarByHand: false,
  };
  return {
    update: {
      going: {
        ...update,
        reason: say(
          'L’enoteca chiude per lavori: andiamo in Salaborsa.',
          'The wine bar is closed for works: we go to Salaborsa.',
        ),
      },
      'calendar by hand': { ...update, calendarByHand: true },
      waiting: { ...update, answer: { ...answer, state: 'waitlisted', queuePlace: 1 } },
      unanswered: { ...update, answer: { ...answer, state: 'declined' }, unanswered: true },
      'online, with another link': { ...update, ...byScreen, event: joined, answer: remote, newLink: true },
      'waiting for the room, with seats online': {
        ...update,
        event: { ...joined, joinUrl: null },
        answer: waitsForRoom(answer),
      },
      'waiting for a seat online, with seats in the room': {
        ...update,
        ...byScreen,
        event: { ...joined, joinUrl: null },
        answer: waitsOnline(remote),
      },
    },
    join_link: {
      'another one': { ...joinLink, calendarByHand: true },
      'the first one': { ...joinLink, hadLink: false },
      'none for now': { ...joinLink, event: { ...joined, joinUrl: null } },
    },
    cancellation: {
      'with a reason': {
        ...about,
        reason: say('Ho l’influenza.\nScusate!', 'I have the flu.\nSorry!'),
        calendarByHand: true,
      },
      'without one': { ...about, event: online, reason: null, calendarByHand: false },
    },
  } satisfies Partial<Samples>;
}

function afterwards(parts: SampleParts) {
  const { say, about, newcomer, common, event, bulk, links } = parts;
  const next = {
    title: say('Pranzo di dicembre', 'December lunch'),
    when: say('giovedì 3 dicembre, 13:00', 'Thursday 3 December, 13:00'),
    url: 'https://incontri.example/e/01935d3c-1f2e-7a3b-8c4d-000000000000',
  };
  const feedback = 'https://incontri.example/f/abc';
  const regret = { ...about, links: bulk, next, wasThere: null, personalLine: null, recap: null };
  const nothingPlanned = { ...regret, person: newcomer, next: null };
  const thanks = { ...regret, links: { ...bulk, feedback }, brought: null, welcomedBy: null };
  const newcomers = { ...thanks, person: newcomer, next: null };
  const added = {
    personalLine: say(
      'Il tuo racconto sul laboratorio mi ha fatto venire voglia di provarci.',
      'What you told us of your workshop made me want to try it myself.',
    ),
    recap: [
      {
        title: say('Le foto della serata', 'The photos of the evening'),
        url: 'https://foto.example/album',
        note: say('Nella foto: Anna R. e Elena P.', 'In the photo: Anna R. and Elena P.'),
      },
      {
        title: say('Il libro di cui parlava Marta', 'The book that Marta spoke of'),
        url: 'https://libri.example/1',
        note: null,
      },
    ],
  };
  const noted = {
    ...common,
    coordinator: about.coordinator,
    eventTitle: event.title,
    links: { privacy: links.privacy, unsubscribe: bulk.unsubscribe as string },
  };
  const notes = [
    {
      text: say(
        'Hai spiegato il tuo lavoro in un minuto, e mi è venuta voglia di saperne di più.',
        'You explained what you do in a minute, and I would love to hear more.',
      ),
      by: 'Sara C.',
    },
    {
      text: say('Che voce!\nSi sente che ci credi.', 'What a voice!\nOne hears that you mean it.'),
      by: null,
    },
  ];
  const answeredToJoin = {
    ...common,
    coordinator: about.coordinator,
    links: { events: 'https://incontri.example/c/bologna', privacy: links.privacy, unsubscribe: null },
  } as const;
  const signIn = {
    ...common,
    validFor: say('15 minuti', '15 minutes'),
    code: '042137',
    links: { signIn: 'https://incontri.example/sign-in/abc', privacy: links.privacy, unsubscribe: null },
  };
  const ownPage = {
    ...common,
    links: { ownPage: 'https://incontri.example/me/abc', privacy: links.privacy, unsubscribe: null },
  };
  const message = {
    ...common,
    coordinator: about.coordinator,
    firstName: common.person.firstName,
    event: null,
    links: {
      privacy: links.privacy,
      unsubscribe: bulk.unsubscribe as string,
      archive: 'https://incontri.example/m/abc',
      answer: null,
    },
  };
  return {
    thanks: {
      plain: { ...thanks, wasThere: feedback },
      newcomer: { ...newcomers, wasThere: feedback },
      'newcomer, welcomed': { ...newcomers, wasThere: feedback, next, welcomedBy: 'Elena' },
      'with all there is': { ...thanks, ...added, wasThere: feedback, brought: 'Sara' },
    },
    feedback: {
      plain: { ...about, links: { ...bulk, feedback } },
      newcomer: { ...about, person: newcomer, links: { ...bulk, feedback } },
    },
    feedback_link: {
      plain: { ...about, links: { ...links, feedback } },
      'nobody knows whom': {
        ...about,
        person: { ...newcomer, firstName: '', lastName: '' },
        links: { ...links, feedback },
      },
    },
    thanks_attended: {
      plain: thanks,
      online: { ...thanks, ...byScreen },
      newcomer: newcomers,
      'newcomer, welcomed': { ...newcomers, next, welcomedBy: 'Elena' },
      'with all there is': { ...thanks, ...added, brought: 'Sara' },
    },
    thanks_missed: {
      plain: regret,
      online: { ...regret, ...byScreen },
      'nothing planned': nothingPlanned,
      'with all there is': { ...regret, ...added },
    },
    thanks_declined: {
      plain: regret,
      'nothing planned': nothingPlanned,
      'with all there is': { ...regret, ...added },
    },
    pitch_notes: {
      one: { ...noted, notes: notes.slice(0, 1) },
      several: { ...noted, notes },
    },
    announcement: {
      'to all': message,
      'to those of an event': {
        ...message,
        event: { title: event.title, when: event.when, whenShort: event.whenShort, place: 'Salaborsa' },
        links: { ...message.links, answer: bulk.answer },
      },
    },
    ...sampleIntroductions(parts),
    digest: sampleDigests(parts),
    sign_in: { coordinator: signIn, administrator: { ...signIn, chapter: null } },
    join_how: {
      'came twice': {
        ...noted,
        links: { ...noted.links, join: 'https://incontri.example/c/bologna/join' },
      },
    },
    join_confirm: {
      'of nobody known': {
        ...common,
        person: { ...common.person, firstName: '', lastName: '' },
        coordinator: about.coordinator,
        links: {
          confirm: 'https://incontri.example/c/bologna/join/abc.def',
          privacy: links.privacy,
          unsubscribe: null,
        },
      },
      asked: {
        ...common,
        coordinator: about.coordinator,
        links: {
          confirm: 'https://incontri.example/c/bologna/join/abc.def',
          privacy: links.privacy,
          unsubscribe: null,
        },
      },
    },
    join_answer: {
      yes: { ...answeredToJoin, accepted: true, words: '' },
      'a kind no': {
        ...answeredToJoin,
        accepted: false,
        words: say('Per ora il gruppo è al completo.', 'The group is full for now.'),
      },
    },
    my_page: { member: ownPage, 'nobody’s member': { ...ownPage, chapter: null } },
    office: offices(parts),
  } satisfies Partial<Samples>;
}

function offices({ say, common, links }: SampleParts): Record<string, MailVariables['office']> {
  const office = {
    ...common,
    other: { firstName: 'Marta', lastName: 'Ferri' },
    lastDay: say('giovedì 10 dicembre', 'Thursday 10 December'),
    validFor: say('3 giorni', '3 days'),
    links: {
      signIn: 'https://incontri.example/sign-in/abc',
      desk: 'https://incontri.example/desk/',
      privacy: links.privacy,
      unsubscribe: null,
    },
  };
  const told = { ...office, validFor: null, links: { ...office.links, signIn: null } };
  return {
    welcome: { ...office, variant: 'welcome' },
    'welcome to a new chapter': { ...office, variant: 'welcome', other: null },
    'taking over': { ...office, variant: 'incoming' },
    'handing over': { ...told, variant: 'outgoing' },
    'not handing over after all': { ...told, variant: 'stays' },
    'not taking over after all': { ...told, variant: 'released' },
    'going on together': { ...told, variant: 'together' },
    administrator: { ...office, variant: 'administrator', chapter: null },
  };
}
