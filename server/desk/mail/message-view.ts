import type { FastifyRequest } from 'fastify';
import type { MessageRow, Reader } from '../../messages/queries.ts';
import type { Desk } from '../../organizers/guard.ts';
import type { Translate } from '../../web/i18n.ts';
import { saidOf } from '../page.ts';
import { fullName, nearMoment } from '../views.ts';

const dones = ['leaves', 'planned', 'draft', 'stopped', 'back'] as const;

/** What has just been done to a message, after the redirect that follows a form. */
export function doneInWords(request: FastifyRequest): { done?: string } {
  const done = saidOf(request, 'done', dones);
  return done ? { done: request.desk.t(`letter.done.${done}`) } : {};
}

/** A subject for the desk's own eyes, before anybody is named: "… : ci sei?" with the event's title where it is known. */
export function subjectInWords(message: Pick<MessageRow, 'subject' | 'eventTitle'>, t: Translate): string {
  const title = message.eventTitle;
  const named = title
    ? message.subject.replace(/\{\{-?\s*event\.title\s*-?\}\}/g, () => title)
    : message.subject;
  return named.replace(/\{\{.*?\}\}|\{%.*?%\}/g, '…').trim() || t('letter.noSubject');
}

/** "A chi viene a «Aperitivo di rete»" */
export function audienceInWords(
  message: Pick<MessageRow, 'audience' | 'eventAudience' | 'eventTitle' | 'chosen'>,
  t: Translate,
): string {
  if (message.audience === 'event') {
    return t('letter.to.event', {
      who: t(`letter.who.${message.eventAudience}`),
      title: message.eventTitle ?? '',
    });
  }
  if (message.audience === 'people') return t('letter.to.people', { count: message.chosen });
  return t(`letter.to.${message.audience}`);
}

/** "a 38 persone · una non arriva · 2 non li vogliono"; null for what has not left. */
export function messageOutcome(message: MessageRow, t: Translate): string | null {
  const { counts, state } = message;
  if (!counts || state === null || state === 'planned' || state === 'held') return null;
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (total === 0) return t('letter.outcome.nobody');
  const open = counts.queued + counts.sending;
  const part = (key: string, count: number) => (count > 0 ? t(`letter.outcome.${key}`, { count }) : null);
  return [
    part('sent', counts.sent),
    state === 'cancelled' ? part('stopped', open + counts.skipped) : part('open', open),
    part('failed', counts.failed),
    part('unknown', counts.unknown),
    part('suppressed', counts.suppressed),
    state === 'cancelled' ? null : part('skipped', counts.skipped),
  ]
    .filter(Boolean)
    .join(' · ');
}

/** One person and what became of her mail. */
export function readerView(reader: Reader, zone: string, desk: Desk, now: Date) {
  const { t } = desk;
  const { state, nextAttemptAt, response } = reader;
  const next = nextAttemptAt ? nearMoment(nextAttemptAt, zone, desk, now) : '';
  return {
    name: fullName(reader) || reader.email || '',
    email: reader.email,
    isTrouble: state === 'failed' || state === 'unknown',
    words: t(`letter.reader.${wordOf(reader)}`, { when: next }),
    said:
      state === 'failed' || state === 'unknown' || (state === 'queued' && response)
        ? (response ?? reader.unknownCauses.at(-1) ?? null)
        : null,
  };
}

function wordOf({ state, reason, wasTried, nextAttemptAt }: Reader): string {
  if (state === 'queued') return wasTried ? 'late' : 'queued';
  if (state === 'unknown') return nextAttemptAt ? 'unknownRetry' : 'unknown';
  if (state === 'suppressed') return reason === 'opted_out' ? 'optedOut' : 'suppressed';
  if (state === 'skipped') return reason === 'called_off' ? 'stopped' : 'skipped';
  return state;
}
