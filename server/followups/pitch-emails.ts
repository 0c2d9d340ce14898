import type { Mail } from '../mail/variables.ts';
import { chapterOf, type MailMaker, networkOf, personOf } from '../mailings/emails.ts';
import { nameOnLink } from '../rsvps/page-row.ts';

/** To who presented herself: what those who heard her have written. */
export function pitchNotesMail(maker: MailMaker): Mail {
  const { context, facts, links } = maker;
  const { chapter, coordinator, person } = context;
  const readerChapter = chapterOf(maker);
  if (!facts.pitchNotes || !chapter || !coordinator || !readerChapter)
    throw new Error(`mailing ${context.mailing.id} brings no notes`);
  return {
    template: 'pitch_notes',
    variables: {
      network: networkOf(maker),
      chapter: readerChapter,
      person: personOf(maker),
      coordinator: {
        firstName: coordinator.firstName,
        lastName: coordinator.lastName,
        phone: coordinator.phone,
      },
      eventTitle: facts.pitchNotes.title,
      notes: facts.pitchNotes.notes.map(({ text, by }) => ({ text, by: by && nameOnLink(by) })),
      links: {
        privacy: links.url('/privacy'),
        unsubscribe: links.unsubscribeUrl({
          personId: person.id,
          chapterId: chapter.id,
          topic: 'feedback',
        }),
      },
    },
  };
}
