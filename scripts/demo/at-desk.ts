import type { Actor } from '../../server/audit.ts';
import type { Deps } from '../../server/deps.ts';
import { addHost } from '../../server/events/hosts.ts';
import { savePrivateNotes } from '../../server/events/notes.ts';
import { saveQuestions } from '../../server/events/questions.ts';
import { createEvent } from '../../server/events/service.ts';
import { createMessage, planMessage } from '../../server/messages/service.ts';
import { addNote } from '../../server/people/notes.ts';
import { planOf, ruleOf } from '../../server/series/rules.ts';
import { startSeries } from '../../server/series/service.ts';
import { giveStandingYes } from '../../server/series/standing.ts';
import { originalOf, saveText } from '../../server/texts/service.ts';
import { lunch, questionsOfAperitivo } from './coming-events.ts';
import { type Cast, idOf, must } from './context.ts';
import { coordinator } from './people.ts';

/** What Anna has set up at her desk besides the events: so that none of its pages is empty. */

/** The aperitivo's own questions, who opens the door that evening, and what only she reads. */
export async function prepareAperitivo(deps: Deps, cast: Cast, eventId: string): Promise<void> {
  const actor: Actor = { kind: 'person', id: idOf(cast, coordinator) };
  const questions = questionsOfAperitivo.map((question) => ({ ...question, id: null }));
  must(await saveQuestions(deps, { eventId, questions, actor }));
  must(await addHost(deps, { eventId, personId: idOf(cast, 'Federica'), actor }));
  await savePrivateNotes(deps, {
    eventId,
    actor,
    notes: 'La sala in fondo è nostra dalle 18. Saldo a Ornella prima di uscire, e le etichette coi nomi!',
  });
}

/** A lunch every month, with two who always come; their first date is a draft that goes out by itself. */
export async function startLunches(deps: Deps, cast: Cast): Promise<void> {
  const actor: Actor = { kind: 'person', id: idOf(cast, coordinator) };
  const { event } = must(await createEvent(deps, cast.chapterId, lunch(deps.clock()), actor));
  const settings = { publishDaysBefore: 14, datesAhead: 3 };
  const rule = ruleOf('monthly_weekday', planOf(event).day) as string;
  const { seriesId } = must(await startSeries(deps, { eventId: event.id, rule, settings, actor }));
  for (const who of ['Teresa', 'Claudia'] as const) {
    const personId = idOf(cast, who);
    must(await giveStandingYes(deps, { seriesId, personId, actor, source: 'coordinator' }));
  }
}

/** One message that leaves for everybody, one that is not finished; a mail in her own words; a note on a person. */
export async function writeToMembers(deps: Deps, cast: Cast): Promise<void> {
  const { chapterId } = cast;
  const author = idOf(cast, coordinator);
  const actor: Actor = { kind: 'person', id: author };
  const toAll = { audience: 'members', eventId: null, eventAudience: null } as const;
  const { id: messageId } = must(await createMessage(deps, chapterId, { ...toAll, ...thanks }, { actor }));
  must(await planMessage(deps, { chapterId, messageId, actor }, 'now'));
  must(await createMessage(deps, chapterId, { ...toAll, ...unfinished }, { actor }));

  const key = { chapterId, eventId: null, kind: 'chase', locale: 'it' } as const;
  const { subject, body } = originalOf(key.kind, key.locale);
  must(await saveText(deps, key, { subject, body: body.replace(/ti rimetto qui.*/, inHerWords) }, { actor }));
  await addNote(deps, {
    personId: idOf(cast, 'Valentina'),
    chapterId,
    author,
    text: 'Ha un bimbo piccolo: le vengono meglio i pranzi delle sere.',
  });
}

const inHerWords = 'non so ancora se ci sei: ti rimetto qui l’invito, così non lo cerchi.';

const thanks = {
  subject: 'Grazie per ieri sera',
  body: [
    'Ciao {{ firstName }},',
    'che bello vedervi provare a raccontarvi in un minuto: le parole buone sono rimaste sul tavolo, e ve le mando la prossima settimana.',
    'Chi non c’era non si preoccupi: a gennaio lo rifacciamo.',
    'A presto,\n{{ coordinator.firstName }}',
  ].join('\n\n'),
};

const unfinished = {
  subject: 'Una mano per la festa di fine anno',
  body: 'Ciao {{ firstName }},\n\ncerchiamo tre persone per pensare insieme alla festa: un’ora, un caffè, e',
};
