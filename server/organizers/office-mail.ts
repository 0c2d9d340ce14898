import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import type { OfficeVariant } from '../mail/variables.ts';
import { sendToOne } from '../mailings/personal.ts';
import { createSignInLink } from './sign-in.ts';

/** Nobody waits for this mail with the page open: its link lasts until she finds the time. */
const linkLastsMinutes = 3 * 24 * 60;

type OfficeMail = {
  variant: OfficeVariant;
  personId: string;
  /** Null for what concerns the network. */
  chapterId: string | null;
  /** She with whom it is about: who hands over, who takes over, who asked her. */
  otherId: string | null;
  /** What made it: one mail each. */
  cause: string;
  /** The end of the last day on which both may act. */
  until?: Date;
  now: Date;
};

/** Tells somebody what her part in a chapter or the network is from now on. */
export async function sendOfficeMail(
  trx: Trx,
  mail: OfficeMail,
  link?: { linkId: string; minutes: number },
): Promise<void> {
  const { variant, personId, chapterId, otherId, cause, until, now } = mail;
  await sendToOne(
    trx,
    [
      {
        // What opens the desk, or closes it, is never unsubscribed from.
        kind: 'sign_in',
        template: 'office',
        personId,
        chapterId,
        eventId: null,
        cause: `office:${variant}:${cause}:${personId}`,
        data: { variant, otherId, ...(until && { until: until.toISOString() }), ...link },
      },
    ],
    now,
  );
}

/** The same with a link that signs her in once. */
export async function welcomeWithLink(trx: Trx, deps: Pick<Deps, 'links'>, mail: OfficeMail): Promise<void> {
  const { personId, now } = mail;
  const link = await createSignInLink(trx, deps.links, { personId, now, minutes: linkLastsMinutes });
  await sendOfficeMail(trx, mail, { linkId: link.id, minutes: linkLastsMinutes });
}
