import { fieldOf } from '../desk/page.ts';
import { tidyName } from '../people/rules.ts';
import { type OwnQuestion, questionKinds } from './rules.ts';

export const longestLabel = 200;

/** Reads a chapter's questions: `on-tap`, `it-tap`, `en-tap` and so on. What is too long is cut where the form ends it. */
export function readQuestions(body: unknown): OwnQuestion[] {
  const label = (name: string) => tidyName(fieldOf(body, name)).slice(0, longestLabel);
  return questionKinds.map((kind) => ({
    kind,
    isOn: fieldOf(body, `on-${kind}`) === 'yes',
    labelIt: label(`it-${kind}`),
    labelEn: label(`en-${kind}`),
  }));
}
