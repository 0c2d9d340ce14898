import { markNow } from '../attendance/settling.ts';
import { fieldOf } from '../desk/page.ts';
import { lockEvent } from '../rsvps/queries.ts';
import { type Format, type Mode, modesOf } from '../rsvps/rules.ts';
import { findPresence } from './queries.ts';
import { asksPresence } from './rules.ts';
import type { AfterContext, Section } from './section.ts';

const of = ({ row }: AfterContext) => ({ eventId: row.id, personId: row.personId });
/** In which mode she would have come: that of her yes, else the only one there is. */
const usualMode = ({ row }: AfterContext) => row.mode ?? (row.format === 'online' ? 'online' : 'room');

/** "C'eri?", where nobody has written it down: only she can say so then. */
export const presenceSection: Section = {
  name: 'presence',

  async view(context, typed) {
    const { deps, row, now, t } = context;
    const presence = await findPresence(deps.db, of(context));
    if (!asksPresence(row, { presence, mode: usualMode(context), now })) return null;
    const modes = modesOf(row.format as Format);
    const said = fieldOf(typed, 'presence') || presence?.mode || '';
    return {
      wasThere: presence !== null,
      choices: [
        ...modes.map((mode) => ({
          value: mode,
          label: t(modes.length > 1 ? `after.presence.${mode}` : 'after.presence.here'),
          isChosen: said === mode,
        })),
        { value: 'no', label: t('after.presence.no'), isChosen: said === 'no' },
      ],
    };
  },

  async save(trx, context, body) {
    const said = fieldOf(body, 'presence');
    const { row, now } = context;
    const modes = modesOf(row.format as Format) as readonly string[];
    if (said !== 'no' && !modes.includes(said)) return;
    // Somebody may be writing her down at this very moment.
    const event = await lockEvent(trx, row.id);
    const presence = await findPresence(trx, of(context));
    if (!event || !asksPresence(event, { presence, mode: usualMode(context), now })) return;
    if (said === 'no' && !presence) return;
    const mark = { personId: row.personId, guest: null, mode: said === 'no' ? null : (said as Mode) };
    await markNow(trx, event, { ...mark, device: 'self' }, { kind: 'person', id: row.personId }, now);
  },
};
