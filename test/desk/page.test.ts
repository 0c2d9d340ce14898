import { expect, test } from 'vitest';
import { fieldOf, fieldsOf } from '../../server/desk/page.ts';

test('a field of a form is text that the database can keep', () => {
  expect(fieldOf({ reason: 'Ne\0ve' }, 'reason')).toBe('Neve');
  expect(fieldOf({ reason: ['Neve', 'Pioggia\0'] }, 'reason')).toBe('Pioggia');
  expect(fieldsOf({ guestName: ['Sa\0ra', 'Ida'] }, 'guestName')).toEqual(['Sara', 'Ida']);
  expect(fieldOf({ reason: { toString: 'x' } }, 'reason')).toBe('');
  expect(fieldOf(undefined, 'reason')).toBe('');
  expect(fieldsOf(null, 'guestName')).toEqual([]);
});
