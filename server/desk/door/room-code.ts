import type { FastifyInstance } from 'fastify';
import type { Deps } from '../../deps.ts';
import { roleAtEvent } from '../../organizers/guard.ts';
import { qrPath } from '../../web/qr.ts';
import { deskPage } from '../page.ts';
import { eventHead } from '../views.ts';

/**
 * The code for the room, to show before the goodbyes or to print: it opens the event's page, which from the start on mails
 * each her own link. It names nobody, and is the same for all.
 */
export async function roomCodeRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/room-code', (request, reply) => {
    const { desk, deskEvent: event, deskChapter: chapter } = request;
    const { t } = desk;
    const now = deps.clock();
    const url = deps.links.url(`/e/${event.id}`);
    const isOn = event.state === 'published' || event.state === 'ended';
    const isHost = roleAtEvent(desk, event) === 'host';
    return deskPage(
      request,
      reply,
      'room-code',
      { title: t('room.code.title'), chapter, sheets: ['room.css'], scripts: ['gather.js'] },
      {
        event: eventHead(event, desk, now),
        isEarly: now < event.startsAt,
        backTo: isHost ? 'door' : 'event',
        url,
        code: isOn ? qrPath(url) : null,
      },
    );
  });
}
