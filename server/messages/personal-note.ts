import { sql } from 'kysely';
import type { Actor } from '../audit.ts';
import type { Deps } from '../deps.ts';
import { type Locale, pickLocale, translator } from '../web/i18n.ts';
import { createMessage } from './service.ts';

/** Why somebody is written to: she was not seen for long, or came once and not again. */
export const noteReasons = ['unseen', 'once'] as const;
export type NoteReason = (typeof noteReasons)[number];

/**
 * Begins a note to one person, warm and ready to be changed and sent; nothing leaves. One that was begun and has not left
 * is taken up again, as it stands.
 * @param eventId of which she is told, or at which she was
 * @returns null where the chapter may not write to her
 */
export async function beginNote(
  deps: Deps,
  of: {
    chapterId: string;
    person: { id: string; locale: string | null };
    reason: NoteReason;
    eventId: string | null;
    actor: Actor & { kind: 'person' };
  },
): Promise<string | null> {
  const begun = await findBegun(deps, of);
  if (begun) return begun;
  const chapter = await deps.db
    .selectFrom('chapters')
    .select('locale')
    .where('id', '=', of.chapterId)
    .executeTakeFirstOrThrow();
  const locale = pickLocale(of.person.locale, undefined, chapter.locale as Locale);
  const t = translator(locale, 'neutral');
  const key = of.reason === 'unseen' && of.eventId === null ? 'unseenNoDate' : of.reason;
  const made = await createMessage(
    deps,
    of.chapterId,
    {
      subject: t(`ties.note.${key}.subject`, inserts),
      body: t(`ties.note.${key}.body`, inserts),
      audience: 'people',
      eventId: of.eventId,
      eventAudience: null,
    },
    { actor: of.actor, personIds: [of.person.id] },
  );
  return made.ok ? made.id : null;
}

/** Names in a message stand as the inserts do that a coordinator can write herself. */
const inserts = {
  first: '{{ firstName }}',
  coordinator: '{{ coordinator.firstName }}',
  title: '{{ event.title }}',
  when: '{{ event.when }}',
};

const stillFreshMs = 30 * 86_400_000;

async function findBegun(
  deps: Deps,
  of: { chapterId: string; person: { id: string }; actor: { id: string } },
): Promise<string | null> {
  const { rows } = await sql<{ id: string }>`
    select m.id from messages m join message_people mp on mp.message_id = m.id
    where m.chapter_id = ${of.chapterId} and m.audience = 'people' and m.created_by = ${of.actor.id}
      and m.mailing_id is null and m.discarded_at is null and mp.person_id = ${of.person.id}
      and m.created_at > ${new Date(deps.clock().getTime() - stillFreshMs)}
      and not exists (select 1 from message_people one where one.message_id = m.id and one.person_id <> mp.person_id)
      and (m.event_id is null or exists (select 1 from events e where e.id = m.event_id and e.state <> 'cancelled'))
    order by m.created_at desc limit 1`.execute(deps.db);
  return rows[0]?.id ?? null;
}
