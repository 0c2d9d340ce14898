import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import type { InvitationRow } from '../rsvps/page-queries.ts';
import type { Locale, Translate } from '../web/i18n.ts';

/** Whose page it is, after which event, and how it speaks to her. */
export type AfterContext = {
  deps: Deps;
  row: InvitationRow;
  token: string;
  now: Date;
  locale: Locale;
  t: Translate;
};

/** What a form said that cannot be kept: the name of its field, and a sentence for her. */
export type Problem = { field: string; message: string };

/**
 * One part of the page after an event. All parts stand in one form with one button, so that no part's words are lost when
 * another is sent.
 */
export type Section = {
  /** The part's template in `templates/pages/after/`. */
  name: string;
  /** It has no fields but buttons of its own, so that it needs no other to be sent. */
  sends?: boolean;
  /** What the template prints; null where the part says nothing to her. `typed`: a form that was refused, to be shown again. */
  view(context: AfterContext, typed: unknown): Promise<object | null>;
  /** What is wrong with her form, before anything of it is kept. */
  check?(context: AfterContext, body: unknown): Promise<Problem[]>;
  /** Keeps what she said. A form that lacks this part's fields changes nothing of it. */
  save?(trx: Trx, context: AfterContext, body: unknown): Promise<void>;
};
