import type { SampleParts } from './sample-parts.ts';
import type { MailVariables } from './variables.ts';

/** Mails about introductions, together every branch of their texts. */
export function sampleIntroductions({ say, common, about, bulk }: SampleParts) {
  const mail = {
    ...common,
    coordinator: about.coordinator,
    links: {
      introduction: 'https://incontri.example/i/abc',
      privacy: bulk.privacy,
      unsubscribe: bulk.unsubscribe as string,
    },
  };
  const other = {
    firstName: 'Marta',
    lastName: 'Ferri',
    askMe: null,
    work: null,
    email: null,
    phone: null,
    website: null,
  };
  const words = say(
    'Tutte e due cercate uno studio in centro, due giorni a settimana.',
    'You are both looking for a studio in town, two days a week.',
  );
  const met = { ...mail, metAt: say('Aperitivo di novembre', 'November drinks'), by: null, words: null };
  return {
    introduction: {
      'with all there is': {
        ...met,
        other: {
          ...other,
          askMe: say('ceramica e orti in terrazza', 'pottery and rooftop gardens'),
          work: say('Avvocata del lavoro', 'Employment lawyer'),
          email: 'marta@example.org',
          phone: '+39 333 1234567',
          website: 'https://martaferri.example',
        },
        next: {
          title: say('Pranzo di dicembre', 'December lunch'),
          when: say('giovedì 3 dicembre, 13:00', 'Thursday 3 December, 13:00'),
          url: 'https://incontri.example/e/01935d3c-1f2e-7a3b-8c4d-000000000000',
        },
      },
      'one line': {
        ...met,
        metAt: null,
        other: { ...other, lastName: '', email: 'marta@example.org' },
        next: null,
      },
      'by hand': {
        ...mail,
        metAt: null,
        by: 'Anna',
        words,
        other: { ...other, phone: '+39 333 1234567' },
        next: null,
      },
    },
    introduction_asked: {
      named: {
        ...mail,
        by: 'Anna',
        otherName: 'Marta Ferri',
        words,
        until: say('giovedì 10 dicembre', 'Thursday 10 December'),
      },
      nameless: {
        ...mail,
        by: 'Anna',
        otherName: null,
        words,
        until: say('giovedì 10 dicembre', 'Thursday 10 December'),
      },
    },
    introduction_later: { plain: { ...mail, otherName: 'Marta Ferri' } },
  } satisfies {
    [T in 'introduction' | 'introduction_asked' | 'introduction_later']: Record<string, MailVariables[T]>;
  };
}
