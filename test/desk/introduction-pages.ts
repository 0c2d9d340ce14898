import { makeIntroductions } from '../introductions/acquaintances.ts';
import type { TestService } from '../support/app.ts';
import { makeMember } from '../support/factories.ts';
import type { DeskPage } from './desk-pages.ts';

/** Introductions in every state, and the pages where one is asked for. */
export async function introductionPages(
  { deps, db }: TestService,
  chapter: { id: string; coordinator: { id: string } },
): Promise<DeskPage[]> {
  const people = [];
  for (const [firstName, lastName] of [
    ['Ada', 'Belli'],
    ['Bice', 'Corti'],
    ['Cleo', 'Donati'],
    ['Dafne', 'Este'],
    ['Ebe', 'Fanti'],
    ['Fulvia', 'Gori'],
  ] as const)
    people.push(await makeMember(db, chapter.id, { firstName, lastName }));
  await makeIntroductions(deps, chapter, people);
  const [ada, , , , , fulvia] = people.map(({ id }) => id) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const base = '/desk/chapters/bologna/introductions';
  return [
    { name: 'introductions', path: base },
    { name: 'introductions, asked', path: `${base}?done=asked` },
    { name: 'introductions, none', path: '/desk/chapters/imola/introductions' },
    { name: 'a new introduction', path: `${base}/new` },
    { name: 'a new introduction, found', path: `${base}/new?q=ada` },
    { name: 'a new introduction, to whom', path: `${base}/new?first=${ada}` },
    { name: 'a new introduction, nobody found', path: `${base}/new?first=${ada}&q=zzzz` },
    { name: 'a new introduction, why', path: `${base}/new?first=${ada}&second=${fulvia}` },
    { name: 'a new introduction, no words', path: base, post: { first: ada, second: fulvia, words: '' } },
  ];
}
