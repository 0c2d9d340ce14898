import { Worker } from 'node:worker_threads';

/** What a thread is asked: the countries that are known, or what a country has in some years. */
export type Asked = { country: string | null; region: string | null; years: readonly number[] };
export type HolidayNames = { it: string; en: string };
export type Found = {
  countries: string[];
  regions: ({ code: string } & HolidayNames)[];
  days: ({ day: string } & HolidayNames)[];
};

/** Where a chapter's public holidays are those of; a chapter without a country has none. */
export type HolidayPlace = { holidayCountry: string | null; holidayRegion: string | null };

/** So many years are looked up together: one thread, and the next one years later. */
const block = 4;
const kept = new Map<string, Promise<Found>>();

/**
 * The public holiday that a day is in a country or one of its regions; null for any other day.
 * @param day `YYYY-MM-DD`
 * @throws where the thread that looks it up fails: a date is rather made a minute later than on a holiday unseen
 */
export async function holidayOn(place: HolidayPlace, day: string): Promise<HolidayNames | null> {
  const { holidayCountry: country, holidayRegion: region } = place;
  if (!country) return null;
  const begin = Math.floor(Number(day.slice(0, 4)) / block) * block;
  const years = Array.from({ length: block }, (_, ahead) => begin + ahead);
  const { days } = await lookUp({ country, region, years });
  const found = days.find((one) => one.day === day);
  return found ? { it: found.it, en: found.en } : null;
}

/** The codes of the countries whose holidays are known (ISO 3166-1). */
export async function listCountries(): Promise<string[]> {
  return (await lookUp({ country: null, region: null, years: [] })).countries;
}

/** The regions of a country that have holidays of their own. */
export async function listRegions(country: string): Promise<Found['regions']> {
  return (await lookUp({ country, region: null, years: [] })).regions;
}

/** Whether holidays are known for a place; no country is a good answer too. */
export async function isKnownPlace({ holidayCountry, holidayRegion }: HolidayPlace): Promise<boolean> {
  if (!holidayCountry) return holidayRegion === null;
  if (!(await listCountries()).includes(holidayCountry)) return false;
  return (
    holidayRegion === null || (await listRegions(holidayCountry)).some(({ code }) => code === holidayRegion)
  );
}

function lookUp(asked: Asked): Promise<Found> {
  const key = JSON.stringify(asked);
  const found = kept.get(key);
  if (found) return found;
  const looking = inThread(asked);
  kept.set(key, looking);
  looking.catch(() => kept.delete(key));
  return looking;
}

function inThread(asked: Asked): Promise<Found> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./lookup.ts', import.meta.url), { workerData: asked });
    thread.once('message', resolve);
    thread.once('error', reject);
    thread.once('exit', (code) => reject(new Error(`the thread of the holidays ended with ${code}`)));
  });
}
