import type { FastifyInstance } from 'fastify';
import { takeAccessFrom } from '../web/access.ts';

/** What a token must be for: any chapter's will do, for that chapter's own, or it takes one for the whole network. */
export type TokenScope = 'chapter' | 'network';

/** Which token may use which call of the API. A call that does not stand here does not start. */
export const apiAccess: Readonly<Record<string, TokenScope>> = {
  // Chapters and members
  'POST /api/v1/chapters': 'network',
  'GET /api/v1/chapters/:slug/members': 'chapter',
  'POST /api/v1/chapters/:slug/members': 'chapter',
  'POST /api/v1/chapters/:slug/members/import': 'chapter',

  // Events
  'POST /api/v1/chapters/:slug/events': 'chapter',
  'PATCH /api/v1/chapters/:slug': 'chapter',
  'POST /api/v1/chapters/:slug/series': 'chapter',
  'GET /api/v1/chapters/:slug/series/:seriesId': 'chapter',
  'PATCH /api/v1/chapters/:slug/series/:seriesId': 'chapter',
  'GET /api/v1/events/:id': 'chapter',
  'PATCH /api/v1/events/:id': 'chapter',
  'POST /api/v1/events/:id/publication': 'chapter',
  'POST /api/v1/events/:id/cancellation': 'chapter',

  // Answers
  'GET /api/v1/events/:id/rsvps': 'chapter',
  'PUT /api/v1/events/:id/rsvps/:personId': 'chapter',

  // Attendance
  'POST /api/v1/events/:id/attendance': 'chapter',
  'PUT /api/v1/events/:id/attendance/:personId': 'chapter',
  'DELETE /api/v1/events/:id/attendance/:personId': 'chapter',
  'PUT /api/v1/events/:id/attendance-complete/:mode': 'chapter',

  // Mail
  'GET /api/v1/events/:id/timeline': 'chapter',
  'PUT /api/v1/events/:id/timeline': 'chapter',
  'GET /api/v1/events/:id/mailings': 'chapter',
  'GET /api/v1/mailings/:id/deliveries': 'chapter',
  'POST /api/v1/mailings/:id/preview': 'chapter',
  'POST /api/v1/deliveries/:id/presumption': 'chapter',
  'GET /api/v1/texts/:scope/:id/:kind/:locale': 'chapter',
  'PUT /api/v1/texts/:scope/:id/:kind/:locale': 'chapter',
  'DELETE /api/v1/texts/:scope/:id/:kind/:locale': 'chapter',
};

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the token of whoever calls this must be for. */
    token?: TokenScope;
  }
}

/** Takes each call's token from the table. */
export function requireToken(app: FastifyInstance): void {
  takeAccessFrom(app, apiAccess, (token) => ({ token }));
}
