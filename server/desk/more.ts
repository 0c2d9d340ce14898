import type { FastifyInstance } from 'fastify';
import { deskPage } from './page.ts';

/** What is needed less often than events, people and messages: one list. */
export async function moreRoutes(app: FastifyInstance): Promise<void> {
  app.get('/more', (request, reply) => {
    const { desk, deskChapter: chapter } = request;
    const { t } = desk;
    const of = (page: string) => `/desk/chapters/${chapter.slug}/${page}`;
    // What an event asks for first, then the people, then what is done once a year.
    const items = [
      { href: of('series'), label: t('recurring.title'), line: t('recurring.moreLine') },
      { href: of('introductions'), label: t('meet.desk.title'), line: t('meet.desk.moreLine') },
      { href: of('ties'), label: t('ties.title'), line: t('ties.moreLine') },
      { href: of('directory'), label: t('directory.moreTitle'), line: t('directory.moreLine') },
      { href: of('feedback'), label: t('feedback.settings.title'), line: t('feedback.moreLine') },
      { href: of('texts'), label: t('wording.title'), line: t('desk.more.textsLine') },
      { href: of('numbers'), label: t('figures.title'), line: t('figures.moreLine') },
      { href: of('import'), label: t('imports.more.import'), line: t('imports.more.importLine') },
      { href: of('members.csv'), label: t('imports.more.export'), line: t('imports.more.exportLine') },
      { href: of('coordinators'), label: t('entry.who.title'), line: t('entry.who.line') },
      { href: of('requests'), label: t('joining.title'), line: t('joining.moreLine') },
      { href: of('joining'), label: t('net.joining.title'), line: t('net.joining.moreLine') },
      { href: of('settings'), label: t('net.settings.title'), line: t('net.settings.line') },
      ...(desk.isAdministrator
        ? [{ href: '/desk/network', label: t('net.title'), line: t('net.moreLine') }]
        : []),
      { href: '/desk/sessions', label: t('entry.sessions.title'), line: t('entry.sessions.line') },
      { href: '/desk/help', label: t('desk.help.title'), line: t('desk.more.helpLine') },
    ];
    return deskPage(
      request,
      reply,
      'more',
      { title: t('desk.nav.more'), chapter, section: 'more' },
      { items },
    );
  });
}
