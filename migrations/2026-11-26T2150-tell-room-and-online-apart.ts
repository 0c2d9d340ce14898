import { type Kysely, sql } from 'kysely';

/**
 * A new place of an event that is held in a room and online concerns those in the room, and a message can go to those of
 * either way.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE mailings DROP CONSTRAINT mailings_audience_check,
      ADD CONSTRAINT mailings_audience_check CHECK (audience IN ('members', 'invited', 'unanswered', 'going',
        'going_room', 'going_online', 'maybe', 'waitlisted', 'offered', 'withdrawn', 'declined', 'attended', 'missed',
        'affected', 'affected_room', 'not_declined', 'message'))`.execute(db);
  await sql`
    ALTER TABLE messages DROP CONSTRAINT messages_event_audience_check,
      ADD CONSTRAINT messages_event_audience_check CHECK (event_audience IN ('going', 'going_room', 'going_online',
        'maybe', 'unanswered', 'waitlisted', 'attended', 'missed'))`.execute(db);
}
