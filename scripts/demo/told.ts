import type { Deps } from '../../server/deps.ts';
import type { DirectoryField } from '../../server/directory/rules.ts';
import { saveEntry } from '../../server/directory/service.ts';
import { findProfile, saveProfile } from '../../server/own-page/profile.ts';
import { type Cast, idOf } from './context.ts';
import type { Name } from './people.ts';

type Told = { askMe?: string; work: string; seeks?: string; offers?: string; welcomes?: boolean };

/** Those who let the others see their name, and what they tell of themselves on their own page. */
const told: Partial<Record<Name, Told>> = {
  Elena: {
    askMe: 'orti sui terrazzi',
    work: 'Progetta giardini',
    offers: 'Un’ora per il tuo balcone',
    welcomes: true,
  },
  Chiara: { askMe: 'come si dice un prezzo', work: 'Commercialista', seeks: 'Uno studio da dividere' },
  Silvia: { askMe: 'tradurre le barzellette', work: 'Traduttrice dal tedesco' },
  Laura: { askMe: 'la lievitazione lenta', work: 'Apre un forno in Bolognina', seeks: 'Chi sa di vetrine' },
  Beatrice: { askMe: 'restaurare una sedia', work: 'Tappezziera', welcomes: true },
  Ilaria: { work: 'Avvocata del lavoro', offers: 'Una lettura del tuo contratto' },
  Martina: { askMe: 'la radio di quartiere', work: 'Cura podcast' },
  Paola: { askMe: 'camminare da sole', work: 'Guida ambientale' },
  Teresa: { askMe: 'il primo anno di bottega', work: 'Ceramista' },
  Stefano: { askMe: 'le biciclette da carico', work: 'Fotografo' },
};

const listed: Partial<Record<Name, readonly DirectoryField[]>> = {
  Elena: ['work', 'ask_me', 'offers', 'email'],
  Chiara: ['work', 'ask_me', 'seeks'],
  Beatrice: ['work', 'ask_me'],
  Teresa: ['work', 'ask_me'],
  Stefano: ['work'],
};

/** Whether somebody lets those who come see her name. */
export const isSeen = (who: Name): boolean => who in told;

/** Each tells of herself what she likes, and some are in the group's directory. */
export async function tellOfThemselves(deps: Deps, cast: Cast): Promise<void> {
  for (const [who, words] of Object.entries(told) as [Name, Told][]) {
    const personId = idOf(cast, who);
    await saveProfile(deps, personId, { ...(await findProfile(deps.db, personId)), ...words, visible: true });
  }
  for (const [who, fields] of Object.entries(listed) as [Name, readonly DirectoryField[]][])
    await saveEntry(deps, { personId: idOf(cast, who), chapterId: cast.chapterId }, fields);
}
