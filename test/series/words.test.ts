import { describe, expect, test } from 'vitest';
import { type Choice, choiceOf, newChoice, nthsOf, ruleOfChoice } from '../../server/series/choices.ts';
import { addDays, rhythms } from '../../server/series/rules.ts';
import { rhythmInWords, seriesInWords } from '../../server/series/views.ts';
import { translator } from '../../server/web/i18n.ts';

const words = (rule: string) => [
  rhythmInWords(rule, translator('it'), 'it'),
  rhythmInWords(rule, translator('en'), 'en'),
];

test.each([
  ['FREQ=DAILY', 'ogni giorno', 'every day'],
  ['FREQ=DAILY;INTERVAL=3', 'ogni tre giorni', 'every three days'],
  ['FREQ=WEEKLY;BYDAY=TH', 'ogni giovedì', 'every Thursday'],
  ['FREQ=WEEKLY;BYDAY=MO,TH', 'ogni lunedì e giovedì', 'every Monday and Thursday'],
  ['FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', 'dal lunedì al venerdì', 'from Monday to Friday'],
  ['FREQ=WEEKLY;INTERVAL=2;BYDAY=TH', 'ogni due settimane, di giovedì', 'every two weeks, on Thursday'],
  [
    'FREQ=WEEKLY;INTERVAL=3;BYDAY=TU,SU',
    'ogni tre settimane, di martedì e domenica',
    'every three weeks, on Tuesday and Sunday',
  ],
  ['FREQ=MONTHLY;BYDAY=1TH', 'ogni primo giovedì del mese', 'every first Thursday of the month'],
  ['FREQ=MONTHLY;BYDAY=1SU', 'ogni prima domenica del mese', 'every first Sunday of the month'],
  ['FREQ=MONTHLY;BYDAY=-1SU', 'ogni ultima domenica del mese', 'every last Sunday of the month'],
  [
    'FREQ=MONTHLY;BYDAY=1TH,3TH',
    'il primo e il terzo giovedì del mese',
    'every first and third Thursday of the month',
  ],
  [
    'FREQ=MONTHLY;BYDAY=2SU,-1SU',
    'la seconda e l’ultima domenica del mese',
    'every second and last Sunday of the month',
  ],
  [
    'FREQ=MONTHLY;INTERVAL=2;BYDAY=1TH',
    'ogni due mesi, il primo giovedì',
    'every two months, on the first Thursday',
  ],
  [
    'FREQ=MONTHLY;INTERVAL=2;BYDAY=-1SU',
    'ogni due mesi, l’ultima domenica',
    'every two months, on the last Sunday',
  ],
  ['FREQ=MONTHLY;BYMONTHDAY=15', 'ogni mese il giorno 15', 'every month on day 15'],
  [
    'FREQ=MONTHLY;BYMONTHDAY=31',
    'ogni mese il giorno 31 (nei mesi che ce l’hanno)',
    'every month on day 31 (in months that have it)',
  ],
  ['FREQ=MONTHLY;BYMONTHDAY=-1', 'ogni mese l’ultimo giorno', 'every month on the last day'],
  [
    'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1',
    'ogni mese l’ultimo giorno lavorativo',
    'every month on the last working day',
  ],
  [
    'FREQ=MONTHLY;INTERVAL=3;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1',
    'ogni tre mesi, il primo giorno lavorativo',
    'every three months, on the first working day',
  ],
  ['FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=8', 'ogni anno l’8 marzo', 'every year on 8 March'],
  ['FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=1', 'ogni anno il 1º maggio', 'every year on 1 May'],
  [
    'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29',
    'ogni anno il 29 febbraio (negli anni bisestili)',
    'every year on 29 February (in leap years)',
  ],
  [
    'FREQ=YEARLY;INTERVAL=2;BYMONTH=3;BYDAY=1TH',
    'ogni due anni, il primo giovedì di marzo',
    'every two years, on the first Thursday of March',
  ],
  [
    'FREQ=WEEKLY;BYDAY=TH;UNTIL=20270630',
    'ogni giovedì, fino al 30 giugno 2027',
    'every Thursday, until 30 June 2027',
  ],
  [
    'FREQ=WEEKLY;BYDAY=TH;UNTIL=20270308',
    'ogni giovedì, fino all’8 marzo 2027',
    'every Thursday, until 8 March 2027',
  ],
  ['FREQ=WEEKLY;BYDAY=TH;COUNT=10', 'ogni giovedì, per 10 volte', 'every Thursday, 10 times'],
])('%s is said “%s” and “%s”', (rule, italian, english) => {
  expect(words(rule)).toEqual([italian, english]);
});

test('with its hour, the end comes last', () => {
  const series = { rule: 'FREQ=MONTHLY;BYDAY=1TH;COUNT=6', startsAtTime: '13:00:00' };
  expect(seriesInWords(series, translator('it'), 'it')).toBe(
    'ogni primo giovedì del mese alle 13:00, per 6 volte',
  );
});

test.each([
  'FREQ=MONTHLY;BYDAY=1MO,3TH',
  'FREQ=MONTHLY;BYDAY=TH',
  'FREQ=MONTHLY;BYMONTH=9;BYMONTHDAY=1',
  'FREQ=YEARLY;BYDAY=20MO',
  'FREQ=MONTHLY;BYMONTHDAY=1,15',
  'FREQ=DAILY;BYDAY=TH',
  'FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU',
])('%s, which no form makes, is said as it stands', (rule) => {
  expect(words(rule)).toEqual([rule, rule]);
});

describe('every rule that the form makes', () => {
  const made = new Map<string, Choice>();
  // Days on which weekdays, both ends of months and a leap day meet.
  for (let day = '2028-02-27'; day <= '2028-03-15'; day = addDays(day, 1)) {
    for (const choice of choicesOn(day)) {
      const outcome = ruleOfChoice(choice, day);
      if (!outcome.ok) continue;
      made.set(outcome.rule, choice);
      // What a form made, a form shows again.
      const again = choiceOf(outcome.rule, day);
      if (!again || JSON.stringify(ruleOfChoice(again, day)) !== JSON.stringify(outcome))
        throw new Error(`${outcome.rule} on ${day} is no choice again`);
    }
  }

  test('has words of its own in both languages, and no other rule has the same', () => {
    expect(made.size).toBeGreaterThan(300);
    for (const language of [0, 1]) {
      const said = new Map<string, string>();
      for (const rule of made.keys()) {
        const text = words(rule)[language] as string;
        expect(text, rule).not.toMatch(/FREQ|undefined|null|NaN|[{}]| {2}|, $/);
        expect([rule, said.get(text) ?? rule]).toEqual([rule, rule]);
        said.set(text, rule);
      }
    }
  });
});

function choicesOn(day: string): Choice[] {
  const base = newChoice(day);
  const weekdays = base.weekdays;
  const ends: Partial<Choice>[] = [
    { ends: 'never' },
    { ends: 'until', until: addDays(day, 400) },
    { ends: 'count', times: 10 },
  ];
  const presets = rhythms.map((rhythm) => ({ ...base, rhythm }));
  const others = [1, 2, 3, 12].flatMap((every) => [
    { ...base, every, unit: 'day' as const },
    { ...base, every, unit: 'week' as const },
    { ...base, every, unit: 'week' as const, weekdays: [...new Set([...weekdays, 1, 0])] },
    { ...base, every, unit: 'week' as const, weekdays: [0, 1, 2, 3, 4, 5, 6] },
    { ...base, every, unit: 'week' as const, weekdays: [1, 2, 3, 4, 5] },
    ...(['month', 'year'] as const).flatMap((unit) => [
      ...(['day', 'last_day', 'last_working', 'first_working'] as const).map((place) => ({
        ...base,
        ...{ every, unit, place },
      })),
      ...nthsOf(day).map((nth) => ({ ...base, every, unit, nths: [nth] })),
      { ...base, every, unit, nths: [...new Set([...nthsOf(day), 1, 3])] },
    ]),
  ]);
  return [...presets, ...others].flatMap((choice) => ends.map((end) => ({ ...choice, ...end })));
}

test('what a day cannot begin is refused, and the field that is wrong is named', () => {
  const thursday = '2026-03-05';
  const problems = (change: Partial<Choice>, day = thursday) => {
    const made = ruleOfChoice({ ...newChoice(day), ...change }, day);
    return made.ok ? [] : made.problems.map(({ field, reason }) => `${field} ${reason}`);
  };
  expect(problems({})).toEqual([]);
  expect(problems({ unit: 'week', weekdays: [] })).toEqual(['weekdays weekdaysMissing']);
  expect(problems({ unit: 'week', weekdays: [1] })).toEqual(['weekdays weekdayOfDay']);
  expect(problems({ nths: [3] })).toEqual(['nths nthOfDay']);
  expect(problems({ nths: [] })).toEqual(['nths nthsMissing']);
  expect(problems({ place: 'last_day' })).toEqual(['place notLastDay']);
  expect(problems({ place: 'last_working' })).toEqual(['place notLastWorking']);
  expect(problems({ place: 'last_working' }, '2026-01-30')).toEqual([]);
  expect(problems({ every: 0, ends: 'count', times: 0 })).toEqual(['times times', 'every every']);
  expect(problems({ ends: 'until', until: '2026-03-04' })).toEqual(['until untilBefore']);
  expect(problems({ rhythm: 'monthly_weekday' }, '2026-01-29')).toEqual(['rhythm rhythm']);
});
