import type { FastifyInstance } from 'fastify';
import type { Deps } from '../../deps.ts';
import { findPairsMet, pairOf } from '../../tables/queries.ts';
import { pairsIn, scoreOf, suggestTables } from '../../tables/rules.ts';
import { deskPage, fieldOf } from '../page.ts';
import { findEventPeople } from '../queries.ts';
import { eventHead, fullName } from '../views.ts';

/** Suggested tables of four for those who come to the room: to print, or to mix again. Nothing of it is kept. */
export async function tableRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/tables', async (request, reply) => {
    const { desk, deskEvent: event, deskChapter: chapter } = request;
    const { t } = desk;
    const now = deps.clock();
    const seed = Number(/^\d{1,6}$/.exec(fieldOf(request.query, 'mix'))?.[0] ?? 1);
    const people = (await findEventPeople(deps.db, event.id, now)).filter(
      ({ state, mode, presentMode }) => presentMode === 'room' || (state === 'going' && mode === 'room'),
    );
    const ids = people.map(({ id }) => id);
    const pairs = await findPairsMet(deps.db, event, ids);
    const haveMet = (one: number, other: number) => pairs.has(pairOf(ids[one] ?? '', ids[other] ?? ''));
    const tables = suggestTables(people.length, haveMet, seed);
    return deskPage(
      request,
      reply,
      'tables',
      { title: t('seating.title'), chapter, sheets: ['gather.css', 'seating.css'], scripts: ['gather.js'] },
      {
        event: eventHead(event, desk, now),
        tables: tables.map((table) => table.flatMap((place) => people[place] ?? []).map(fullName)),
        fresh: scoreOf(tables, haveMet).fresh,
        pairs: pairsIn(tables.map(({ length }) => length)),
        guests: people.reduce((sum, { guests }) => sum + (guests ?? 0), 0),
        again: `?mix=${seed + 1}`,
      },
    );
  });
}
