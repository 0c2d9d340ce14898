import { markNow } from '../attendance/settling.ts';
import type { Db } from '../db/database.ts';
import { fieldOf } from '../desk/page.ts';
import { lockEvent } from '../rsvps/queries.ts';
import type { Mode, RsvpState } from '../rsvps/rules.ts';
import { type Presence, presenceOf } from './presence-rules.ts';
import { findPresenceFacts } from './queries.ts';
import type { AfterContext, Section } from './section.ts';

/** "C'eri?", where nobody has written it down: only she can say so then. One tap, and it can be taken back. */
export const presenceSection: Section = {
  name: 'presence',
  sends: true,

  async view(context) {
    const { row, t } = context;
    const { state, may, mayDeny } = await presenceFor(context.deps.db, context, row);
    if (state === 'there' && !mayDeny) return null;
    return {
      state,
      words: t(`after.presence.${state}`),
      choices: [
        ...may.map((mode) => ({ value: mode, label: labelOf(mode, state, may.length, context) })),
        ...(mayDeny ? [{ value: 'no', label: t(`after.presence.no_${state}`) }] : []),
      ],
      writeTo: state === 'unseen' && row.replyTo ? `mailto:${row.replyTo}` : null,
    };
  },

  async save(trx, context, body) {
    const said = fieldOf(body, 'presence');
    if (!['room', 'online', 'no'].includes(said)) return;
    const { row, now } = context;
    // Somebody may be writing her down at this very moment.
    const event = await lockEvent(trx, row.id);
    if (!event) return;
    const { may, mayDeny } = await presenceFor(trx, context, event);
    const isTaken = said === 'no' ? mayDeny : may.includes(said as Mode);
    if (!isTaken) return;
    const mark = { personId: row.personId, guest: null, mode: said === 'no' ? null : (said as Mode) };
    await markNow(trx, event, { ...mark, ownWord: true }, { kind: 'person', id: row.personId }, now);
  },
};

/** The event as it stands: locked, where she is about to be written down. */
async function presenceFor(
  db: Db,
  { row, now }: AfterContext,
  event: Parameters<typeof presenceOf>[0],
): Promise<Presence> {
  const answer = row.rsvpState ? { state: row.rsvpState as RsvpState, mode: row.mode as Mode } : null;
  const facts = await findPresenceFacts(db, { eventId: row.id, personId: row.personId });
  return presenceOf(event, { answer, facts, now });
}

function labelOf(mode: Mode, state: Presence['state'], choices: number, { t }: AfterContext): string {
  const where = choices > 1 ? mode : 'here';
  return t(state === 'unknown' ? `after.presence.${where}` : `after.presence.but_${where}`);
}
