import { stringify } from 'csv-stringify/sync';
import { toLocalFields } from '../../events/local-time.ts';
import type { Question, QuestionAnswer } from '../../events/questions.ts';
import type { Translate } from '../../web/i18n.ts';
import { inWords } from '../events/question-view.ts';
import type { EventPerson } from '../queries.ts';

/** The answers to an event as a spreadsheet opens them by double click in Italy: semicolons, a byte order mark. */
export function answersCsv(input: {
  event: { timeZone: string; format: string };
  people: readonly EventPerson[];
  questions: readonly Question[];
  said: readonly QuestionAnswer[];
  locale: string;
  t: Translate;
}): string {
  const { event, people, questions, said, t } = input;
  const answers = new Map(said.map((row) => [`${row.questionId} ${row.personId}`, row.value]));
  const heads = [
    'firstName',
    'lastName',
    'email',
    'answer',
    'mode',
    'guests',
    'guestNames',
    'answeredAt',
    'present',
  ];
  const columns = [
    ...heads.map((head) => t(`gather.csv.column.${head}`)),
    t('gather.csv.column.note'),
    ...questions.map((question) => question.label),
  ];
  const rows = people.map((person) => [
    person.firstName,
    person.lastName,
    person.email ?? '',
    t(`gather.csv.state.${person.state ?? (person.walkIn ? 'walkIn' : 'none')}`),
    person.mode && person.state !== 'declined' ? t(`desk.mode.${person.mode}`) : '',
    person.guests === null ? '' : String(person.guests),
    person.guestNames.filter(Boolean).join(', '),
    person.answeredAt ? localMinute(person.answeredAt, event.timeZone) : '',
    person.presentMode
      ? t(event.format === 'hybrid' ? `desk.mode.${person.presentMode}` : 'gather.answer.yes')
      : '',
    person.note ?? '',
    ...questions.map((question) => {
      const value = answers.get(`${question.id} ${person.id}`);
      return value === undefined ? '' : inWords(question, value, t);
    }),
  ]);
  return stringify(
    [columns, ...rows].map((row) => row.map(unspoilt)),
    {
      delimiter: ';',
      bom: true,
      record_delimiter: 'windows',
      // A word that a spreadsheet would run as a formula is led by an apostrophe (`=`, `+`, `-`, `@`, tab, CR).
      escape_formulas: true,
    },
  );
}

// A name is one line in a list, whatever was typed.
function unspoilt(value: string): string {
  return value.replace(/\0/g, '');
}

function localMinute(at: Date, zone: string): string {
  const { date, time } = toLocalFields(at, zone);
  return `${date} ${time}`;
}
