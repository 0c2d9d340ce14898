import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import {
  asked,
  listQuestionAnswers,
  listQuestions,
  type QuestionInput,
  type QuestionKind,
  questionKinds,
  questionLimits,
  saveQuestions,
} from '../../events/questions.ts';
import { deskPage, fieldOf } from '../page.ts';
import { actorOf } from '../scope.ts';
import { eventHead } from '../views.ts';

type Typed = { id: string; kind: string; label: string; choices: string; required: boolean };

/** Up to five questions that are asked with the answer. */
export async function questionRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/questions', async (request, reply) => {
    const questions = asked(await listQuestions(deps.db, request.deskEvent.id));
    return page(
      request,
      reply,
      questions.map((question) => ({ ...question, choices: question.choices.join('\n') })),
      {},
    );
  });

  app.post('/questions', async (request, reply) => {
    const typed = readForm(request.body);
    const errors: Record<number, string> = {};
    const questions = typed.flatMap((one, index) => {
      if (one.label === '') return [];
      const choices = one.kind === 'choice' ? readChoices(one.choices) : [];
      if (one.label.length > questionLimits.label) errors[index] = 'tooLong';
      else if (one.kind === 'choice' && choices.length < 2) errors[index] = 'choices';
      else if (choices.length > questionLimits.choices) errors[index] = 'manyChoices';
      else if (choices.some((choice) => choice.length > questionLimits.choice)) errors[index] = 'longChoice';
      const kind = one.kind as QuestionKind;
      return [{ id: one.id || null, kind, label: one.label, choices, required: one.required }];
    });
    if (Object.keys(errors).length > 0) return page(request, reply.code(400), typed, errors);
    const eventId = request.deskEvent.id;
    await saveQuestions(deps, {
      eventId,
      questions: questions satisfies QuestionInput[],
      actor: actorOf(request),
    });
    return reply.redirect(`/desk/events/${eventId}?done=questionsSaved#questions`, 303);
  });

  async function page(
    request: FastifyRequest,
    reply: FastifyReply,
    typed: Typed[],
    errors: Record<number, string>,
  ) {
    const { desk, deskEvent: event, deskChapter: chapter } = request;
    const { t } = desk;
    const answered = new Set((await listQuestionAnswers(deps.db, event.id)).map((row) => row.questionId));
    const empty: Typed = { id: '', kind: 'text', label: '', choices: '', required: false };
    return deskPage(
      request,
      reply,
      'questions',
      { title: t('gather.questions.title'), chapter, sheets: ['gather.css'], scripts: ['gather.js'] },
      {
        event: eventHead(event, desk, deps.clock()),
        kinds: questionKinds,
        hasErrors: Object.keys(errors).length > 0,
        questions: Array.from({ length: questionLimits.questions }, (_, index) => {
          const one = typed[index] ?? empty;
          return {
            ...one,
            isAnswered: answered.has(one.id),
            error: errors[index] ? t(`gather.questions.refused.${errors[index]}`) : null,
            // Those that are there, and one more; the others wait folded.
            isOpen: index <= typed.filter(({ label }) => label !== '').length || errors[index] !== undefined,
          };
        }),
      },
    );
  }
}

function readForm(body: unknown): Typed[] {
  return Array.from({ length: questionLimits.questions }, (_, index) => {
    const field = (name: string) => fieldOf(body, `${name}${index}`);
    const kind = questionKinds.find((known) => known === field('kind')) ?? 'text';
    return {
      id: field('id').toLowerCase(),
      kind,
      label: field('label').replace(/\s+/g, ' ').trim(),
      choices: field('choices'),
      required: field('required') === 'yes',
    };
  });
}

function readChoices(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/\s+/g, ' ').trim());
  return [...new Set(lines.filter(Boolean))];
}
