import { runImports } from '../../server/imports/jobs.ts';
import { keepFile, nameColumns, startImport } from '../../server/imports/staging.ts';
import { openTable } from '../../server/imports/table.ts';
import type { TestService } from '../support/app.ts';
import { makeChapter, makeMember } from '../support/factories.ts';
import type { DeskPage } from './desk-pages.ts';

const file = [
  'Cognome;Nome;E-mail;Telefono;Lingua;Socia dal;',
  'Borsò;Nicolò;nicolo.borso@example.org;051 234567;it;2019;',
  'Verdi Bianchi;Giulia;giulia.importata@example.org;333 1234567;en;2020;',
  'Conti;Elena;elena.altrove@example.org;;;;',
  'Galli;Zita;zita.tornata@example.org;;;;',
  'Ricci;Sara;sara.uguale@example.org;;;;',
  'Blu;Ada;;;;;',
  'Neri;Ida;"ida@example.org; ida.neri@example.org";;;;',
  ...Array.from({ length: 14 }, (_, i) => `Prova;Socia${i};socia${i}.importata@example.org;;;;`),
].join('\r\n');

/** The pages of an import in every state, in a chapter of its own. */
export async function importPages(service: TestService, coordinatorId: string): Promise<DeskPage[]> {
  const { db, deps, clock } = service;
  const chapter = await makeChapter(db, { slug: 'lucca' });
  const other = await makeChapter(db, { slug: 'pisa' });
  await db
    .insertInto('memberships')
    .values({
      chapterId: chapter.id,
      personId: coordinatorId,
      role: 'coordinator',
      source: 'test',
      startsAt: clock(),
    })
    .execute();
  const member = (firstName: string, lastName: string, email: string, of = chapter.id) =>
    makeMember(db, of, { firstName, lastName, email });
  await member('Giulia', 'Verdi', 'giulia.importata@example.org');
  await member('Sara', 'Ricci', 'sara.uguale@example.org');
  await member('Elena', 'Conti', 'elena.altrove@example.org', other.id);
  const zita = await member('Zita', 'Galli', 'zita.tornata@example.org');
  await db.updateTable('memberships').set({ endsAt: clock() }).where('personId', '=', zita.id).execute();

  const of = { chapterId: chapter.id, personId: coordinatorId, fileName: 'Elenco socie 2026.csv' };
  const keep = async (text: string) => {
    const kept = await keepFile(deps, of, Buffer.from(text, 'latin1'));
    if (!kept.ok) throw new Error(kept.reason);
    return { chapterId: chapter.id, importId: kept.id };
  };
  const opened = await openTable(Buffer.from(file, 'latin1'));
  if (!opened.ok) throw new Error(opened.reason);
  const { columns, hasHeader } = opened.table;
  const actor = { kind: 'person', id: coordinatorId } as const;
  const start = (staged: { chapterId: string; importId: string }) =>
    startImport(deps, { ...staged, returningAllowed: false, actor });

  const done = await keep(file.replaceAll('importata', 'arrivata'));
  await nameColumns(deps, done, { columns, hasHeader });
  await start(done);
  await runImports(deps);
  const [uploaded, checked, nothing, running] = [
    await keep(file),
    await keep(file),
    await keep('Nome;E-mail\r\nSara;sara.uguale@example.org\r\n'),
    await keep(file),
  ];
  await nameColumns(deps, checked, { columns, hasHeader });
  await nameColumns(deps, nothing, { columns: [null, 'email'], hasHeader });
  await nameColumns(deps, running, { columns, hasHeader });
  await start(running);
  await db
    .updateTable('memberImports')
    .set({ handled: 9, failures: 1 })
    .where('id', '=', running.importId)
    .execute();

  const base = '/desk/chapters/lucca/import';
  return [
    { name: 'import', path: base },
    { name: 'import, no file', path: base, post: {} },
    { name: 'import, columns', path: `${base}/${uploaded.importId}/columns` },
    { name: 'import, columns wrong', path: `${base}/${uploaded.importId}/columns`, post: { c0: 'phone' } },
    { name: 'import, what will change', path: `${base}/${checked.importId}` },
    { name: 'import, nothing to do', path: `${base}/${nothing.importId}` },
    { name: 'import, running', path: `${base}/${running.importId}` },
    { name: 'import, done', path: `${base}/${done.importId}` },
  ];
}
