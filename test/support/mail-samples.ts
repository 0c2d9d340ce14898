import type {
  AnswerLinks,
  DigestMail,
  Form,
  Mail,
  MailAnswer,
  MailEvent,
  MailLocale,
  ThanksMail,
} from '../../server/mail/variables.ts';

/** A mail as it might really leave, with a name for what is special about it. */
export type MailSample = { name: string; mail: Mail };

/** One or more mails of every template, together every branch of its text. */
export function mailSamples(locale: MailLocale, form: Form): MailSample[] {
  const it = locale === 'it';
  const say = (italian: string, english: string) => (it ? italian : english);

  const event: MailEvent = {
    title: say('Aperitivo di novembre', 'November drinks'),
    description: say(
      'Due ore per conoscerci meglio.\n\n- giro di **presentazioni** da un minuto\n- poi si chiacchiera\n\nIl menu: https://enoteca.example/menu',
      'Two hours to get to know each other.\n\n- one-minute **pitches**\n- then we chat\n\nThe menu: https://enoteca.example/menu',
    ),
    when: say('giovedì 26 novembre, dalle 18:30 alle 20:30', 'Thursday 26 November, from 18:30 to 20:30'),
    whenShort: say('gio 26 nov, 18:30', 'Thu 26 Nov, 18:30'),
    zoneNote: null,
    format: 'in_person',
    venue: {
      name: 'Enoteca Storica Faccioli',
      address: 'via Altabella 15, Bologna',
      mapUrl: 'https://www.openstreetmap.org/search?query=via%20Altabella%2015%2C%20Bologna',
    },
    joinUrl: null,
    cost: say('15 €, si paga sul posto', '€ 15, paid on the spot'),
    bring: null,
    guestsAllowed: 1,
    seatsLeftNote: null,
    answerBy: null,
  };
  const online: MailEvent = {
    ...event,
    title: say('Corso: raccontare il proprio lavoro', 'Course: telling what you do'),
    format: 'online',
    venue: null,
    cost: null,
    zoneNote: say('ora di Londra', 'London time'),
  };
  const hybrid: MailEvent = { ...online, format: 'hybrid', venue: event.venue, zoneNote: null };

  const token = 'AZNdPB8uejuMTV5vcIGSow.5kq8Zr0QxN1rJq0n5mJx2w';
  const page = `https://incontri.example/r/${token}`;
  const links: AnswerLinks = {
    yes: `${page}?a=yes`,
    no: `${page}?a=no`,
    maybe: null,
    answer: page,
    event: 'https://incontri.example/e/01935d3c-1f2e-7a3b-8c4d-5e6f708192a3',
    calendar: `${page}/calendar.ics`,
    unsubscribe: null,
    privacy: 'https://incontri.example/privacy',
  };
  const bulk: AnswerLinks = { ...links, unsubscribe: `https://incontri.example/u/${token}` };

  const common = {
    network: {
      name: 'Filo Rosso',
      words: {
        coordinator: say('coordinatrice', 'coordinator'),
        member: say('socia', 'member'),
        chapter: say('gruppo', 'chapter'),
      },
    },
    chapter: {
      name: say('Gruppo di Bologna', 'Bologna chapter'),
      accentColour: '#b4472e',
      url: 'https://incontri.example/c/bologna',
    },
    person: { firstName: 'Giulia', lastName: 'Marchetti', form, newcomer: false },
  };
  const newcomer = { ...common.person, firstName: 'Sara', lastName: 'Conti', newcomer: true };
  const about = {
    ...common,
    coordinator: { firstName: 'Anna', lastName: 'Ferri', phone: '+39 051 000000' },
    event,
    links,
  };

  const answer: MailAnswer = { state: 'going', mode: 'room', queuePlace: null, guests: [], offerUntil: null };
  const offered: MailAnswer = {
    ...answer,
    state: 'offered',
    guests: ['Marta', 'Lia'],
    offerUntil: say('oggi alle 16:15', 'today at 16:15'),
  };
  const joinUrl = 'https://meet.example/j/84726351?pwd=Zx81';
  const changes = [
    {
      what: say('Dove', 'Where'),
      old: 'Enoteca Storica Faccioli, via Altabella 15, Bologna',
      new: 'Salaborsa, piazza del Nettuno 3, Bologna',
    },
    {
      what: say('Quando', 'When'),
      old: event.when,
      new: say('venerdì 27 novembre, dalle 18:30 alle 20:30', 'Friday 27 November, from 18:30 to 20:30'),
    },
  ];
  const modeChange = [
    { what: say('Partecipazione', 'Taking part'), old: say('in presenza', 'in the room'), new: 'online' },
  ];

  const next = {
    title: say('Pranzo di dicembre', 'December lunch'),
    when: say('giovedì 3 dicembre, 13:00', 'Thursday 3 December, 13:00'),
    url: 'https://incontri.example/e/01935d3c-1f2e-7a3b-8c4d-000000000000',
  };
  const thanks: ThanksMail = { ...about, links: bulk, next, wasThere: null };
  const newcomersThanks: ThanksMail = { ...thanks, person: newcomer, next: null };

  const desk = { desk: 'https://incontri.example/desk/', privacy: links.privacy, unsubscribe: null } as const;
  const counts = say(
    '24 persone confermate su 25 posti, 3 in attesa',
    '24 people confirmed of 25 seats, 3 waiting',
  );
  const digests: DigestMail[] = [
    {
      ...common,
      links: desk,
      variant: 'evening',
      headline: say('3 risposte nuove', '3 new answers'),
      sections: [
        {
          heading: `${event.title} · ${event.whenShort}`,
          note: counts,
          url: 'https://incontri.example/desk/events/1',
          lines: [
            { text: say('Elena Riva: ci sarà', 'Elena Riva: coming'), note: null },
            {
              text: say('Paola Neri: non ci sarà', 'Paola Neri: not coming'),
              note: say('Torno tardi da Milano', 'Back late from Milan'),
            },
          ],
        },
        {
          heading: `${online.title} · ${event.whenShort}`,
          note: null,
          url: 'https://incontri.example/desk/events/2',
          lines: [{ text: say('Carla Bassi: forse', 'Carla Bassi: maybe'), note: null }],
        },
      ],
    },
    {
      ...common,
      links: desk,
      variant: 'withdrawal',
      event,
      who: { firstName: 'Paola', lastName: 'Neri', phone: '+39 333 0000000' },
      counts,
      after: say(
        'Il posto è stato offerto a Carla Bassi, che può rispondere fino a oggi alle 16:15.',
        'The seat was offered to Carla Bassi, who can answer until today at 16:15.',
      ),
    },
    {
      ...common,
      links: desk,
      variant: 'withdrawal',
      event,
      who: { firstName: 'Paola', lastName: 'Neri', phone: null },
      counts,
      after: null,
    },
    {
      ...common,
      links: desk,
      variant: 'list',
      event,
      counts,
      sections: [
        {
          heading: say('In presenza: 3', 'In the room: 3'),
          note: null,
          url: null,
          lines: [
            { text: say('Elena Riva, con un’ospite: Marta', 'Elena Riva, with a guest: Marta'), note: null },
            { text: 'Giulia Marchetti', note: say('Sono vegetariana', 'I am vegetarian') },
          ],
        },
      ],
    },
  ];

  const mails: [string, Mail][] = [
    ['plain', { template: 'invitation', variables: { ...about, links: bulk } }],
    [
      'with maybe, guests and a closing time',
      {
        template: 'invitation',
        variables: {
          ...about,
          person: newcomer,
          event: {
            ...event,
            guestsAllowed: 2,
            bring: say('un biglietto da visita', 'a business card'),
            seatsLeftNote: say('Restano 4 posti', '4 seats left'),
            answerBy: say('martedì 24 novembre alle 18:00', 'Tuesday 24 November at 18:00'),
          },
          links: { ...bulk, maybe: `${page}?a=maybe` },
        },
      },
    ],
    [
      'online, nothing but the time',
      {
        template: 'invitation',
        variables: { ...about, event: { ...online, description: '', guestsAllowed: 0 }, links: bulk },
      },
    ],
    ['hybrid', { template: 'invitation', variables: { ...about, event: hybrid, links: bulk } }],
    [
      'newcomer',
      {
        template: 'personal_link',
        variables: { ...about, person: newcomer, links: bulk, invitedBy: 'Elena Riva' },
      },
    ],
    [
      'newcomer online',
      {
        template: 'personal_link',
        variables: {
          ...about,
          person: newcomer,
          event: { ...online, description: '' },
          links: { ...bulk, maybe: `${page}?a=maybe` },
          invitedBy: null,
        },
      },
    ],
    ['member', { template: 'personal_link', variables: { ...about, links: bulk, invitedBy: null } }],
    ['plain', { template: 'chase', variables: { ...about, links: bulk } }],
    [
      'with maybe',
      { template: 'chase', variables: { ...about, links: { ...bulk, maybe: `${page}?a=maybe` } } },
    ],
    [
      'the day before',
      {
        template: 'reminder',
        variables: { ...about, links: bulk, answer: { ...answer, guests: ['Marta'] }, soon: false },
      },
    ],
    [
      'newcomer',
      { template: 'reminder', variables: { ...about, person: newcomer, links: bulk, answer, soon: false } },
    ],
    [
      'an hour before, online',
      {
        template: 'reminder',
        variables: {
          ...about,
          person: newcomer,
          event: { ...hybrid, joinUrl },
          links: bulk,
          answer: { ...answer, mode: 'online' },
          soon: true,
        },
      },
    ],
    [
      'maybe',
      {
        template: 'reminder',
        variables: {
          ...about,
          event: online,
          links: bulk,
          answer: { ...answer, state: 'maybe', mode: 'online' },
          soon: false,
        },
      },
    ],
    [
      'waiting',
      {
        template: 'reminder',
        variables: {
          ...about,
          links: bulk,
          answer: { ...answer, state: 'waitlisted', queuePlace: 2 },
          soon: false,
        },
      },
    ],
    [
      'to all',
      {
        template: 'reminder',
        variables: { ...about, links: bulk, answer: { ...answer, state: 'declined' }, soon: false },
      },
    ],
    [
      'going',
      {
        template: 'confirmation',
        variables: { ...about, answer: { ...answer, guests: ['Marta', 'Lia'] }, cause: 'self', changes: [] },
      },
    ],
    [
      'newcomer going',
      {
        template: 'confirmation',
        variables: {
          ...about,
          person: newcomer,
          event: { ...event, bring: say('un biglietto da visita', 'a business card') },
          answer,
          cause: 'self',
          changes: [],
        },
      },
    ],
    [
      'newcomer going online',
      {
        template: 'confirmation',
        variables: {
          ...about,
          person: newcomer,
          event: { ...hybrid, joinUrl },
          answer: { ...answer, mode: 'online' },
          cause: 'self',
          changes: [],
        },
      },
    ],
    [
      'from the room to online',
      {
        template: 'confirmation',
        variables: {
          ...about,
          event: { ...hybrid, joinUrl },
          answer: { ...answer, mode: 'online' },
          cause: 'self',
          changes: modeChange,
        },
      },
    ],
    [
      'hybrid, in the room',
      {
        template: 'confirmation',
        variables: { ...about, event: hybrid, answer, cause: 'self', changes: [] },
      },
    ],
    [
      'by phone',
      { template: 'confirmation', variables: { ...about, answer, cause: 'coordinator', changes: [] } },
    ],
    [
      'a seat at once',
      { template: 'confirmation', variables: { ...about, answer, cause: 'promoted', changes: [] } },
    ],
    [
      'waiting',
      {
        template: 'confirmation',
        variables: {
          ...about,
          answer: { ...answer, state: 'waitlisted', queuePlace: 3 },
          cause: 'self',
          changes: [],
        },
      },
    ],
    [
      'offer lapsed',
      {
        template: 'confirmation',
        variables: { ...about, answer: { ...answer, state: 'waitlisted' }, cause: 'lapsed', changes: [] },
      },
    ],
    [
      'maybe',
      {
        template: 'confirmation',
        variables: { ...about, answer: { ...answer, state: 'maybe' }, cause: 'self', changes: [] },
      },
    ],
    [
      'offered',
      { template: 'confirmation', variables: { ...about, answer: offered, cause: 'self', changes: [] } },
    ],
    [
      'declined',
      {
        template: 'confirmation',
        variables: { ...about, answer: { ...answer, state: 'declined' }, cause: 'self', changes: [] },
      },
    ],
    [
      'declined by phone',
      {
        template: 'confirmation',
        variables: { ...about, answer: { ...answer, state: 'declined' }, cause: 'coordinator', changes: [] },
      },
    ],
    [
      'withdrawn',
      {
        template: 'confirmation',
        variables: { ...about, answer: { ...answer, state: 'withdrawn' }, cause: 'self', changes: [] },
      },
    ],
    [
      'withdrawn by phone',
      {
        template: 'confirmation',
        variables: { ...about, answer: { ...answer, state: 'withdrawn' }, cause: 'coordinator', changes: [] },
      },
    ],
    [
      'in person',
      {
        template: 'guest_confirmed',
        variables: { ...about, guest: { firstName: 'Sara', lastName: 'Conti' } },
      },
    ],
    [
      'online',
      {
        template: 'guest_confirmed',
        variables: { ...about, event: online, guest: { firstName: 'Sara', lastName: '' } },
      },
    ],
    ['with guests', { template: 'offer', variables: { ...about, answer: offered } }],
    [
      'in the room',
      { template: 'offer', variables: { ...about, event: hybrid, answer: { ...offered, guests: [] } } },
    ],
    [
      'online',
      {
        template: 'offer',
        variables: { ...about, event: hybrid, answer: { ...offered, mode: 'online', guests: [] } },
      },
    ],
    [
      'going',
      {
        template: 'update',
        variables: {
          ...about,
          answer,
          changes,
          reason: say(
            'L’enoteca chiude per lavori: andiamo in Salaborsa.',
            'The wine bar is closed for works: we go to Salaborsa.',
          ),
          calendarByHand: false,
        },
      },
    ],
    [
      'going, calendar by hand',
      { template: 'update', variables: { ...about, answer, changes, reason: null, calendarByHand: true } },
    ],
    [
      'waiting',
      {
        template: 'update',
        variables: {
          ...about,
          answer: { ...answer, state: 'waitlisted', queuePlace: 1 },
          changes,
          reason: null,
          calendarByHand: false,
        },
      },
    ],
    [
      'with a reason',
      {
        template: 'cancellation',
        variables: {
          ...about,
          reason: say('Ho l’influenza.\nScusate!', 'I have the flu.\nSorry!'),
          calendarByHand: true,
        },
      },
    ],
    [
      'without',
      {
        template: 'cancellation',
        variables: { ...about, event: online, reason: null, calendarByHand: false },
      },
    ],
    ['plain', { template: 'thanks', variables: thanks }],
    [
      'newcomer',
      { template: 'thanks', variables: { ...newcomersThanks, wasThere: 'https://incontri.example/f/abc' } },
    ],
    ['plain', { template: 'thanks_attended', variables: thanks }],
    ['newcomer', { template: 'thanks_attended', variables: newcomersThanks }],
    ['plain', { template: 'thanks_missed', variables: thanks }],
    ['nothing planned', { template: 'thanks_missed', variables: newcomersThanks }],
    ['plain', { template: 'thanks_declined', variables: thanks }],
    ['nothing planned', { template: 'thanks_declined', variables: newcomersThanks }],
    ...digests.map((variables): [string, Mail] => [variables.variant, { template: 'digest', variables }]),
    [
      'coordinator',
      {
        template: 'sign_in',
        variables: {
          ...common,
          validFor: say('15 minuti', '15 minutes'),
          links: {
            signIn: 'https://incontri.example/sign-in/abc',
            privacy: links.privacy,
            unsubscribe: null,
          },
        },
      },
    ],
    [
      'without a chapter',
      {
        template: 'sign_in',
        variables: {
          ...common,
          chapter: null,
          validFor: say('15 minuti', '15 minutes'),
          links: {
            signIn: 'https://incontri.example/sign-in/abc',
            privacy: links.privacy,
            unsubscribe: null,
          },
        },
      },
    ],
  ];
  return mails.map(([name, mail]) => ({ name: `${mail.template}, ${name}`, mail }));
}
