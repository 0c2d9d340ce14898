import type { Mail } from '../mail/variables.ts';
import { fromCoordinator, type MailMaker } from '../mailings/emails.ts';
import { whenOf } from '../mailings/event-variables.ts';
import { dayInWords } from '../web/dates.ts';
import { readOther } from './queries.ts';
import { askLastsMs } from './rules.ts';

export type IntroductionTemplate = 'introduction' | 'introduction_asked' | 'introduction_later';

/** The three mails about an introduction: whether she would like it, the introduction itself, and what came of it. */
export function introductionMail(maker: MailMaker, template: IntroductionTemplate): Mail {
  const { facts, locale, now, links } = maker;
  const { introduction } = facts;
  if (!introduction) throw new Error(`mailing ${maker.context.mailing.id} introduces nobody`);
  const common = commonOf(maker, introduction.introductionId);
  const { chapter } = maker.context;
  const other = readOther(introduction.otherJson);
  const name = [other?.firstName, other?.lastName].filter(Boolean).join(' ') || null;
  if (template === 'introduction_asked') {
    const lastDay = new Date(introduction.createdAt.getTime() + askLastsMs);
    return {
      template,
      variables: {
        ...common,
        by: introduction.by ?? common.coordinator.firstName,
        otherName: name,
        words: introduction.words ?? '',
        until: dayInWords(lastDay, chapter?.timeZone ?? 'Europe/Rome', locale, now),
      },
    };
  }
  if (template === 'introduction_later') return { template, variables: { ...common, otherName: name ?? '' } };
  const { next } = introduction;
  return {
    template,
    variables: {
      ...common,
      other: {
        firstName: other?.firstName ?? '',
        lastName: other?.lastName ?? '',
        askMe: other?.askMe || null,
        work: other?.work || null,
        email: other?.contacts.email ?? null,
        phone: other?.contacts.phone ?? null,
        website: other?.contacts.website ?? null,
      },
      metAt: introduction.metAt,
      by: introduction.by,
      words: introduction.words,
      next: next && {
        title: next.title,
        when: whenOf(maker, next.startsAt, null, next.timeZone),
        url: links.url(`/e/${next.id}`),
      },
    },
  };
}

function commonOf(maker: MailMaker, introductionId: string) {
  const { context, links } = maker;
  const { person } = context;
  const of = { personId: person.id, linkEpoch: person.linkEpoch };
  return {
    ...fromCoordinator(maker),
    links: {
      introduction: links.introductionUrl({ ...of, introductionId }),
      privacy: links.url('/privacy'),
      unsubscribe: links.unsubscribeUrl({
        personId: person.id,
        chapterId: context.mailing.chapterId as string,
        topic: 'introduction',
      }),
    },
  };
}
