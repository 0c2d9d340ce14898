import { parentPort, workerData } from 'node:worker_threads';
import Holidays from 'date-holidays';
import type { Asked, Found } from './calendar.ts';

/** Runs in a thread of its own, once, and ends: the data of all countries takes thirty megabytes for as long as it lives. */
const asked = workerData as Asked;
parentPort?.postMessage(find(asked));

function find({ country, region, years }: Asked): Found {
  if (!country)
    return { countries: Object.keys(new Holidays().getCountries()).sort(), regions: [], days: [] };
  const inCountry = new Holidays();
  const states = {
    it: inCountry.getStates(country, 'it') ?? {},
    en: inCountry.getStates(country, 'en') ?? {},
  };
  const regions = Object.keys(states.it).map((code) => ({
    code,
    it: states.it[code] ?? code,
    en: states.en[code] ?? code,
  }));
  const holidays = region ? new Holidays(country, region) : new Holidays(country);
  const days = years.flatMap((year) => {
    const english = holidays.getHolidays(year, 'en');
    return holidays
      .getHolidays(year, 'it')
      .filter(({ type }) => type === 'public')
      .flatMap(({ date, name, rule, start, end }) => {
        const en = english.find((other) => other.rule === rule && other.date === date)?.name ?? name;
        const first = Date.parse(`${date.slice(0, 10)}T00:00:00Z`);
        const length = Math.max(1, Math.round((end.getTime() - start.getTime()) / 86_400_000));
        return Array.from({ length }, (_, ahead) => ({
          day: new Date(first + ahead * 86_400_000).toISOString().slice(0, 10),
          it: curly(name),
          en: curly(en),
        }));
      });
  });
  return { countries: [], regions, days };
}

/** As everything else is set on these pages. */
function curly(name: string): string {
  return name.replaceAll("'", '’');
}
