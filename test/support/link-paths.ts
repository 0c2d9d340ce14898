import type { Deps } from '../../server/deps.ts';

/** The paths of somebody's links, as her mails have them. */
export function linkPaths(deps: () => Deps) {
  /** What a link to an event names. */
  const find = (eventId: string, personId: string) =>
    deps()
      .db.selectFrom('invitations as i')
      .innerJoin('people as p', 'p.id', 'i.personId')
      .select(['i.id', 'i.eventId', 'i.personId', 'p.linkEpoch'])
      .where('i.eventId', '=', eventId)
      .where('i.personId', '=', personId)
      .executeTakeFirstOrThrow();
  return {
    /** To an event. */
    linkOf: async (eventId: string, personId: string) =>
      new URL(deps().links.rsvpUrl(await find(eventId, personId))).pathname,
    /** To what she says after it. */
    feedbackLinkOf: async (eventId: string, personId: string) =>
      new URL(deps().links.feedbackUrl(await find(eventId, personId))).pathname,
    /** To an introduction, as one of the two has it. */
    introductionLinkOf: (introductionId: string, { id, linkEpoch }: { id: string; linkEpoch: number }) =>
      new URL(deps().links.introductionUrl({ introductionId, personId: id, linkEpoch })).pathname,
    /** To the directory of one of her chapters. */
    directoryLinkOf: ({ id, linkEpoch }: { id: string; linkEpoch: number }, chapterId: string) =>
      new URL(deps().links.directoryUrl({ personId: id, chapterId, linkEpoch })).pathname,
    /** To her own page. */
    ownLinkOf: ({ id, linkEpoch }: { id: string; linkEpoch: number }) =>
      new URL(deps().links.ownPageUrl({ personId: id, linkEpoch })).pathname,
    /** To her own calendar. */
    feedLinkOf: ({ id, linkEpoch, feedEpoch }: { id: string; linkEpoch: number; feedEpoch: number }) =>
      new URL(deps().links.feedUrl({ personId: id, linkEpoch, feedEpoch })).pathname,
  };
}
