import type { FastifyInstance } from 'fastify';
import type { Deps } from '../../deps.ts';
import { csvOf } from '../../imports/csv.ts';
import { listMemberIds } from './member-list.ts';
import { exportedFields, memberRows } from './member-rows.ts';
import { askedFor } from './members.ts';

/** The chapter's people as a spreadsheet, in the columns that an import reads; narrowed as the list is. */
export async function memberListRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/members.csv', async (request, reply) => {
    const { desk, deskChapter: chapter } = request;
    const now = deps.clock();
    const { words, filter } = askedFor(request);
    const ids = await listMemberIds(deps.db, { chapterId: chapter.id, words, now }, filter);
    const heading = exportedFields.map((field) => desk.t(`imports.field.${field}`));
    const name = `${desk.t('imports.fileName')}-${chapter.slug}`;
    return reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', `attachment; filename="${name}.csv"`)
      .send(csvOf(memberRows(deps.db, ids, { chapterId: chapter.id, now, heading })));
  });
}
