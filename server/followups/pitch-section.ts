import { fieldOf } from '../desk/page.ts';
import type { AfterContext, Problem, Section } from '../feedback/section.ts';
import { nameOnLink } from '../rsvps/page-row.ts';
import { listNotesOf, longestNote, saveNotes, wasThere } from './pitch-notes.ts';
import { roundsOf } from './pitch-rules.ts';

/** A kind word to whoever gave the presentation of a minute: she alone reads it. */
export const pitchSection: Section = {
  name: 'pitch',

  async view(context, typed) {
    const { deps, row, t } = context;
    if (!(await wasThere(deps.db, ofContext(context)))) return null;
    const isOpen = isOpenFor(context);
    const people = (await listNotesOf(deps.db, ofContext(context))).filter(
      ({ text }) => isOpen || text !== null,
    );
    if (people.length === 0) return null;
    return {
      longestNote,
      signature: nameOnLink(row),
      people: people.map(({ id, text, signed, mailedAt, ...person }) => {
        const said = isSaid(typed, id) ? readNote(typed, id) : null;
        return {
          id,
          name: nameOnLink(person),
          label: t('followup.pitch.label', { name: nameOnLink(person) }),
          text: said?.text ?? text ?? '',
          signed: said?.signed ?? signed ?? false,
          isOpen: isOpen && mailedAt === null,
        };
      }),
    };
  },

  async check(context, body): Promise<Problem[]> {
    const { deps, t } = context;
    const people = await listNotesOf(deps.db, ofContext(context));
    return people
      .filter(({ id }) => isSaid(body, id) && [...readNote(body, id).text].length > longestNote)
      .map(({ id }) => ({ field: `pitch-${id}`, message: t('followup.refused.too_long') }));
  },

  async save(trx, context, body) {
    if (!isOpenFor(context) || !(await wasThere(trx, ofContext(context)))) return;
    const of = { ...ofContext(context), chapterId: context.row.chapterId };
    const people = await listNotesOf(trx, of);
    const notes = people
      .filter(({ id, mailedAt }) => mailedAt === null && isSaid(body, id))
      .map(({ id }) => ({ toPersonId: id, ...readNote(body, id) }));
    await saveNotes(trx, of, notes, context.now);
  },
};

const ofContext = ({ row }: AfterContext) => ({ eventId: row.id, personId: row.personId });

/** Until the last mail that brings notes is made. */
const isOpenFor = ({ row, now }: AfterContext) => now < roundsOf(row).last;

const isSaid = (body: unknown, id: string) =>
  typeof (body as Record<string, unknown> | null)?.[`pitch-${id}`] === 'string';

function readNote(body: unknown, id: string) {
  return {
    text: fieldOf(body, `pitch-${id}`).replace(/\r\n?/g, '\n').trim(),
    signed: fieldOf(body, `pitchSigned-${id}`) === 'yes',
  };
}
