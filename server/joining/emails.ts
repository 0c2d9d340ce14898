import type { Mail } from '../mail/variables.ts';
import { fromCoordinator, type MailMaker } from '../mailings/emails.ts';

/** The mails about joining a group: how one does it, whether it was she who asked, and the answer. */
export function joinMail(maker: MailMaker, template: 'join_how' | 'join_confirm' | 'join_answer'): Mail {
  const { context, links } = maker;
  const { chapter, person } = context;
  if (!chapter) throw new Error(`mailing ${context.mailing.id} is of no chapter`);
  const common = fromCoordinator(maker);
  const join = `/c/${chapter.slug}/join`;
  const privacy = links.url('/privacy');
  const data = context.mailing.data as { requestId?: string; accepted?: boolean; words?: string };
  switch (template) {
    case 'join_how': {
      const unsubscribe = links.unsubscribeUrl({
        personId: person.id,
        chapterId: chapter.id,
        topic: 'feedback',
      });
      return { template, variables: { ...common, links: { join: links.url(join), privacy, unsubscribe } } };
    }
    case 'join_confirm': {
      const { id: personId, linkEpoch } = person;
      const confirm = links.joinUrl({
        requestId: data.requestId ?? '',
        personId,
        linkEpoch,
        slug: chapter.slug,
      });
      return { template, variables: { ...common, links: { confirm, privacy, unsubscribe: null } } };
    }
    case 'join_answer':
      return {
        template,
        variables: {
          ...common,
          accepted: data.accepted === true,
          words: data.words ?? '',
          links: { events: links.url(`/c/${chapter.slug}`), privacy, unsubscribe: null },
        },
      };
  }
}
