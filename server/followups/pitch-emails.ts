import type { Mail } from '../mail/variables.ts';
import { fromCoordinator, type MailMaker } from '../mailings/emails.ts';
import { nameOnLink } from '../rsvps/page-row.ts';

/** To who presented herself: what those who heard her have written. */
export function pitchNotesMail(maker: MailMaker): Mail {
  const { context, facts, links } = maker;
  if (!facts.pitchNotes) throw new Error(`mailing ${context.mailing.id} brings no notes`);
  return {
    template: 'pitch_notes',
    variables: {
      ...fromCoordinator(maker),
      eventTitle: facts.pitchNotes.title,
      notes: facts.pitchNotes.notes.map(({ text, by }) => ({ text, by: by && nameOnLink(by) })),
      links: {
        privacy: links.url('/privacy'),
        unsubscribe: links.unsubscribeUrl({
          personId: context.person.id,
          chapterId: context.mailing.chapterId as string,
          topic: 'feedback',
        }),
      },
    },
  };
}
