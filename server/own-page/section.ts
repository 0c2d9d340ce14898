import type { Deps } from '../deps.ts';
import type { Owner } from './owner.ts';

export type OwnContext = Owner & { deps: Deps; token: string; now: Date };

/** One part of a person's own page, with forms of its own that post below `/me/:token/`. */
export type OwnSection = {
  /** The part's template in `templates/pages/own/`. */
  name: string;
  /** What the template prints; null where the part says nothing to her. `problem`: what one of its forms was refused for. */
  view(context: OwnContext, refused: Refused | null): Promise<object | null>;
};

/** A form that could not be kept: which part's, what is wrong with which field, and what was typed. */
export type Refused = { section: string; problems: { field: string; message: string }[]; typed: unknown };
