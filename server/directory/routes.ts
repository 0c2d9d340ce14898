import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { isId } from '../desk/page.ts';
import { findStated } from '../own-page/owner.ts';
import { sendPhoto } from '../photos/sending.ts';
import { refuseLink } from '../rsvps/link.ts';
import { failurePage } from '../web/failure-page.ts';
import { type Form, pickLocale, translator } from '../web/i18n.ts';
import { nobody } from '../web/links.ts';
import { findListedPhoto, findReader, listDirectory, type Reader } from './queries.ts';
import { perPage } from './rules.ts';
import { directoryView, readSearch } from './views.ts';

type ByToken = { Params: { token: string } };
type ByPerson = { Params: { token: string; personId: string } };

/** `/d/{token}`: the directory of a group, for those who belong to it. Nothing here changes anything. */
export async function directoryRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-robots-tag': 'noindex',
    });
  });

  app.get<ByToken>('/d/:token', async (request, reply) => {
    const { token } = request.params;
    const reader = await readerOf(token);
    if (!reader) return refuseLink(request, reply, 404);
    const { words, page } = readSearch(request.query);
    const found = await listDirectory(deps.db, {
      chapterId: reader.chapterId,
      words,
      now: deps.clock(),
      offset: (page - 1) * perPage,
      limit: perPage + 1,
    });
    const locale = pickLocale(reader.personLocale ?? reader.chapterLocale, undefined, 'it');
    const form = (reader.personForm ?? reader.networkForm) as Form;
    const t = translator(locale, form);
    const frame = {
      locale,
      form,
      title: t('directory.title', { chapter: reader.chapterName }),
      accent: reader.accentColour,
      brand: { name: reader.chapterName, href: `/c/${reader.slug}` },
      network: reader.networkName,
    };
    return reply.page('directory', frame, {
      chapter: reader.chapterName,
      ...directoryView(found, { base: `/d/${token}`, words, page, t }),
    });
  });

  app.get<ByPerson>('/d/:token/photos/:personId', async (request, reply) => {
    const { token, personId } = request.params;
    const reader = await readerOf(token);
    const photo =
      reader && isId(personId)
        ? await findListedPhoto(deps.db, { chapterId: reader.chapterId, personId }, deps.clock())
        : null;
    return photo ? sendPhoto(reply, photo) : failurePage(request, reply, 404);
  });

  /** Whose link it is, if she belongs to the group now. Which part of a wrong one was wrong is not said, nor can it be timed. */
  async function readerOf(token: string): Promise<Reader | null> {
    const named = deps.links.readDirectoryToken(token);
    const { personId, chapterId } = named ?? { personId: nobody, chapterId: nobody };
    const stated = await findStated(deps.db, personId);
    const of = { personId, chapterId, linkEpoch: stated?.linkEpoch ?? 0 };
    const genuine = deps.links.isDirectoryMac(named?.mac ?? '', of);
    if (!stated || !genuine) return null;
    return (await findReader(deps.db, { personId: stated.keptId, chapterId }, deps.clock())) ?? null;
  }
}
