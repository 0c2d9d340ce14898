import { pageDesktop } from '../support/browser.ts';
import { looksAtTheDesk } from './axe.ts';

// The same colours as on a phone: they are not looked at twice.
looksAtTheDesk(pageDesktop, false);
