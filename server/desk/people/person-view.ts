import type { Desk, DeskChapter } from '../../organizers/guard.ts';
import { failureReason } from '../../people/arrival.ts';
import { dateInWords, dayInWords } from '../../web/dates.ts';
import { topics } from '../../web/links.ts';
import { fullName, nearMoment } from '../views.ts';
import type { ListedMember, MemberFilter } from './member-list.ts';
import type { findMemberships, findOptOuts, PersonEvent, PersonMail } from './person-queries.ts';

/** One row of the list: her name, and the one line that matters. */
export function memberRow(
  person: ListedMember,
  { filter, chapter, desk }: { filter: MemberFilter | null; chapter: DeskChapter; desk: Desk },
) {
  const { t } = desk;
  const day = (at: Date) => dateInWords(at, chapter.timeZone, desk.locale);
  const seen = person.seenAt
    ? t('folk.list.seen', { day: day(person.seenAt), mode: person.wasRoom ? 'room' : 'online' })
    : t('folk.list.neverSeen', { day: day(person.since) });
  const line = filter === 'former' && person.leftAt ? t('folk.list.left', { day: day(person.leftAt) }) : seen;
  return {
    id: person.id,
    href: `/desk/chapters/${chapter.slug}/people/${person.id}`,
    name: fullName(person),
    line,
    trouble: person.mailFails ? t('folk.fails.short') : person.email ? null : t('folk.list.noMail'),
    isCoordinator: person.isCoordinator,
    silent: person.silent,
  };
}

/** An event of hers in one line: what she said, and whether she was there. */
export function eventLine(event: PersonEvent, desk: Desk, now: Date, personId: string) {
  const { t } = desk;
  const complete = event.mode === 'online' ? event.onlineCompleteAt : event.roomCompleteAt;
  const presence = event.presentMode
    ? t('folk.events.present', { mode: event.presentMode, walkIn: event.walkIn ? 'yes' : 'no' })
    : event.state === 'going' && complete
      ? t('folk.events.missed')
      : null;
  // Where her answer was "yes" and she was there, one of the two says it all.
  const answer =
    presence && event.presentMode && (event.state === 'going' || event.state === null)
      ? null
      : event.state
        ? t(event.late ? 'folk.events.late' : `folk.answer.${event.state}`, { guests: event.guests ?? 0 })
        : event.source === 'walk_in'
          ? null
          : t('folk.answer.none');
  return {
    title: event.title,
    href: `/desk/events/${event.id}/answers/${personId}`,
    when: dayInWords(event.startsAt, event.timeZone, desk.locale, now),
    words: [presence, answer].filter(Boolean).join(' · '),
    isOff: event.eventState === 'cancelled',
  };
}

/** A mail in plain words, with the server's own where it refused. */
export function mailLine(mail: PersonMail, zone: string, desk: Desk, now: Date) {
  const { t } = desk;
  const at = mail.sentAt ?? mail.failedAt ?? mail.firstQueuedAt;
  const trouble = mail.state === 'failed' || mail.state === 'unknown';
  return {
    kind: t(`desk.kind.${mail.kind}`),
    event: mail.title,
    when: dayInWords(at, mail.timeZone ?? zone, desk.locale, now),
    words: mailWords(mail, zone, desk, now),
    isTrouble: trouble,
    // What a server says of a delivery that arrived is of no use to her.
    response: mail.state === 'sent' ? null : (mail.response ?? mail.unknownCauses.at(-1) ?? null),
  };
}

function mailWords(mail: PersonMail, zone: string, desk: Desk, now: Date): string {
  const { t } = desk;
  const next = mail.nextAttemptAt ? nearMoment(mail.nextAttemptAt, mail.timeZone ?? zone, desk, now) : '';
  switch (mail.state) {
    case 'failed':
      return t('folk.mail.failed', { why: failureReason(mail.response) });
    case 'unknown':
      return next ? t('folk.mail.unknownRetry', { next }) : t('folk.mail.unknown');
    case 'queued':
      return mail.response && next ? t('folk.mail.late', { next }) : t('folk.mail.queued');
    case 'suppressed':
      return t('folk.mail.suppressed', { why: mail.reason ?? 'other' });
    case 'skipped':
      return t('folk.mail.skipped');
    default:
      return t(`folk.mail.${mail.state}`);
  }
}

/** Which mails she gets, chapter by chapter: all, or all but some. */
export function wishesInWords(
  memberships: Awaited<ReturnType<typeof findMemberships>>,
  optOuts: Awaited<ReturnType<typeof findOptOuts>>,
  here: DeskChapter,
  desk: Desk,
) {
  const { t } = desk;
  const chapters = new Map([[here.id, here.name]]);
  for (const { chapterId, chapter } of [...memberships, ...optOuts]) chapters.set(chapterId, chapter);
  return [...chapters].map(([id, name]) => {
    const off = topics.filter((topic) => optOuts.some((out) => out.chapterId === id && out.topic === topic));
    return {
      chapter: chapters.size > 1 ? name : null,
      words:
        off.length === 0
          ? t('folk.wishes.all')
          : t('folk.wishes.notThese', { topics: off.map((topic) => t(`folk.topic.${topic}`)).join(', ') }),
    };
  });
}

type Membership = Awaited<ReturnType<typeof findMemberships>>[number];

/** "nel gruppo dal 3 settembre": each membership in a line. */
export function membershipLines(
  memberships: Awaited<ReturnType<typeof findMemberships>>,
  zone: string,
  desk: Desk,
) {
  const { t } = desk;
  const several = new Set(memberships.map(({ chapterId }) => chapterId)).size > 1;
  // After a merge a second, shorter one may lie inside the first: it says nothing new.
  const isInside = (one: Membership) =>
    one.endsAt !== null &&
    memberships.some(
      (other) =>
        other.endsAt === null &&
        other.chapterId === one.chapterId &&
        other.role === one.role &&
        other.startsAt <= one.startsAt,
    );
  const told = memberships.filter((one) => !isInside(one));
  return told.map((membership) => ({
    chapter: several ? membership.chapter : null,
    words: t(membership.endsAt ? 'folk.membership.past' : 'folk.membership.now', {
      role: membership.role,
      from: dateInWords(membership.startsAt, zone, desk.locale),
      until: membership.endsAt ? dateInWords(membership.endsAt, zone, desk.locale) : '',
    }),
  }));
}
