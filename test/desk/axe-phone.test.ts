import { page360 } from '../support/browser.ts';
import { looksAtTheDesk } from './axe.ts';

looksAtTheDesk(page360, true);
