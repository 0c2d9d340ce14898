import type { PageContext } from '../events/views.ts';
import { seriesInWords } from '../series/views.ts';
import type { RsvpPageRow } from './page-row.ts';

/** The part of her page that is about all dates of a series, not this one. */
export type StandingView = {
  action: string;
  title: string;
  text: string;
  button: { value: 'yes' | 'no'; label: string; look: 'main big' | 'plain' | '' };
  /** A mail's link asked to end it: this goes before everything else. */
  isAsked: boolean;
};

/** "Vieni sempre?", or how she gives it up again. */
export function standingView(
  { series }: RsvpPageRow,
  { t, locale }: PageContext,
  asked: { token: string; standing: 'no' | null },
): StandingView | null {
  if (!series) return null;
  const rhythm = seriesInWords(series, t, locale);
  const action = `/r/${asked.token}/standing`;
  if (!series.given) {
    return {
      action,
      title: t('recurring.page.offerTitle'),
      text: t('recurring.page.offer', { rhythm }),
      button: { value: 'yes', label: t('recurring.page.give'), look: '' },
      isAsked: false,
    };
  }
  const isAsked = asked.standing === 'no';
  return {
    action,
    title: t(isAsked ? 'recurring.page.endTitle' : 'recurring.page.givenTitle'),
    text: t(isAsked ? 'recurring.page.endText' : 'recurring.page.given', { rhythm }),
    button: { value: 'no', label: t('recurring.page.end'), look: isAsked ? 'main big' : 'plain' },
    isAsked,
  };
}
