import type { FastifyReply, FastifyRequest } from 'fastify';
import { deskPage } from '../page.ts';
import { emptyPerson, type PersonErrors, type TypedPerson, wrongLines } from './person-form.ts';

/** What was typed, or pasted, and what is wrong with it. */
export type Added = {
  typed?: TypedPerson;
  errors?: PersonErrors;
  text?: string;
  problem?: string | null;
  rejected?: readonly { text: string; reason: string }[];
};

/** The page where people are added: one by a form, or many by a paste. */
export function addPage(request: FastifyRequest, reply: FastifyReply, added: Added = {}): FastifyReply {
  const { desk, deskChapter: chapter } = request;
  const { typed = emptyPerson, errors = {}, text = '', problem = null, rejected = [] } = added;
  return deskPage(
    request,
    reply,
    'members-new',
    { title: desk.t('desk.members.addTitle'), chapter, section: 'members', sheets: ['people.css'] },
    {
      base: `/desk/chapters/${chapter.slug}`,
      typed,
      errors,
      wrong: wrongLines(errors, desk),
      isMember: true,
      text,
      problem,
      rejected,
    },
  );
}
