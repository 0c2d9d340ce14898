import type { WelcomeMail } from '../mail/variables.ts';
import type { AboutEvent, MailMaker } from '../mailings/emails.ts';
import { nameOnLink } from '../rsvps/page-row.ts';
import { readTold } from './told.ts';

/** To who welcomes and to who is welcomed: the other one. Where the choice is taken back meanwhile, the mail stays unsent. */
export function welcomeMail({ facts }: MailMaker, about: AboutEvent): WelcomeMail {
  const { welcome } = readTold(facts.toldJson);
  return {
    ...about.variables,
    hosts: welcome?.hosts ?? false,
    online: welcome?.mode === 'online',
    room: welcome?.mode === 'room',
    other: {
      firstName: welcome?.firstName ?? '',
      shortName: welcome ? nameOnLink(welcome) : '',
      askMe: welcome?.askMe ?? '',
      work: welcome?.work ?? '',
    },
  };
}
