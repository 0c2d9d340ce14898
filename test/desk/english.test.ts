import { beforeAll, describe, expect, test } from 'vitest';
import { useService } from '../support/app.ts';
import { type AtDesk, signedIn } from './at-desk.ts';
import { type DeskPage, deskPages } from './desk-pages.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });

describe('in English', () => {
  let pages: DeskPage[];
  let desk: AtDesk;

  beforeAll(async () => {
    const made = await deskPages(service);
    pages = made.pages;
    await service.db
      .updateTable('people')
      .set({ locale: 'en' })
      .where('id', '=', made.coordinatorId)
      .execute();
    desk = await signedIn(service, made.coordinatorId);
  });

  test('every page of the desk is said in English', async () => {
    for (const { name, path, post } of pages.filter(({ path }) => path.startsWith('/desk/'))) {
      const { _csrf, ...fields } = post ?? {};
      const answer = await (post ? desk.post(path, _csrf ? { ...fields, _csrf } : fields) : desk.get(path));
      expect([name, answer.statusCode < 500]).toEqual([name, true]);
      if (answer.statusCode === 303) continue;
      expect([name, answer.body.includes('<html lang="en">')]).toEqual([name, true]);
      // Between these marks stand examples of what an Italian mail says; a field says itself that it is Italian.
      const said = answer.body
        .replaceAll(/«[^»]*»/g, '')
        .replaceAll(/<textarea[^>]*lang="it"[^>]*>[^<]*<\/textarea>/g, '');
      expect([name, /\b(Salva|Torna|Aggiungi|senza|giovedì|novembre)\b/.exec(said)?.[0]]).toEqual([
        name,
        undefined,
      ]);
    }
  });
});
