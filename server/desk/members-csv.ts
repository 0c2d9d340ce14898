import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { csvOf } from '../imports/csv.ts';
import { exportedFields, memberRows } from '../imports/members-csv.ts';

/** The chapter's people as a spreadsheet: the columns that an import reads. */
export async function memberListRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/members.csv', (request, reply) => {
    const { desk, deskChapter: chapter } = request;
    const heading = exportedFields.map((field) => desk.t(`imports.field.${field}`));
    const rows = memberRows(deps.db, { chapterId: chapter.id, now: deps.clock(), heading });
    return reply
      .type('text/csv; charset=utf-8')
      .header(
        'content-disposition',
        `attachment; filename="${desk.t('imports.fileName')}-${chapter.slug}.csv"`,
      )
      .send(csvOf(rows));
  });
}
