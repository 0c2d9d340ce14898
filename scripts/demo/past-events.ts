import type { Name } from './people.ts';

/** An evening that is over: who had answered what, and who was there. */
export type PastEvent = {
  title: string;
  description: string;
  format: 'in_person' | 'online';
  /** How many days ago it was. */
  daysAgo: number;
  from: string;
  until: string;
  venueName?: string;
  venueAddress?: string;
  joinUrl?: string;
  seats: number;
  going: readonly Name[];
  declined: readonly Name[];
  /** Said yes and gave up the seat on the last day. */
  withdrew?: Name;
  /** Those who were seen there. */
  present: readonly Name[];
  walkIns?: readonly string[];
  /** Whether the coordinator has said that this is everybody. */
  complete: boolean;
};

export const pastEvents: readonly PastEvent[] = [
  {
    title: 'Benvenuto alle nuove socie',
    description:
      'Un calice insieme a chi è appena arrivata. Ognuna porta una domanda, e torna a casa con un nome.',
    format: 'in_person',
    daysAgo: 96,
    from: '18:30',
    until: '20:30',
    venueName: 'Bottega del Canale',
    venueAddress: 'Via delle Moline 21, Bologna',
    seats: 24,
    going: [
      'Anna',
      'Giulia',
      'Elena',
      'Carla',
      'Chiara',
      'Silvia',
      'Laura',
      'Federica',
      'Ilaria',
      'Sofia',
      'Monica',
      'Teresa',
      'Irene',
      'Lucia',
      'Stefano',
    ],
    declined: ['Francesca', 'Roberta', 'Barbara'],
    present: [
      'Anna',
      'Giulia',
      'Elena',
      'Carla',
      'Chiara',
      'Silvia',
      'Laura',
      'Ilaria',
      'Sofia',
      'Monica',
      'Teresa',
      'Irene',
      'Stefano',
      'Samira',
    ],
    complete: true,
  },
  {
    title: 'Caffè online: una domanda per uno',
    description: 'Tre quarti d’ora prima di cominciare la giornata. Una domanda a testa, e chi sa risponde.',
    format: 'online',
    daysAgo: 68,
    from: '08:30',
    until: '09:15',
    joinUrl: 'https://incontri.example/girandola-caffe',
    seats: 30,
    going: [
      'Anna',
      'Marta',
      'Paola',
      'Francesca',
      'Valentina',
      'Alessandra',
      'Martina',
      'Daniela',
      'Barbara',
      'Nicoletta',
      'Emily',
    ],
    declined: ['Giulia', 'Chiara', 'Claudia'],
    present: ['Anna', 'Marta', 'Paola', 'Francesca', 'Valentina', 'Martina', 'Daniela', 'Nicoletta', 'Emily'],
    complete: true,
  },
  {
    title: 'A pranzo con chi ha aperto bottega',
    description: 'Teresa e Claudia raccontano il primo anno: i conti, i clienti, le domeniche.',
    format: 'in_person',
    daysAgo: 33,
    from: '13:00',
    until: '14:30',
    venueName: 'Trattoria della Grada',
    venueAddress: 'Via della Grada 9, Bologna',
    seats: 18,
    going: [
      'Anna',
      'Teresa',
      'Claudia',
      'Elena',
      'Marta',
      'Beatrice',
      'Roberta',
      'Sofia',
      'Irene',
      'Lucia',
      'Emily',
      'Cristina',
    ],
    declined: ['Laura', 'Federica', 'Monica', 'Stefano'],
    withdrew: 'Giulia',
    present: [
      'Anna',
      'Teresa',
      'Claudia',
      'Elena',
      'Marta',
      'Beatrice',
      'Sofia',
      'Irene',
      'Lucia',
      'Emily',
      'Cristina',
    ],
    walkIns: ['Ornella Fini'],
    complete: true,
  },
  {
    title: 'Raccontarsi in un minuto',
    description:
      'Un laboratorio per dire chi sei e che cosa fai, senza fretta e senza formule. Si prova a coppie.',
    format: 'in_person',
    daysAgo: 1,
    from: '18:00',
    until: '20:00',
    venueName: 'Sala della Luna',
    venueAddress: 'Via San Felice 98, Bologna',
    seats: 20,
    going: [
      'Anna',
      'Elena',
      'Chiara',
      'Silvia',
      'Laura',
      'Martina',
      'Beatrice',
      'Ilaria',
      'Roberta',
      'Daniela',
      'Monica',
      'Irene',
      'Lucia',
      'Nicoletta',
      'Emily',
      'Stefano',
    ],
    declined: ['Francesca', 'Federica', 'Teresa', 'Barbara'],
    withdrew: 'Carla',
    // The coordinator got as far as this before somebody asked her something.
    present: ['Anna', 'Elena', 'Chiara', 'Silvia', 'Laura', 'Martina', 'Beatrice', 'Ilaria'],
    walkIns: ['Bianca Sandri'],
    complete: false,
  },
];
