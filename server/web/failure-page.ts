import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Locale, pickLocale, translator } from './i18n.ts';

const known = [400, 403, 404, 410, 413, 429, 503];

/** What a failure page leans on where more is known than the status: whose page it would have been. */
export type FailureContext = { locale?: Locale; reason?: 'link_wrong' | 'link_expired' | 'foreign' };

/** A refusal or failure as a page, without the database: it may be the one that is away. */
export function failurePage(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  { locale: given, reason }: FailureContext = {},
): FastifyReply {
  const locale = given ?? pickLocale(null, request.headers['accept-language'], 'it');
  const t = translator(locale, 'neutral');
  const key = reason ?? (known.includes(status) ? String(status) : status < 500 ? '400' : '500');
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .page(
      'error',
      { locale, title: t(`error.${key}.title`), brand: { name: 'Ritrovo', href: '/' } },
      { heading: t(`error.${key}.title`), text: t(`error.${key}.text`) },
    );
}
