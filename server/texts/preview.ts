import type { Db, Trx } from '../db/database.ts';
import { previewMail } from '../deliveries/preview.ts';
import { makeSampleEvent, setScene } from '../deliveries/scene.ts';
import { rehearse } from '../deliveries/service.ts';
import type { Deps } from '../deps.ts';
import { type MailSource, type RenderedMail, renderMail } from '../mail/render.ts';
import type { MailLocale, MailTemplate, MailVariables } from '../mail/variables.ts';
import { samplesOf } from './known.ts';

type PreviewDeps = Pick<Deps, 'db' | 'clock' | 'links' | 'config'>;

/** Whose data a text is shown with; an event or a person that is left out is an example. */
export type Shown = {
  chapter: { id: string; timeZone: string } | null;
  eventId: string | null;
  personId: string | null;
};

/**
 * A text as somebody would get it, made by the same code as the real mail; nothing is written down. The ways that lead
 * to her own pages are covered: they are hers, and not her coordinator's.
 * @throws MailTemplateError for a text that cannot be written
 */
export async function previewText(
  deps: PreviewDeps,
  text: { template: MailTemplate; locale: MailLocale; source?: MailSource },
  shown: Shown,
): Promise<RenderedMail> {
  const { chapter } = shown;
  const mail = chapter
    ? await rehearse(deps.db, (trx) => withScene(trx, deps, text, { ...shown, chapter }))
    : sample(text);
  return covered(mail);
}

async function withScene(
  trx: Trx,
  deps: PreviewDeps,
  { template, locale, source }: Parameters<typeof previewText>[1],
  shown: Shown & { chapter: { id: string; timeZone: string } },
): Promise<RenderedMail> {
  const { chapter } = shown;
  const now = deps.clock();
  const event = shown.eventId
    ? { id: shown.eventId, chapterId: chapter.id }
    : await makeSampleEvent(trx, chapter, now);
  const personId = shown.personId ?? (await makeSamplePerson(trx, now));
  const data = await setScene(trx, deps, template, { event, personId }, now);
  return previewMail(
    { ...deps, db: trx as Db },
    { template, event, personId, data, locale, ...(source && { source }) },
  );
}

async function makeSamplePerson(trx: Trx, now: Date): Promise<string> {
  const { id } = await trx
    .insertInto('people')
    .values({ firstName: 'Giulia', lastName: 'Marchetti', source: 'sample', createdAt: now })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

function sample({ template, locale, source }: Parameters<typeof previewText>[1]): RenderedMail {
  const [mail] = samplesOf(template, locale);
  if (!mail) throw new Error(`no sample of ${template}`);
  return renderMail(mail.template, locale, mail.variables as MailVariables[MailTemplate], source);
}

const personal = /\/(r|f|u|m|me|i|d|sign-in|setup|c\/[\w-]+\/join)\/[\w-]+(?:\.[\w-]+)?/g;

/** The same mail without the keys in its links. */
export function covered(mail: RenderedMail): RenderedMail {
  const cover = (text: string) => text.replace(personal, '/$1/***');
  return { ...mail, html: cover(mail.html), text: cover(mail.text) };
}
