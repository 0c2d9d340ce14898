import type { Db } from '../../db/database.ts';
import { listRecap } from '../../followups/afterwords.ts';
import { listLines, longestLine } from '../../followups/lines.ts';
import { listNameable, listSeen, longestTitle, mostLinks } from '../../followups/links.ts';
import { listPitches } from '../../followups/pitches.ts';
import type { Translate } from '../../web/i18n.ts';
import { type EventPerson, findEventPeople } from '../queries.ts';
import { fullName } from '../views.ts';

/** Which form on the page was refused, and what was typed into it. */
export type AddedProblem =
  | { field: 'line'; reason: string; personId: string; text: string }
  | { field: 'url' | 'title' | 'kind'; reason: string; link: TypedLink };
type TypedLink = { kind: string; url: string; title: string; personIds: readonly string[] };

/** What she may add: a line to each whom a thanks can reach, photos and links, and who presented herself. */
export async function addedView(
  db: Db,
  event: { id: string; href: string },
  of: { now: Date; reach: readonly string[]; problem: AddedProblem | null; t: Translate },
) {
  const { now, reach, problem, t } = of;
  const people = await findEventPeople(db, event.id, now, reach);
  const { lines, thanked } = await listLines(db, event.id);
  const [recap, seen, nameable, pitches] = await Promise.all([
    listRecap(db, event.id),
    listSeen(db, event.id),
    listNameable(db, event.id),
    listPitches(db, event.id),
  ]);
  const typed = problem && problem.field !== 'line' ? problem.link : null;
  const ticks = (isTicked: (id: string) => boolean) =>
    nameable.map((person) => ({ id: person.id, name: fullName(person), isTicked: isTicked(person.id) }));
  return {
    longestLine,
    longestTitle,
    people: people.filter(isConcerned).map((person) => {
      const wrong = problem?.field === 'line' && problem.personId === person.id ? problem : null;
      const line = lines.get(person.id) ?? '';
      return {
        id: person.id,
        name: fullName(person),
        how: t(`followup.how.${howOf(person)}`),
        isReached: person.hasMail,
        hasLeft: thanked.has(person.id),
        line,
        text: wrong?.text ?? line,
        problem: wrong && t(`followup.refused.${wrong.reason}`),
        action: `${event.href}/follow-up/lines/${person.id}`,
      };
    }),
    links: recap.map((link) => ({
      ...link,
      action: `${event.href}/follow-up/links/${link.id}`,
      people: link.kind === 'photo' ? ticks((id) => seen.get(link.id)?.has(id) ?? false) : [],
    })),
    mayAddLink: recap.length < mostLinks,
    nameable: ticks((id) => typed?.personIds.includes(id) ?? false),
    typedLink: typed ?? { kind: 'photo', url: '', title: '' },
    linkProblem: typed && problem && { field: problem.field, text: t(`followup.refused.${problem.reason}`) },
    present: people
      .filter(({ presentMode }) => presentMode !== null)
      .map((person) => ({ id: person.id, name: fullName(person), isTicked: pitches.has(person.id) })),
    pitched: people.filter(({ id }) => pitches.has(id)).map(fullName),
  };
}

/** Whoever was there, said yes or said no: the thanks are for them. */
function isConcerned(person: EventPerson): boolean {
  return person.presentMode !== null || ['going', 'declined', 'withdrawn'].includes(person.state ?? '');
}

function howOf({ presentMode, state }: EventPerson): 'here' | 'yes' | 'no' {
  if (presentMode !== null) return 'here';
  return state === 'going' ? 'yes' : 'no';
}
