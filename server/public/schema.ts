import { readAddress, tidyName } from '../people/rules.ts';
import { last } from '../rsvps/schema.ts';

/** What the form that asks for a personal link says. */
export type LinkRequest = { name: string; email: string; invitedBy: string };

export type LinkProblems = Partial<
  Record<'name' | 'email' | 'invitedBy', 'missing' | 'not_an_address' | 'too_long'>
>;

const longest = 120;

/** What mail programs make a link of: no name has it, and a form that mails strangers must not carry it to them. */
const webAddress = /:\/\/|www\.|\.\p{L}{2,}\//iu;

/**
 * Reads the form of `POST /e/{eventId}/link`.
 * @returns the words as they were written, the address as it is kept (null where it is none), what is wrong, and
 *   whether a machine wrote: it filled in a field that people do not see, or a web address where a name belongs
 */
export function readLinkRequest(
  body: unknown,
  needsName: boolean,
): { written: LinkRequest; email: string | null; problems: LinkProblems; isMachine: boolean } {
  const written = {
    name: tidyName(last(body, 'name') ?? ''),
    email: (last(body, 'email') ?? '').trim(),
    invitedBy: tidyName(last(body, 'invitedBy') ?? ''),
  };
  const problems: LinkProblems = {};
  const email = readAddress(written.email);
  if (written.email === '') problems.email = 'missing';
  else if (!email) problems.email = 'not_an_address';
  if (needsName && written.name === '') problems.name = 'missing';
  if (written.name.length > longest) problems.name = 'too_long';
  if (written.invitedBy.length > longest) problems.invitedBy = 'too_long';
  const isMachine =
    (last(body, 'website') ?? '') !== '' ||
    webAddress.test(written.name) ||
    webAddress.test(written.invitedBy);
  return { written, email, problems, isMachine };
}
