import { wishSection } from '../introductions/wish-section.ts';
import type { Section } from './section.ts';

/** The parts of the page after an event, in the order in which she reads them. */
export const sections: readonly Section[] = [wishSection];
