import type { MyPageMail } from '../mail/variables.ts';
import { chapterOf, type MailMaker, networkOf, personOf } from '../mailings/emails.ts';

/** The link to her own page, for her who asked for it. */
export function myPageMail(maker: MailMaker): MyPageMail {
  const { context, links } = maker;
  const { id: personId, linkEpoch } = context.person;
  return {
    network: networkOf(maker),
    chapter: chapterOf(maker),
    person: personOf(maker),
    links: {
      ownPage: links.ownPageUrl({ personId, linkEpoch }),
      privacy: links.url('/privacy'),
      unsubscribe: null,
    },
  };
}
