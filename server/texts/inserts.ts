import type { MailTemplate } from '../mail/variables.ts';
import { pathsOf } from './known.ts';

export const insertGroups = ['people', 'when', 'buttons', 'more'] as const;
export type InsertGroup = (typeof insertGroups)[number];

/** Something that a coordinator can put into a text. `key` names its words: `wording.insert.{key}`. */
export type Insert = {
  key: string;
  group: InsertGroup;
  /** The variable that it shows, and that a template must have. */
  path: string;
  kind: 'value' | 'button' | 'block' | 'condition';
};

const value = (group: InsertGroup, path: string): Insert => ({
  key: keyOf(path),
  group,
  path,
  kind: 'value',
});
const button = (path: string): Insert => ({ key: keyOf(path), group: 'buttons', path, kind: 'button' });
const block = (path: string): Insert => ({ key: `${keyOf(path)}Block`, group: 'more', path, kind: 'block' });
const condition = (path: string): Insert => ({
  key: `${keyOf(path)}If`,
  group: 'more',
  path,
  kind: 'condition',
});

/** `event.venue.name` → `eventVenueName` */
function keyOf(path: string): string {
  return path.replace(/\.(\w)/g, (_, letter: string) => letter.toUpperCase());
}

const catalogue: readonly Insert[] = [
  value('people', 'person.firstName'),
  value('people', 'person.lastName'),
  value('people', 'coordinator.firstName'),
  value('people', 'coordinator.lastName'),
  value('people', 'coordinator.phone'),
  value('people', 'guest.firstName'),
  value('people', 'invitedBy'),
  value('people', 'other.firstName'),
  value('people', 'other.lastName'),
  value('people', 'other.work'),
  value('people', 'other.askMe'),
  value('people', 'other.email'),
  value('people', 'other.phone'),
  value('people', 'other.website'),
  value('people', 'otherName'),
  value('people', 'words'),
  value('people', 'chapter.name'),
  value('people', 'network.name'),
  value('when', 'eventTitle'),
  value('when', 'event.title'),
  value('when', 'event.when'),
  value('when', 'event.whenShort'),
  value('when', 'event.venue.name'),
  value('when', 'event.venue.address'),
  value('when', 'event.cost'),
  value('when', 'event.bring'),
  value('when', 'event.answerBy'),
  value('when', 'event.seatsLeftNote'),
  value('when', 'answer.offerUntil'),
  value('when', 'reason'),
  value('more', 'personalLine'),
  value('people', 'brought'),
  value('people', 'welcomedBy'),
  value('people', 'welcomer'),
  value('people', 'other.shortName'),
  value('when', 'next.title'),
  value('when', 'next.when'),
  value('when', 'until'),
  value('when', 'metAt'),
  value('when', 'validFor'),
  value('when', 'counts'),
  value('when', 'headline'),
  button('links.yes'),
  button('links.no'),
  button('links.answer'),
  button('links.event'),
  button('links.feedback'),
  button('links.introduction'),
  button('wasThere'),
  button('event.joinUrl'),
  button('next.url'),
  button('links.desk'),
  button('links.signIn'),
  button('links.ownPage'),
  button('links.join'),
  button('links.confirm'),
  button('links.events'),
  block('event'),
  block('event.description'),
  block('changes'),
  block('sections'),
  block('recap'),
  block('notes'),
  block('company'),
  block('answer.guests'),
  condition('person.newcomer'),
  condition('hosts'),
  condition('room'),
  condition('online'),
  condition('event.venue'),
  condition('next'),
];

/** What can be put into the text of a template. */
export function insertsOf(template: MailTemplate): Insert[] {
  const known = pathsOf(template);
  return catalogue.filter(({ path }) => known.has(path));
}

const filters: Record<string, string> = {
  event: 'card',
  'event.description': 'markdown',
  changes: 'changes',
  sections: 'sections',
  recap: 'links',
  notes: 'quotes',
  company: 'sections',
  'answer.guests': 'names',
};

/** What goes into the text; `words` is a button's label, or what stands inside a condition. */
export function snippetOf({ kind, path }: Insert, words: string): string {
  if (kind === 'button') return `[${words}]({{ ${path} }} "button")`;
  if (kind === 'condition') return `{% if ${path} %}${words}{% endif %}`;
  return kind === 'block' ? `{{ ${path} | ${filters[path]} }}` : `{{ ${path} }}`;
}
