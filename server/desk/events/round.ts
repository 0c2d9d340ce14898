import type { FastifyInstance } from 'fastify';
import type { Deps } from '../../deps.ts';
import { findRound } from '../../encounters/round.ts';
import { deskPage } from '../page.ts';
import { eventHead, fullName } from '../views.ts';

/** The round of introductions on paper: who speaks when, and what to ask each about. */
export async function roundRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/round', async (request, reply) => {
    const { desk, deskEvent: event, deskChapter: chapter } = request;
    const { speakers, more } = await findRound(deps.db, event.id);
    return deskPage(
      request,
      reply,
      'round',
      { title: desk.t('before.round.title'), chapter, sheets: ['gather.css'], scripts: ['gather.js'] },
      {
        event: eventHead(event, desk, deps.clock()),
        speakers: speakers.map(({ askMe, work, isNew, ...name }) => ({
          name: fullName(name),
          work,
          askMe: askMe && desk.t('before.company.askMe', { askMe }),
          isNew,
        })),
        more,
        // Lines to write on, for those who are not named here.
        blanks: Array.from({ length: Math.min(more, 12) }),
      },
    );
  });
}
