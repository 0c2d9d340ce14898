import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import { type Field, fields } from '../../imports/columns.ts';
import { csvOf } from '../../imports/csv.ts';
import { findImport, listImports, type StagedImport } from '../../imports/staged-queries.ts';
import { dropImport, keepFile, nameColumns, startImport } from '../../imports/staging.ts';
import { mostLines } from '../../imports/table.ts';
import { deskPage, fieldOf, isId } from '../page.ts';
import { actorOf, notFound } from '../scope.ts';
import { takesOneFile, uploadOf } from '../uploads.ts';
import { checkedView, columnsView, recentView, rejectedRows } from './import-view.ts';

type OfImport = { Params: { slug: string; importId: string } };
const style = { sheets: ['imports.css'] };

/** People from a file, in four pages: the file, its columns, what will change, and how far it is. */
export async function importRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/import', (request, reply) => choose(request, reply, null));

  app.post('/import', { config: takesOneFile }, async (request, reply) => {
    const { desk, deskChapter: chapter } = request;
    const upload = uploadOf(request, 'file');
    if (!upload) return choose(request, reply.code(400), 'none');
    if (upload.tooLarge) return choose(request, reply.code(413), 'tooLarge');
    const kept = await keepFile(
      deps,
      { chapterId: chapter.id, personId: desk.person.id, fileName: upload.name.replaceAll('\0', '') },
      upload.bytes,
    );
    if (!kept.ok) return choose(request, reply.code(400), kept.reason);
    return reply.redirect(`${base(request)}/${kept.id}/columns`, 303);
  });

  app.get<OfImport>('/import/:importId/columns', async (request, reply) => {
    const staged = await find(request);
    if (!staged) return notFound(request, reply);
    if (!isOpen(staged)) return reply.redirect(`${base(request)}/${staged.id}`, 303);
    return nameThem(request, reply, staged, null);
  });

  app.post<OfImport>('/import/:importId/columns', async (request, reply) => {
    const { deskChapter: chapter } = request;
    const staged = await find(request);
    if (!staged) return notFound(request, reply);
    const columns = Array.from({ length: staged.width }, (_, at) => {
      const said = fieldOf(request.body, `c${at}`);
      return fields.find((field) => field === said) ?? null;
    });
    const hasHeader = fieldOf(request.body, 'header') === 'yes';
    const problem = problemOf(columns);
    if (problem) {
      return nameThem(request, reply.code(400), { ...staged, columns, hasHeader }, problem);
    }
    await nameColumns(deps, { chapterId: chapter.id, importId: staged.id }, { columns, hasHeader });
    return reply.redirect(`${base(request)}/${staged.id}`, 303);
  });

  /** What will change, how far it is, or what has become of it. */
  app.get<OfImport>('/import/:importId', async (request, reply) => {
    const { desk, deskChapter: chapter } = request;
    const staged = await find(request);
    if (!staged) return notFound(request, reply);
    if (staged.state === 'uploaded') return reply.redirect(`${base(request)}/${staged.id}/columns`, 303);
    const view = staged.state === 'checked' ? 'check' : staged.state;
    return deskPage(
      request,
      reply,
      `import-${view}`,
      {
        title: desk.t(`imports.${view}.title`),
        chapter,
        section: 'members',
        ...style,
        scripts: view === 'running' ? ['imports.js'] : [],
      },
      {
        base: base(request),
        staged,
        membersUrl: `/desk/chapters/${chapter.slug}/members`,
        ...(view === 'running' && { refresh: 3 }),
        ...(view !== 'running' && (await checkedView(deps.db, staged, desk))),
      },
    );
  });

  app.post<OfImport>('/import/:importId/start', async (request, reply) => {
    const { deskChapter: chapter } = request;
    const staged = await find(request);
    if (!staged) return notFound(request, reply);
    // What was started already is shown: a second tap is no second import.
    await startImport(deps, {
      chapterId: chapter.id,
      importId: staged.id,
      returningAllowed: fieldOf(request.body, 'returning') === 'yes',
      actor: actorOf(request),
    });
    return reply.redirect(`${base(request)}/${staged.id}`, 303);
  });

  app.post<OfImport>('/import/:importId/removal', async (request, reply) => {
    const { deskChapter: chapter } = request;
    const staged = await find(request);
    if (!staged) return notFound(request, reply);
    await dropImport(deps, { chapterId: chapter.id, importId: staged.id });
    return reply.redirect(base(request), 303);
  });

  app.get<OfImport>('/import/:importId/rejected.csv', async (request, reply) => {
    const staged = await find(request);
    if (!staged) return notFound(request, reply);
    const { t } = request.desk;
    return reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', `attachment; filename="${t('imports.rejectedName')}.csv"`)
      .send(csvOf(rejectedRows(deps.db, staged, t)));
  });

  const base = (request: FastifyRequest) => `/desk/chapters/${request.deskChapter.slug}/import`;
  const isOpen = ({ state }: StagedImport) => state === 'uploaded' || state === 'checked';

  async function find(request: FastifyRequest): Promise<StagedImport | undefined> {
    const { importId } = request.params as OfImport['Params'];
    return isId(importId) ? findImport(deps.db, request.deskChapter.id, importId) : undefined;
  }

  async function choose(request: FastifyRequest, reply: FastifyReply, problem: string | null) {
    const { desk, deskChapter: chapter } = request;
    const recent = await listImports(deps.db, chapter.id);
    return deskPage(
      request,
      reply,
      'import',
      { title: desk.t('imports.choose.title'), chapter, section: 'members', ...style },
      {
        base: base(request),
        membersUrl: `/desk/chapters/${chapter.slug}/members`,
        recent: recentView(recent, chapter, desk, deps.clock()),
        problem: problem && desk.t(`imports.problem.${problem}`, { most: mostLines }),
      },
    );
  }

  async function nameThem(
    request: FastifyRequest,
    reply: FastifyReply,
    staged: StagedImport,
    problem: string | null,
  ) {
    const { desk, deskChapter: chapter } = request;
    return deskPage(
      request,
      reply,
      'import-columns',
      { title: desk.t('imports.columns.title'), chapter, section: 'members', ...style },
      {
        base: base(request),
        staged,
        ...(await columnsView(deps.db, staged, desk)),
        problem: problem && desk.t(`imports.problem.${problem}`),
      },
    );
  }
}

/** What keeps columns from being read as they were named. */
function problemOf(columns: readonly (Field | null)[]): string | null {
  const named = columns.filter((field) => field !== null);
  if (!named.includes('email')) return 'noEmail';
  return new Set(named).size < named.length ? 'twiceNamed' : null;
}
