import type { Answer, Mode } from './rules.ts';

/** What a form of `/r/{token}` says. What it leaves out stays as it is. */
export type AnswerFields = {
  answer: Answer | null;
  mode: Mode | undefined;
  /** Who comes with her, by name; an empty name is a guest whose name she has not said. */
  guests: string[] | undefined;
  note: string | undefined;
  visible: boolean | undefined;
};

export type FieldProblem = {
  field: 'answer' | 'mode' | 'guests' | 'guestName' | 'note';
  reason: 'missing' | 'unknown' | 'not_a_number' | 'too_many' | 'too_long' | 'over_limit';
};

export const limits = { note: 1000, guestName: 100, guests: 20 } as const;

/**
 * Reads a form's body: `answer=yes|maybe|no`, `mode=room|online`, `guests` (a number), `guestName` repeated, `note`,
 * `visible` (the last one counts, so that a hidden 0 before the checkbox says "no"). Fields it does not know are left
 * alone: browsers and their extensions add some.
 * @returns the fields as far as they could be read, and all that is wrong with them at once
 */
export function readAnswer(body: unknown): { fields: AnswerFields; problems: FieldProblem[] } {
  const problems: FieldProblem[] = [];
  const answer = oneOf(last(body, 'answer'), ['yes', 'maybe', 'no'] as const);
  if (!answer) problems.push({ field: 'answer', reason: last(body, 'answer') ? 'unknown' : 'missing' });
  const givenMode = last(body, 'mode') || undefined;
  const mode = oneOf(givenMode, ['room', 'online'] as const);
  if (givenMode && !mode) problems.push({ field: 'mode', reason: 'unknown' });
  const note = last(body, 'note')?.trim();
  if (note && note.length > limits.note) problems.push({ field: 'note', reason: 'too_long' });
  const guests = readGuests(body, problems);
  const visible = last(body, 'visible');
  return {
    fields: {
      answer: answer ?? null,
      mode,
      guests,
      note,
      visible: visible === undefined ? undefined : visible === '1' || visible === 'on' || visible === 'true',
    },
    problems,
  };
}

function readGuests(body: unknown, problems: FieldProblem[]): string[] | undefined {
  const given = all(body, 'guestName');
  const names = given.map((name) => name.replace(/\s+/g, ' ').trim()).filter((name) => name !== '');
  if (names.some((name) => name.length > limits.guestName))
    problems.push({ field: 'guestName', reason: 'too_long' });
  const number = last(body, 'guests')?.trim();
  if (!number) return given.length > 0 ? names : undefined;
  const count = /^\d{1,3}$/.test(number) ? Number(number) : Number.NaN;
  if (Number.isNaN(count)) problems.push({ field: 'guests', reason: 'not_a_number' });
  else if (count > limits.guests) problems.push({ field: 'guests', reason: 'too_many' });
  else if (names.length > count) problems.push({ field: 'guestName', reason: 'too_many' });
  else return [...names, ...Array<string>(count - names.length).fill('')];
  return names;
}

function oneOf<const T extends string>(value: string | undefined, choices: readonly T[]): T | undefined {
  return choices.find((choice) => choice === value);
}

function all(body: unknown, name: string): string[] {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, name)) return [];
  const value = (body as Record<string, unknown>)[name];
  // PostgreSQL keeps no NUL in a text, and no person types one.
  const texts = [value].flat().filter((item) => typeof item === 'string');
  return texts.map((text) => text.replaceAll('\0', '').toWellFormed());
}

/** A form field's last value, as a string; undefined where the form does not have it. */
export function last(body: unknown, name: string): string | undefined {
  return all(body, name).at(-1);
}
