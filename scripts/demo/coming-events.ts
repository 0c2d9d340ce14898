import { wallClockAt } from '../../server/events/local-time.ts';
import type { QuestionInput } from '../../server/events/questions.ts';
import type { NewEvent } from '../../server/events/service.ts';
import { bolognaTime, daysToAperitivo } from './calendar.ts';
import { chapter, type Name } from './people.ts';

/** The evening that everything is about. */
export function aperitivo(now: Date): NewEvent {
  const days = daysToAperitivo(now);
  return {
    title: 'Aperitivo di rete',
    description: [
      'Ci ritroviamo attorno a un tavolo, senza scaletta: un calice, due chiacchiere e un **giro di nomi**, un minuto a testa.',
      '- alle 18:30 ci si siede, alle 19 comincia il giro di nomi\n- se è la tua prima volta, ti aspetto io alla porta',
    ].join('\n\n'),
    format: 'in_person',
    timeZone: chapter.timeZone,
    startsAt: bolognaTime(now, days, '18:30'),
    endsAt: bolognaTime(now, days, '20:30'),
    venueName: 'Enoteca La Lucerna',
    venueAddress: 'Via Mascarella 58, Bologna',
    seatsRoom: 25,
    guestsAllowed: 2,
    maybeAllowed: true,
    access: 'public',
    cost: '15 €, si paga sul posto',
    bring: 'due biglietti da visita e una cosa bella successa questo mese',
  };
}

/** Later, and still a draft: nobody has heard of it. */
export function training(now: Date): NewEvent {
  const days = daysToAperitivo(now) + 14;
  return {
    title: 'Prezzi senza paura: quanto chiedere, e come dirlo',
    description:
      'Due ore con carta e matita: che cosa costa davvero un’ora di lavoro, come si scrive un preventivo, che cosa si risponde a “è troppo”.',
    format: 'hybrid',
    timeZone: chapter.timeZone,
    startsAt: bolognaTime(now, days, '17:30'),
    endsAt: bolognaTime(now, days, '19:30'),
    venueName: 'Sala della Luna',
    venueAddress: 'Via San Felice 98, Bologna',
    joinUrl: 'https://incontri.example/girandola-prezzi',
    seatsRoom: 12,
    seatsOnline: 30,
    access: 'members',
  };
}

/** The first of the lunches that come every month: a Thursday which every month has. */
export function lunch(now: Date): NewEvent {
  const days = Array.from({ length: 14 }, (_, index) => 17 + index).find((days) => {
    const { year, month, day } = wallClockAt(bolognaTime(now, days, '13:00'), chapter.timeZone);
    return day <= 28 && new Date(Date.UTC(year, month - 1, day)).getUTCDay() === 4;
  });
  if (days === undefined) throw new Error('no Thursday in two weeks');
  return {
    title: 'A pranzo, una volta al mese',
    description: 'Un tavolo lungo e un’ora e mezza: chi può viene, senza preparare niente.',
    format: 'in_person',
    timeZone: chapter.timeZone,
    startsAt: bolognaTime(now, days, '13:00'),
    endsAt: bolognaTime(now, days, '14:30'),
    venueName: 'Trattoria della Grada',
    venueAddress: 'Via della Grada 9, Bologna',
    seatsRoom: 16,
  };
}

/** What Anna asks those who come to the aperitivo. */
export const questionsOfAperitivo: readonly Omit<QuestionInput, 'id'>[] = [
  { kind: 'choice', label: 'Che cosa bevi?', choices: ['Vino', 'Birra', 'Analcolico'], required: true },
  { kind: 'text', label: 'Di che cosa ti va di parlare?', choices: [], required: false },
];

export type DemoAnswer = {
  who: Name;
  answer: 'yes' | 'maybe' | 'no';
  guests?: readonly string[];
  note?: string;
  /** What she says to Anna's own questions, in their order. */
  says?: readonly string[];
};

/**
 * What the members answer, one after the other. The 25 seats fill up; Marta's party of three waits, and so does Carla.
 * Giulia's seat is then offered to Carla, because three do not fit; Paola's two stay free for whoever tries.
 */
export const answersToAperitivo: readonly DemoAnswer[] = [
  { who: 'Anna', answer: 'yes' },
  {
    who: 'Elena',
    answer: 'yes',
    guests: ['Sara Conti'],
    note: 'Per Sara è la prima volta: me la presenti a qualcuna?',
  },
  { who: 'Chiara', answer: 'yes', says: ['Vino', 'Come si trova la prima cliente'] },
  { who: 'Silvia', answer: 'yes', guests: ['Giovanna Ricci'], note: 'Arriviamo verso le 19, dal cantiere.' },
  { who: 'Francesca', answer: 'no' },
  { who: 'Laura', answer: 'yes', says: ['Analcolico'] },
  { who: 'Paola', answer: 'yes', guests: ['Rita Landi'] },
  { who: 'Federica', answer: 'yes', says: ['Vino'] },
  { who: 'Giulia', answer: 'yes' },
  { who: 'Martina', answer: 'yes' },
  { who: 'Beatrice', answer: 'yes', guests: ['Noemi Sarti'] },
  { who: 'Nicoletta', answer: 'maybe', note: 'Dipende dal treno da Milano, lo so il giorno prima.' },
  { who: 'Ilaria', answer: 'yes', says: ['Birra', 'Lavorare con le amiche: sì o no?'] },
  { who: 'Roberta', answer: 'yes' },
  { who: 'Sofia', answer: 'yes', says: ['Vino'] },
  { who: 'Monica', answer: 'yes', guests: ['Alice Guidi'] },
  { who: 'Irene', answer: 'yes', note: 'Per me senza glutine, grazie!' },
  { who: 'Barbara', answer: 'no', note: 'Sono in fiera a Parma: brindate anche per me.' },
  { who: 'Claudia', answer: 'yes' },
  { who: 'Emily', answer: 'yes' },
  { who: 'Stefano', answer: 'yes', says: ['Birra'] },
  { who: 'Lucia', answer: 'yes' },
  { who: 'Teresa', answer: 'yes', says: ['Vino', 'Il primo anno di bottega'] },
  { who: 'Marta', answer: 'yes', guests: ['Livia Lodi', 'Ines Ferrari'] },
  { who: 'Carla', answer: 'yes' },
  { who: 'Giulia', answer: 'no', note: 'Mi hanno spostato una consegna, che rabbia.' },
  { who: 'Paola', answer: 'no' },
];
