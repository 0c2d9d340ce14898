/** The people of the demo's network. All of them are invented, and `.example` belongs to nobody (RFC 2606). */
export type DemoPerson = {
  firstName: string;
  lastName: string;
  phone?: string;
  locale?: 'it' | 'en';
  form?: 'masculine' | 'neutral';
};

export const network = { name: 'Rete Girandola', locale: 'it' } as const;

export const chapter = {
  slug: 'bologna',
  name: 'Bologna',
  timeZone: 'Europe/Rome',
  locale: 'it',
} as const;

/** Anna coordinates. First names are unique: the story below calls everybody by hers. */
export const people = [
  { firstName: 'Anna', lastName: 'Righi', phone: '+39 051 555 0101' },
  { firstName: 'Giulia', lastName: 'Ferri', phone: '+39 051 555 0102' },
  { firstName: 'Elena', lastName: 'Bassi', phone: '+39 051 555 0103' },
  { firstName: 'Marta', lastName: 'Lodi' },
  { firstName: 'Carla', lastName: 'Benassi', phone: '+39 051 555 0105' },
  { firstName: 'Paola', lastName: 'Tassinari' },
  { firstName: 'Chiara', lastName: 'Monti' },
  { firstName: 'Francesca', lastName: 'Neri' },
  { firstName: 'Silvia', lastName: 'Gandolfi' },
  { firstName: 'Laura', lastName: 'Zanetti', phone: '+39 051 555 0110' },
  { firstName: 'Valentina', lastName: 'Corsi' },
  { firstName: 'Federica', lastName: 'Galli' },
  { firstName: 'Alessandra', lastName: 'Pini' },
  { firstName: 'Martina', lastName: 'Orsi' },
  { firstName: 'Beatrice', lastName: 'Sarti' },
  { firstName: 'Ilaria', lastName: 'Venturi' },
  { firstName: 'Roberta', lastName: 'Fabbri' },
  { firstName: 'Sofia', lastName: 'Marchetti' },
  { firstName: 'Daniela', lastName: 'Rossetti' },
  { firstName: 'Cristina', lastName: "Dall'Olio" },
  { firstName: 'Monica', lastName: 'Guidi' },
  { firstName: 'Teresa', lastName: 'Mazzanti' },
  { firstName: 'Irene', lastName: 'Lambertini' },
  { firstName: 'Claudia', lastName: 'Vitali' },
  { firstName: 'Barbara', lastName: 'Montanari' },
  { firstName: 'Lucia', lastName: 'Cavallari' },
  { firstName: 'Nicoletta', lastName: 'Serra' },
  { firstName: 'Emily', lastName: 'Carter', locale: 'en' },
  { firstName: 'Stefano', lastName: 'Raimondi', form: 'masculine' },
  { firstName: 'Samira', lastName: 'Haddad', form: 'neutral' },
] as const satisfies readonly DemoPerson[];

export type Name = (typeof people)[number]['firstName'];

export const coordinator: Name = 'Anna';

export function addressOf(person: DemoPerson): string {
  const plain = `${person.firstName}.${person.lastName}`.toLowerCase().replace(/[^a-z.]/g, '');
  return `${plain}@posta.example`;
}
