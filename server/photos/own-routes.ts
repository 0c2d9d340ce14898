import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { readUploads, takesOneFile, uploadOf } from '../desk/uploads.ts';
import { perOwnLink, showOwnPage } from '../own-page/page.ts';
import { failurePage } from '../web/failure-page.ts';
import { makePhoto } from './making.ts';
import { photoSection } from './own-section.ts';
import { sendPhoto } from './sending.ts';
import { findOwnPhoto, removePhoto, savePhoto } from './service.ts';

type ByToken = { Params: { token: string } };

/** `/me/{token}/photo`: her photo, brought, looked at and taken away by herself. */
export async function ownPhotoRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  await readUploads(app);

  app.get<ByToken>('/me/:token/photo', async (request, reply) => {
    const photo = await findOwnPhoto(deps.db, request.owner.person.id);
    return photo ? sendPhoto(reply, photo) : failurePage(request, reply, 404);
  });

  app.post<ByToken>(
    '/me/:token/photo',
    { config: { ...perOwnLink, ...takesOneFile } },
    async (request, reply) => {
      const { person, t } = request.owner;
      const made = await makePhoto(uploadOf(request, 'photo'));
      if (!made.ok) {
        const problems = [{ field: 'photo', message: t(`own.photo.refused.${made.reason}`) }];
        return showOwnPage(deps, request, reply.code(400), {
          section: photoSection.name,
          problems,
          typed: null,
        });
      }
      await savePhoto(deps, person.id, made.bytes);
      return reply.redirect(`/me/${request.params.token}?done=saved#photo`, 303);
    },
  );

  app.post<ByToken>('/me/:token/photo/removal', { config: perOwnLink }, async (request, reply) => {
    await removePhoto(deps.db, request.owner.person.id);
    return reply.redirect(`/me/${request.params.token}?done=saved#photo`, 303);
  });
}
