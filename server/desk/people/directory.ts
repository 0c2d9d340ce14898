import type { FastifyInstance } from 'fastify';
import type { Deps } from '../../deps.ts';
import { findListedPhoto, listDirectory } from '../../directory/queries.ts';
import { perPage } from '../../directory/rules.ts';
import { directoryView, readSearch } from '../../directory/views.ts';
import { sendPhoto } from '../../photos/sending.ts';
import { deskPage, isId } from '../page.ts';
import { notFound } from '../scope.ts';

/** The directory as the group's members see it: no more of anybody than she shows to them. */
export async function directoryDeskRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/directory', async (request, reply) => {
    const { desk, deskChapter: chapter } = request;
    const { words, page } = readSearch(request.query);
    const found = await listDirectory(deps.db, {
      chapterId: chapter.id,
      words,
      now: deps.clock(),
      offset: (page - 1) * perPage,
      limit: perPage + 1,
    });
    const base = `/desk/chapters/${chapter.slug}/directory`;
    return deskPage(
      request,
      reply,
      'directory',
      { title: desk.t('directory.title', { chapter: chapter.name }), chapter, section: 'members' },
      { chapter: chapter.name, ...directoryView(found, { base, words, page, t: desk.t }) },
    );
  });

  app.get<{ Params: { personId: string } }>('/directory/photos/:personId', async (request, reply) => {
    const { personId } = request.params;
    const photo = isId(personId)
      ? await findListedPhoto(deps.db, { chapterId: request.deskChapter.id, personId }, deps.clock())
      : null;
    return photo ? sendPhoto(reply, photo) : notFound(request, reply);
  });
}
