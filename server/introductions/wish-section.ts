import { fieldOf, fieldsOf } from '../desk/page.ts';
import type { AfterContext, Problem, Section } from '../feedback/section.ts';
import { nameOnLink } from '../rsvps/page-row.ts';
import { contactChoices } from './contact-choices.ts';
import { readContacts } from './rules.ts';
import {
  findContacts,
  findOwnPresence,
  findWishContacts,
  listMeetable,
  type Meetable,
} from './wish-queries.ts';
import { saveWishes } from './wishes.ts';

/** More than this many are laid under their initials. */
const longList = 24;

/** "Chi vorresti rivedere?": told to nobody, unless the other one wishes the same. */
export const wishSection: Section = {
  name: 'wishes',

  async view(context, typed) {
    const { deps, row, t } = context;
    const of = ofContext(context);
    const own = await findOwnPresence(deps.db, of);
    if (!own.wasThere) return null;
    const [meetable, contacts, given] = await Promise.all([
      listMeetable(deps.db, of),
      findContacts(deps.db, row.personId),
      findWishContacts(deps.db, of),
    ]);
    const said = isSaid(typed) ? readForm(typed) : null;
    const people = meetable.filter(({ isIntroduced }) => !isIntroduced);
    const isChosen = ({ id, isWished }: Meetable) => (said ? said.wished.includes(id) : isWished);
    const shown = people.map((person) => ({
      id: person.id,
      name: nameOnLink(person),
      lines: linesOf(person, context),
      isChosen: isChosen(person),
    }));
    return {
      wants: own.wants,
      stopped: own.wants
        ? null
        : new URL(deps.links.unsubscribeUrl({ ...of, topic: 'introduction' })).pathname,
      isVisible: own.visible,
      groups: groupsOf(shown),
      introduced: meetable.filter(({ isIntroduced }) => isIntroduced).map(nameOnLink),
      contacts: contactChoices(contacts, said?.contacts ?? given ?? contacts.usual, t),
    };
  },

  async check(context, body): Promise<Problem[]> {
    if (!isSaid(body)) return [];
    const { deps, row, t } = context;
    const said = readForm(body);
    const own = await findOwnPresence(deps.db, ofContext(context));
    if (!own.wasThere || !own.wants) return [];
    const meetable = await listMeetable(deps.db, ofContext(context));
    if (!meetable.some(({ id }) => said.wished.includes(id))) return [];
    const problems: Problem[] = [];
    if (!isSeen(said, own)) problems.push({ field: 'named', message: t('meet.wishes.problem.unseen') });
    const { has } = await findContacts(deps.db, row.personId);
    if (!said.contacts.some((kind) => has[kind]))
      problems.push({ field: 'wishContact', message: t('meet.wishes.problem.noContact') });
    return problems;
  },

  async save(trx, context, body) {
    if (!isSaid(body)) return;
    const of = ofContext(context);
    const { now } = context;
    const said = readForm(body);
    const own = await findOwnPresence(trx, of);
    if (!own.wasThere || !own.wants) return;
    const { has } = await findContacts(trx, of.personId);
    const contacts = said.contacts.filter((kind) => has[kind]);
    // Who has taken her name back meanwhile wishes for nobody.
    const may = isSeen(said, own) && contacts.length > 0;
    await saveWishes(trx, { ...of, wished: may ? said.wished : [], contacts, now });
  },
};

const ofContext = ({ row }: AfterContext) => ({
  eventId: row.id,
  chapterId: row.chapterId,
  personId: row.personId,
});

/** Whether a form had this part. */
const isSaid = (body: unknown) => fieldOf(body, 'wishes') === 'yes';

function readForm(body: unknown) {
  return {
    wished: fieldsOf(body, 'wish'),
    contacts: readContacts(fieldsOf(body, 'wishContact')),
    /** What the form says of her own name, which its part about consent keeps; '' where it says nothing. */
    named: fieldOf(body, 'named'),
  };
}

/** Only somebody who can be found in this list may choose from it. */
function isSeen({ named }: ReturnType<typeof readForm>, own: { visible: boolean }): boolean {
  return named === '' ? own.visible : named === 'yes';
}

function linesOf({ work, askMe }: Meetable, { t }: AfterContext): string[] {
  return [work, askMe && t('meet.askMe', { what: askMe })].filter(Boolean);
}

type Shown = { id: string; name: string; lines: string[]; isChosen: boolean };

/** One list, or, where it would be long, one for each initial; those with somebody chosen are open. */
function groupsOf(
  people: readonly Shown[],
): { initial: string | null; isOpen: boolean; people: readonly Shown[] }[] {
  if (people.length === 0) return [];
  if (people.length <= longList) return [{ initial: null, isOpen: true, people }];
  const initialOf = ({ name }: Shown) => ([...name.normalize('NFD')][0] ?? '').toUpperCase();
  return [...Map.groupBy(people, initialOf)].map(([initial, some]) => ({
    initial,
    isOpen: some.some(({ isChosen }) => isChosen),
    people: some,
  }));
}
