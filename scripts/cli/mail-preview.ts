import type { Trx } from '../../server/db/database.ts';
import { previewMail } from '../../server/deliveries/preview.ts';
import { makeSampleEvent, type Scene, setScene } from '../../server/deliveries/scene.ts';
import { rehearse } from '../../server/deliveries/service.ts';
import type { RenderedMail } from '../../server/mail/render.ts';
import type { MailTemplate } from '../../server/mail/variables.ts';
import { findPersonByAddress } from '../../server/people/queries.ts';
import type { Tools } from './database.ts';
import { CliError } from './failure.ts';
import { findFirstChapter, makeSampleChapter } from './sample.ts';

export type PreviewRequest = {
  template: MailTemplate;
  /** An event's id, or "sample". */
  event: string;
  person?: string;
  locale?: 'it' | 'en';
};

/**
 * A mail as somebody would get it. What it needs and is not there (an answer, a guest, the event itself where it is a
 * sample) is written in a transaction that is rolled back: the mail is made by the same code as the real one, and
 * nothing remains of it.
 */
export function previewFor(tools: Tools, request: PreviewRequest): Promise<RenderedMail> {
  return rehearse(tools.db, (trx) => writePreview(trx, tools, request));
}

async function writePreview(trx: Trx, tools: Tools, request: PreviewRequest): Promise<RenderedMail> {
  const { template, locale } = request;
  const now = tools.clock();
  const scene = await findScene(trx, request, now);
  const data = await setScene(trx, tools, template, scene, now);
  return previewMail({ ...tools, db: trx }, { ...scene, template, data, ...(locale && { locale }) });
}

async function findScene(trx: Trx, request: PreviewRequest, now: Date): Promise<Scene> {
  const person = request.person ? await findPersonByAddress(trx, request.person) : undefined;
  if (request.person && !person) throw new CliError(`Nobody here has the address ${request.person}.`);
  const event =
    request.event === 'sample' ? await sampleEvent(trx, now) : await realEvent(trx, request.event);
  const personId = person?.id ?? (await findCoordinator(trx, event.chapterId));
  return { event, personId };
}

async function sampleEvent(trx: Trx, now: Date) {
  const chapter = (await findFirstChapter(trx)) ?? (await makeSampleChapter(trx, now));
  return makeSampleEvent(trx, chapter, now);
}

async function realEvent(trx: Trx, id: string) {
  const event = await trx
    .selectFrom('events')
    .select(['id', 'chapterId'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (!event) throw new CliError(`There is no event ${id}.`);
  return event;
}

async function findCoordinator(trx: Trx, chapterId: string): Promise<string> {
  const { personId } = await trx
    .selectFrom('memberships')
    .select('personId')
    .where('chapterId', '=', chapterId)
    .where('role', '=', 'coordinator')
    .where('endsAt', 'is', null)
    .orderBy('startsAt')
    .executeTakeFirstOrThrow();
  return personId;
}
