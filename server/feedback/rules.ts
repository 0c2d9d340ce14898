import type { Locale } from '../web/i18n.ts';

/** The three questions at most: one tap, one scale, one text. */
export const questionKinds = ['tap', 'scale', 'text'] as const;
export type QuestionKind = (typeof questionKinds)[number];

/** What the first two take. */
export const choices = { tap: ['yes', 'perhaps', 'no'], scale: ['1', '2', '3', '4', '5'] } as const;

export const longestText = 1000;

/** Below this many people no figure is shown: it could be read as somebody's. */
export const fewest = 5;

export type OwnQuestion = { kind: QuestionKind; labelIt: string; labelEn: string; isOn: boolean };

/**
 * The questions that a chapter asks, in their order. `label` is its own words in the reader's language, or null where the
 * product's stand.
 */
export function questionsOf(own: readonly OwnQuestion[], locale: Locale) {
  return questionKinds.flatMap((kind) => {
    const row = own.find((one) => one.kind === kind);
    if (row && !row.isOn) return [];
    const label = locale === 'it' ? row?.labelIt : row?.labelEn;
    return [{ kind, label: label || null }];
  });
}
