import type { FastifyInstance, FastifyRequest } from 'fastify';
import { takeAccessFrom } from '../web/access.ts';

/** What somebody may be at the desk; each may do all that the ones before may. */
export const roles = ['host', 'coordinator', 'administrator'] as const;
export type Role = (typeof roles)[number];

/**
 * Who may use which route of the desk: the least role. A host has hers for single events, a coordinator for her
 * chapters, an administrator for the whole network. A route that does not stand here does not start.
 */
export const deskAccess: Readonly<Record<string, Role>> = {
  'GET /desk/': 'host',
  'GET /desk/help': 'host',
  'POST /desk/sign-out': 'host',
  'GET /desk/sessions': 'host',
  'POST /desk/sessions': 'host',
  'POST /desk/sessions/:sessionId': 'host',
  'GET /desk/chapters/:slug/': 'coordinator',
  'GET /desk/chapters/:slug/more': 'coordinator',
  'GET /desk/chapters/:slug/settings': 'coordinator',
  'POST /desk/chapters/:slug/settings': 'coordinator',
  'GET /desk/chapters/:slug/joining': 'coordinator',
  'POST /desk/chapters/:slug/joining': 'coordinator',
  'GET /desk/chapters/:slug/coordinators': 'coordinator',
  'GET /desk/chapters/:slug/coordinators/new': 'coordinator',
  'POST /desk/chapters/:slug/coordinators': 'coordinator',
  'POST /desk/chapters/:slug/coordinators/handovers/:handoverId': 'coordinator',
  'POST /desk/chapters/:slug/coordinators/:personId/departure': 'coordinator',

  // People
  'GET /desk/chapters/:slug/members': 'coordinator',
  'POST /desk/chapters/:slug/members': 'coordinator',
  'POST /desk/chapters/:slug/members/preview': 'coordinator',
  'GET /desk/chapters/:slug/members/new': 'coordinator',
  'POST /desk/chapters/:slug/people': 'coordinator',
  'GET /desk/chapters/:slug/people/:personId': 'coordinator',
  'POST /desk/chapters/:slug/people/:personId': 'coordinator',
  'GET /desk/chapters/:slug/people/:personId/edit': 'coordinator',
  'GET /desk/chapters/:slug/people/:personId/export': 'coordinator',
  'GET /desk/chapters/:slug/people/:personId/merge': 'coordinator',
  'POST /desk/chapters/:slug/people/:personId/merge': 'coordinator',
  'GET /desk/chapters/:slug/people/:personId/erasure': 'coordinator',
  'POST /desk/chapters/:slug/people/:personId/erasure': 'coordinator',
  'POST /desk/chapters/:slug/people/:personId/notes': 'coordinator',
  'POST /desk/chapters/:slug/people/:personId/notes/:noteId/deletion': 'coordinator',
  'POST /desk/chapters/:slug/members/:personId/departure': 'coordinator',
  'POST /desk/chapters/:slug/members/:personId/return': 'coordinator',
  'GET /desk/chapters/:slug/directory': 'coordinator',
  'GET /desk/chapters/:slug/directory/photos/:personId': 'coordinator',
  'GET /desk/chapters/:slug/introductions': 'coordinator',
  'GET /desk/chapters/:slug/introductions/new': 'coordinator',
  'POST /desk/chapters/:slug/introductions': 'coordinator',
  'POST /desk/chapters/:slug/introductions/:introductionId/withdrawal': 'coordinator',

  'GET /desk/chapters/:slug/ties': 'coordinator',
  'POST /desk/chapters/:slug/ties/notes': 'coordinator',

  // People in files
  'GET /desk/chapters/:slug/members.csv': 'coordinator',
  'GET /desk/chapters/:slug/import': 'coordinator',
  'POST /desk/chapters/:slug/import': 'coordinator',
  'GET /desk/chapters/:slug/import/:importId': 'coordinator',
  'GET /desk/chapters/:slug/import/:importId/columns': 'coordinator',
  'POST /desk/chapters/:slug/import/:importId/columns': 'coordinator',
  'POST /desk/chapters/:slug/import/:importId/start': 'coordinator',
  'POST /desk/chapters/:slug/import/:importId/removal': 'coordinator',
  'GET /desk/chapters/:slug/import/:importId/rejected.csv': 'coordinator',

  // Events
  'GET /desk/chapters/:slug/events/new': 'coordinator',
  'POST /desk/chapters/:slug/events': 'coordinator',
  'GET /desk/events/:eventId/': 'coordinator',
  'POST /desk/events/:eventId/': 'coordinator',
  'GET /desk/events/:eventId/edit': 'coordinator',
  'POST /desk/events/:eventId/invitations': 'coordinator',
  'GET /desk/events/:eventId/publication': 'coordinator',
  'POST /desk/events/:eventId/publication': 'coordinator',
  'GET /desk/events/:eventId/publication/mail': 'coordinator',
  'POST /desk/events/:eventId/test-mail': 'coordinator',
  'GET /desk/events/:eventId/cancellation': 'coordinator',
  'POST /desk/events/:eventId/cancellation': 'coordinator',

  // Series
  'GET /desk/chapters/:slug/series': 'coordinator',
  'GET /desk/chapters/:slug/series/:seriesId': 'coordinator',
  'POST /desk/chapters/:slug/series/:seriesId': 'coordinator',
  'POST /desk/chapters/:slug/series/:seriesId/dates': 'coordinator',
  'POST /desk/chapters/:slug/series/:seriesId/standing': 'coordinator',
  'GET /desk/chapters/:slug/series/:seriesId/following': 'coordinator',
  'POST /desk/chapters/:slug/series/:seriesId/following': 'coordinator',
  'GET /desk/chapters/:slug/series/:seriesId/rest': 'coordinator',
  'POST /desk/chapters/:slug/series/:seriesId/rest': 'coordinator',
  'GET /desk/chapters/:slug/series/:seriesId/end': 'coordinator',
  'POST /desk/chapters/:slug/series/:seriesId/end': 'coordinator',
  'GET /desk/events/:eventId/series': 'coordinator',
  'POST /desk/events/:eventId/series': 'coordinator',
  'GET /desk/events/:eventId/series/preview': 'coordinator',
  'POST /desk/events/:eventId/holiday': 'coordinator',
  'POST /desk/events/:eventId/resumption': 'coordinator',
  'POST /desk/events/:eventId/draft': 'coordinator',
  'GET /desk/chapters/:slug/cohosting/:eventId': 'coordinator',
  'POST /desk/chapters/:slug/cohosting/:eventId': 'coordinator',
  'GET /desk/events/:eventId/cohosts': 'coordinator',
  'POST /desk/events/:eventId/cohosts': 'coordinator',
  'POST /desk/events/:eventId/cohosts/:chapterId/removal': 'coordinator',
  'GET /desk/events/:eventId/hosts': 'coordinator',
  'POST /desk/events/:eventId/hosts': 'coordinator',
  'POST /desk/events/:eventId/hosts/:personId/removal': 'coordinator',
  'GET /desk/events/:eventId/questions': 'coordinator',
  'POST /desk/events/:eventId/questions': 'coordinator',
  'POST /desk/events/:eventId/copies': 'coordinator',
  'POST /desk/events/:eventId/notes': 'coordinator',

  // Answers
  'GET /desk/events/:eventId/live': 'coordinator',
  'POST /desk/events/:eventId/selection': 'coordinator',
  'GET /desk/events/:eventId/additions': 'coordinator',
  'POST /desk/events/:eventId/additions': 'coordinator',
  'GET /desk/events/:eventId/list': 'coordinator',
  'GET /desk/events/:eventId/answers.csv': 'coordinator',
  'GET /desk/events/:eventId/answers/:personId': 'coordinator',
  'POST /desk/events/:eventId/answers/:personId': 'coordinator',
  'POST /desk/events/:eventId/answers/:personId/address': 'coordinator',

  // Afterwards
  'GET /desk/events/:eventId/follow-up': 'coordinator',
  'POST /desk/events/:eventId/follow-up': 'coordinator',
  'POST /desk/events/:eventId/follow-up/moment': 'coordinator',
  'GET /desk/events/:eventId/follow-up/:mailingId/mail': 'coordinator',
  'POST /desk/events/:eventId/follow-up/lines/:personId': 'coordinator',
  'POST /desk/events/:eventId/follow-up/links': 'coordinator',
  'POST /desk/events/:eventId/follow-up/links/:linkId': 'coordinator',
  'POST /desk/events/:eventId/follow-up/pitches': 'coordinator',

  // Mail
  'GET /desk/events/:eventId/mailings': 'coordinator',
  'POST /desk/events/:eventId/mailings': 'coordinator',
  'POST /desk/events/:eventId/mailings/:mailingId': 'coordinator',

  // The words of the mails
  'GET /desk/chapters/:slug/texts': 'coordinator',
  'GET /desk/chapters/:slug/texts/:kind': 'coordinator',
  'POST /desk/chapters/:slug/texts/:kind': 'coordinator',
  'POST /desk/chapters/:slug/texts/:kind/preview': 'coordinator',
  'POST /desk/chapters/:slug/texts/:kind/test': 'coordinator',
  'POST /desk/chapters/:slug/texts/:kind/original': 'coordinator',
  'POST /desk/chapters/:slug/texts/:kind/restoration': 'coordinator',
  'GET /desk/events/:eventId/texts/:kind': 'coordinator',
  'POST /desk/events/:eventId/texts/:kind': 'coordinator',
  'POST /desk/events/:eventId/texts/:kind/preview': 'coordinator',
  'POST /desk/events/:eventId/texts/:kind/test': 'coordinator',
  'POST /desk/events/:eventId/texts/:kind/original': 'coordinator',
  'POST /desk/events/:eventId/texts/:kind/restoration': 'coordinator',
  'GET /desk/network/': 'administrator',
  'GET /desk/network/chapters/new': 'administrator',
  'POST /desk/network/chapters': 'administrator',
  'GET /desk/network/administrators': 'administrator',
  'POST /desk/network/administrators': 'administrator',
  'POST /desk/network/administrators/:personId/removal': 'administrator',
  'GET /desk/network/retention': 'administrator',
  'POST /desk/network/retention': 'administrator',
  'GET /desk/network/numbers': 'administrator',
  'GET /desk/network/texts': 'administrator',
  'GET /desk/network/texts/:kind': 'administrator',
  'POST /desk/network/texts/:kind': 'administrator',
  'POST /desk/network/texts/:kind/preview': 'administrator',
  'POST /desk/network/texts/:kind/test': 'administrator',
  'POST /desk/network/texts/:kind/original': 'administrator',
  'POST /desk/network/texts/:kind/restoration': 'administrator',

  'GET /desk/events/:eventId/tables': 'coordinator',
  'GET /desk/events/:eventId/welcomes': 'coordinator',
  'POST /desk/events/:eventId/welcomes': 'coordinator',

  // After an event
  'GET /desk/chapters/:slug/requests': 'coordinator',
  'POST /desk/chapters/:slug/requests': 'coordinator',
  'GET /desk/chapters/:slug/feedback': 'coordinator',
  'POST /desk/chapters/:slug/feedback': 'coordinator',
  'GET /desk/events/:eventId/feedback': 'coordinator',

  // Numbers
  'GET /desk/chapters/:slug/numbers': 'coordinator',
  'GET /desk/events/:eventId/numbers': 'coordinator',

  // Messages to the group
  'GET /desk/chapters/:slug/messages': 'coordinator',
  'GET /desk/chapters/:slug/messages/new': 'coordinator',
  'GET /desk/chapters/:slug/messages/count': 'coordinator',
  'POST /desk/chapters/:slug/messages': 'coordinator',
  'POST /desk/chapters/:slug/messages/selection': 'coordinator',
  'GET /desk/chapters/:slug/messages/:messageId/': 'coordinator',
  'POST /desk/chapters/:slug/messages/:messageId/': 'coordinator',
  'GET /desk/chapters/:slug/messages/:messageId/mail': 'coordinator',
  'GET /desk/chapters/:slug/messages/:messageId/edit': 'coordinator',
  'POST /desk/chapters/:slug/messages/:messageId/test-mail': 'coordinator',
  'POST /desk/chapters/:slug/messages/:messageId/sending': 'coordinator',
  'POST /desk/chapters/:slug/messages/:messageId/mailing': 'coordinator',
  'POST /desk/chapters/:slug/messages/:messageId/removal': 'coordinator',

  // The door
  'GET /desk/events/:eventId/room-code': 'host',
  'GET /desk/events/:eventId/round': 'host',
  'GET /desk/events/:eventId/door': 'host',
  'GET /desk/events/:eventId/door/shell': 'host',
  'GET /desk/events/:eventId/door/list': 'host',
  'POST /desk/events/:eventId/door/sync': 'host',
  'POST /desk/events/:eventId/attendance': 'host',
  'POST /desk/events/:eventId/attendance/all': 'coordinator',
  'POST /desk/events/:eventId/attendance/complete': 'coordinator',
  'POST /desk/events/:eventId/walk-ins': 'host',
};

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The least role that may use this route of the desk. */
    access?: Role;
  }
}

/** Takes each route's least role from the table; one that was forgotten there stops the start. */
export function requireAccess(app: FastifyInstance, table: Readonly<Record<string, Role>>): void {
  takeAccessFrom(app, table, (access) => ({ access }));
}

/** Whether a role suffices for the route that a request is about. */
export function mayUse(request: FastifyRequest, role: Role | null): boolean {
  const least = request.routeOptions.config.access;
  return role !== null && least !== undefined && roles.indexOf(role) >= roles.indexOf(least);
}
