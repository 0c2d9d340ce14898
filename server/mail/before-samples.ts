import type { SampleParts } from './sample-parts.ts';
import type { MailSection } from './variables.ts';

/** Whom the reader of a sample will meet. */
export function sampleCompany({ say }: Pick<SampleParts, 'say'>): MailSection[] {
  return [
    {
      heading: say('Chi incontrerai', 'Whom you will meet'),
      note: say(
        'Ci sarà anche Paola N., che finora hai incontrato solo online.',
        'Paola N. will be there too: so far you have only met online.',
      ),
      url: null,
      lines: [
        { text: 'Paola N.', note: say('Chiedimi di… api in città', 'Ask me about… bees in town') },
        { text: 'Elena R.', note: null },
        { text: say('e altre 14 persone', 'and 14 others'), note: null },
      ],
    },
  ];
}
