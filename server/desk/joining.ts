import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { longestJoiningText, saveJoining } from '../chapters/settings.ts';
import type { Deps } from '../deps.ts';
import { usualJoiningText } from '../public/joining.ts';
import { deskPage, fieldOf, wordsLimit } from './page.ts';
import { actorOf } from './scope.ts';

type Values = { it: string; en: string };

/** How one joins the chapter: its own words for the public page, in both languages. */
export async function joiningRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/joining', async (request, reply) => {
    const { joinIt, joinEn } = request.deskChapter;
    const usual = await usualWords(request);
    return page(request, reply, { it: joinIt ?? usual.it, en: joinEn ?? usual.en }, []);
  });

  app.post('/joining', wordsLimit, async (request, reply) => {
    const { deskChapter: chapter } = request;
    const read = (name: string) => fieldOf(request.body, name).replace(/\r\n?/g, '\n').trim();
    const values = { it: read('it'), en: read('en') };
    const tooLong = (['it', 'en'] as const).filter((name) => values[name].length > longestJoiningText);
    if (tooLong.length > 0) return page(request, reply.code(400), values, tooLong);
    const usual = await usualWords(request);
    // Left empty or as it was, it goes on following the product's words.
    const own = (name: 'it' | 'en') =>
      values[name] === '' || values[name] === usual[name].trim() ? null : values[name];
    await saveJoining(deps, chapter.id, { joinIt: own('it'), joinEn: own('en') }, actorOf(request));
    return reply.redirect(`/desk/chapters/${chapter.slug}/joining?done=saved`, 303);
  });

  async function usualWords({ deskChapter }: FastifyRequest): Promise<Values> {
    const network = await deps.db.selectFrom('networks').select('name').executeTakeFirstOrThrow();
    const of = { name: deskChapter.name, networkName: network.name };
    return { it: usualJoiningText(of, 'it'), en: usualJoiningText(of, 'en') };
  }

  function page(request: FastifyRequest, reply: FastifyReply, values: Values, tooLong: readonly string[]) {
    const { desk, deskChapter: chapter } = request;
    const message = desk.t('net.joining.tooLong', { most: longestJoiningText });
    return deskPage(
      request,
      reply,
      'joining',
      { title: desk.t('net.joining.title'), chapter, section: 'more', sheets: ['entry.css'] },
      {
        action: `/desk/chapters/${chapter.slug}/joining`,
        publicUrl: `/c/${chapter.slug}/join`,
        fields: (['it', 'en'] as const).map((name) => ({
          name,
          value: values[name],
          error: tooLong.includes(name) ? message : null,
        })),
        wrong: tooLong.map((field) => ({ field, label: desk.t(`net.joining.${field}`), message })),
      },
    );
  }
}
