import { directorySection } from '../directory/own-section.ts';
import { metSection } from '../encounters/own-section.ts';
import { introductionsSection } from '../introductions/own-section.ts';
import { photoSection } from '../photos/own-section.ts';
import { calendarSection } from './calendar-section.ts';
import { dataSection } from './data-section.ts';
import { mailsSection } from './mails-section.ts';
import { profileSection } from './profile-section.ts';
import type { OwnSection } from './section.ts';

/** The parts of a person's own page, in the order in which she reads them. */
export const ownSections: readonly OwnSection[] = [
  profileSection,
  photoSection,
  introductionsSection,
  metSection,
  directorySection,
  calendarSection,
  mailsSection,
  dataSection,
];
