import { randomUUID } from 'node:crypto';
import { type Actor, audit } from '../audit.ts';
import type { Db, Trx } from '../db/database.ts';
import { kindOf } from '../deliveries/scene.ts';
import type { Deps } from '../deps.ts';
import type { MailSource } from '../mail/render.ts';
import { templateFile } from '../mail/template-files.ts';
import type { MailLocale, MailTemplate } from '../mail/variables.ts';
import { sendToOne } from '../mailings/personal.ts';
import { checkText, type TextProblem } from './check.ts';
import { endText, findEarlierText, findOwnText, lockText, type TextKey, type TextOwner } from './queries.ts';

/** Where words come from that an owner has not changed. */
export type Origin = 'chapter' | 'network' | 'original';

/** What stands where an owner has no words of her own: her chapter's, the network's, or the original. */
export async function findInherited(db: Db, key: TextKey): Promise<MailSource & { from: Origin }> {
  const { kind, locale } = key;
  const wider: { from: Origin; owner: TextOwner }[] = [
    ...(key.eventId !== null
      ? [{ from: 'chapter' as const, owner: { chapterId: key.chapterId, eventId: null } }]
      : []),
    ...(key.chapterId !== null
      ? [{ from: 'network' as const, owner: { chapterId: null, eventId: null } }]
      : []),
  ];
  for (const { from, owner } of wider) {
    const text = await findOwnText(db, { ...owner, kind, locale });
    if (text) return { subject: text.subject, body: text.body, from };
  }
  return { ...originalOf(kind, locale), from: 'original' };
}

/** The words that the product comes with. */
export function originalOf(kind: MailTemplate, locale: MailLocale): MailSource {
  const { subject, body } = templateFile(kind, locale);
  return { subject, body: body.trimEnd() };
}

/** As it is kept: a browser sends other ends of lines than a file has, and whoever pastes brings blanks along. */
export function tidySource({ subject, body }: MailSource): MailSource {
  return { subject: subject.trim(), body: body.replace(/\r\n?/g, '\n').replace(/\0/g, '').trimEnd() };
}

export type SaveOutcome =
  | { ok: true; changed: boolean }
  | { ok: false; reason: 'invalid'; problems: TextProblem[] }
  /** Somebody else has saved other words since the page was opened. */
  | { ok: false; reason: 'overtaken' };

/**
 * Puts words in place of those that were there, which are kept. Words that are the same as what would stand there
 * anyway are none of one's own.
 * @param base the id of the text that she began from, null for none; undefined where nobody asks
 */
export async function saveText(
  deps: Pick<Deps, 'db' | 'clock'>,
  key: TextKey,
  given: MailSource,
  options: { actor: Actor; base?: string | null },
): Promise<SaveOutcome> {
  const source = tidySource(given);
  const problems = checkText(key.kind, key.locale, source);
  if (problems.length > 0) return { ok: false, reason: 'invalid', problems };
  return deps.db.transaction().execute(async (trx) => {
    await lockText(trx, key);
    const current = await findOwnText(trx, key);
    if (options.base !== undefined && options.base !== (current?.id ?? null)) {
      return { ok: false, reason: 'overtaken' } as const;
    }
    const inherited = await findInherited(trx, key);
    if (isSame(source, current ?? inherited)) return { ok: true, changed: false } as const;
    await replace(trx, key, isSame(source, inherited) ? null : source, options.actor, deps.clock());
    return { ok: true, changed: true } as const;
  });
}

/** Back to what stands there without words of her own. */
export async function dropText(
  deps: Pick<Deps, 'db' | 'clock'>,
  key: TextKey,
  actor: Actor,
): Promise<{ changed: boolean }> {
  return deps.db.transaction().execute(async (trx) => {
    await lockText(trx, key);
    if (!(await findOwnText(trx, key))) return { changed: false };
    await replace(trx, key, null, actor, deps.clock());
    return { changed: true };
  });
}

/** Brings words of before back, so far as they still hold. */
export async function restoreText(
  deps: Pick<Deps, 'db' | 'clock'>,
  owner: TextOwner,
  kind: MailTemplate,
  textId: string,
  actor: Actor,
): Promise<SaveOutcome | { ok: false; reason: 'not_found' }> {
  const earlier = await findEarlierText(deps.db, owner, kind, textId);
  if (!earlier) return { ok: false, reason: 'not_found' };
  return saveText(deps, { ...owner, kind, locale: earlier.locale as MailLocale }, earlier, { actor });
}

/** Sends words that need not be saved to a coordinator herself, as the mail would come. */
export async function sendTestText(
  deps: Pick<Deps, 'db' | 'clock'>,
  test: {
    template: MailTemplate;
    locale: MailLocale;
    source: MailSource;
    personId: string;
    event: { id: string; chapterId: string };
  },
): Promise<void> {
  const { template, locale, source, personId, event } = test;
  await deps.db.transaction().execute((trx) =>
    sendToOne(
      trx,
      [
        {
          kind: kindOf(template),
          template,
          personId,
          chapterId: event.chapterId,
          eventId: event.id,
          cause: `test:${randomUUID()}`,
          data: { test: true, source, locale },
        },
      ],
      deps.clock(),
    ),
  );
}

const isSame = (a: MailSource, b: MailSource) => a.subject === b.subject && a.body === b.body;

async function replace(trx: Trx, key: TextKey, source: MailSource | null, actor: Actor, now: Date) {
  const { chapterId, eventId, kind, locale } = key;
  const ended = await endText(trx, key, now);
  if (source) {
    await trx
      .insertInto('texts')
      .values({
        ...{ chapterId, eventId, kind, locale, ...source },
        createdAt: now,
        actor: actor.kind,
        actorId: 'id' in actor ? actor.id : null,
      })
      .execute();
  }
  await audit(trx, {
    actor,
    chapterId,
    action: source ? 'text.changed' : 'text.dropped',
    subjectType: eventId ? 'event' : chapterId ? 'chapter' : 'network',
    subjectId: eventId ?? chapterId,
    detail: { kind, locale, ended },
  });
}
