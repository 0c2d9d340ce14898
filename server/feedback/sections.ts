import { pitchSection } from '../followups/pitch-section.ts';
import { recapSection } from '../followups/recap-section.ts';
import { wishSection } from '../introductions/wish-section.ts';
import { consentSection } from './consent-section.ts';
import { nextSection } from './next-section.ts';
import { presenceSection } from './presence-section.ts';
import { questionSection } from './question-section.ts';
import type { Section } from './section.ts';

/** The parts of the page after an event, in the order in which she reads them. */
export const sections: readonly Section[] = [
  presenceSection,
  questionSection,
  consentSection,
  wishSection,
  pitchSection,
  recapSection,
  nextSection,
];
