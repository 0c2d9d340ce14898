/** Thirty members of a group in Bologna. */

const names = `
Giulia Rossi
Elena Poli
Bea Bruni
Carla Conti
Dora Donati
Flavia Ferri
Gaia Galli
Ida Innocenti
Lia Leoni
Lucia Longhi
Mara Marini
Mina Monti
Nora Neri
Ornella Orsi
Pia Parisi
Rosa Riva
Sandra Sala
Silvia Serra
Teresa Testa
Ugolina Uberti
Valeria Villa
Wanda Zanetti
Irene Amato
Laura Basile
Nina Caruso
Olga D’Amico
Marta Esposito
Paola Fontana
Rita Greco
Zoe Messina`;

export type Member = { name: string; firstName: string; email: string };

export const cast: Member[] = names
  .trim()
  .split('\n')
  .map((name) => {
    const [firstName = '', lastName = ''] = name.split(' ');
    const account = `${firstName}.${lastName}`.toLowerCase().replace(/[^a-z.]/g, '');
    return { name, firstName, email: `${account}@example.org` };
  });

export function called(firstName: string): Member {
  const member = cast.find((one) => one.firstName === firstName);
  if (!member) throw new Error(`nobody is called ${firstName}`);
  return member;
}

/** As she keeps it: "Nome Cognome, mail", one a line. */
export const list = cast.map(({ name, email }) => `${name}, ${email}`).join('\n');
