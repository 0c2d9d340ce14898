import type { AnswerLinks, DigestMail, Form, MailAnswer, MailEvent, MailLocale } from './variables.ts';

/** What the sample mails are made of: one group, its events, its people. */
export type SampleParts = ReturnType<typeof sampleParts>;

export function sampleParts(locale: MailLocale, form: Form) {
  const say = (italian: string, english: string) => (locale === 'it' ? italian : english);

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
  const joined: MailEvent = { ...hybrid, joinUrl: 'https://meet.example/j/84726351?pwd=Zx81' };
  const moved: MailEvent = {
    ...event,
    when: say('venerdì 27 novembre, dalle 18:30 alle 20:30', 'Friday 27 November, from 18:30 to 20:30'),
    whenShort: say('ven 27 nov, 18:30', 'Fri 27 Nov, 18:30'),
    venue: {
      name: 'Salaborsa',
      address: 'piazza del Nettuno 3, Bologna',
      mapUrl: 'https://www.openstreetmap.org/search?query=piazza%20del%20Nettuno%203%2C%20Bologna',
    },
  };

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
  const withMaybe: AnswerLinks = { ...bulk, maybe: `${page}?a=maybe` };

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
  const coordinator = { firstName: 'Anna', lastName: 'Ferri', phone: '+39 051 000000' };
  const about = { ...common, coordinator, event, links, online: false, room: true };

  const answer: MailAnswer = {
    state: 'going',
    mode: 'room',
    queuePlace: null,
    guests: [],
    offerUntil: null,
    lastHour: false,
    elsewhere: null,
  };
  const remote: MailAnswer = { ...answer, mode: 'online' };
  const offered: MailAnswer = {
    ...answer,
    state: 'offered',
    guests: ['Marta', 'Lia'],
    offerUntil: say('oggi alle 16:15', 'today at 16:15'),
  };
  const changes = [
    {
      what: say('Dove', 'Where'),
      old: 'Enoteca Storica Faccioli, via Altabella 15, Bologna',
      new: 'Salaborsa, piazza del Nettuno 3, Bologna',
    },
    { what: say('Quando', 'When'), old: event.when, new: moved.when },
  ];
  const modeChange = [
    { what: say('Partecipazione', 'Taking part'), old: say('in sala', 'in the room'), new: 'online' },
  ];

  return {
    say,
    event,
    online,
    hybrid,
    joined,
    moved,
    page,
    links,
    bulk,
    withMaybe,
    common,
    newcomer,
    about,
    answer,
    remote,
    offered,
    changes,
    modeChange,
  };
}

/** A digest of each kind. */
export function sampleDigests({
  say,
  common,
  event,
  online,
  links,
}: SampleParts): Record<string, DigestMail> {
  const desk = { desk: 'https://incontri.example/desk/', privacy: links.privacy, unsubscribe: null } as const;
  const counts = say(
    '24 persone confermate su 25 posti, 3 in attesa',
    '24 people confirmed of 25 seats, 3 waiting',
  );
  const withdrawal = {
    ...common,
    links: desk,
    variant: 'withdrawal' as const,
    event,
    who: { firstName: 'Paola', lastName: 'Neri', phone: '+39 333 0000000' },
    counts,
    after: say(
      'Il posto è stato offerto a Carla Bassi, che può rispondere fino a oggi alle 16:15.',
      'The seat was offered to Carla Bassi, who can answer until today at 16:15.',
    ),
  };
  return {
    evening: {
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
    joining: {
      ...common,
      links: { ...desk, desk: 'https://incontri.example/desk/chapters/bologna/requests' },
      variant: 'joining',
      name: 'Sara Conti',
      line: say('Elena mi ha parlato di voi.', 'Elena told me about you.'),
    },
    holiday: {
      ...common,
      links: desk,
      variant: 'holiday',
      event,
      day: say('giovedì 1 gennaio', 'Thursday 1 January'),
      holiday: say('Capodanno', 'New Year’s Day'),
    },
    newcomers: {
      ...common,
      links: desk,
      variant: 'newcomers',
      event,
      headline: say('domani vengono 2 persone nuove', '2 new people come tomorrow'),
      sections: [
        {
          heading: 'Sara Conti',
          note: say('nessuno l’accoglie ancora', 'nobody welcomes them yet'),
          url: null,
          lines: [{ text: say('viene grazie a Elena Riva', 'comes because of Elena Riva'), note: null }],
        },
        {
          heading: 'Lia Monti',
          note: say('l’accoglie Elena Riva', 'Elena Riva welcomes them'),
          url: null,
          lines: [],
        },
      ],
    },
    withdrawal,
    'withdrawal, nobody waits': {
      ...withdrawal,
      who: { firstName: 'Paola', lastName: '', phone: null },
      after: null,
    },
    list: {
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
  };
}
