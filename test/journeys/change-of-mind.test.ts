import { beforeAll, expect, test } from 'vitest';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { minutes } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { addressOf, follow, type Person, standings } from './full-event.ts';
import { lastMail, linkIn, mailsTo, wordsOf } from './inbox.ts';
import { visitor } from './visitor.ts';

const service = useService({
  now: '2031-11-10T10:00:00+01:00',
  listen: true,
  env: { LOG_LEVEL: 'error' },
});

let chapter: Awaited<ReturnType<typeof makeChapter>>;
const people: Record<string, Person> = {};
const of = (name: string) => people[name] as Person;

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  for (const name of ['Giulia', 'Bea', 'Carla', 'Dora']) {
    people[name] = await makeMember(service.db, chapter.id, { firstName: name, lastName: 'Rossi' });
  }
});

const thursdayEvening = {
  startsAt: new Date('2031-11-20T18:30:00+01:00'),
  endsAt: new Date('2031-11-20T20:30:00+01:00'),
};

test('yes, no, and yes again after the seats are gone: she is told the truth at each step', async () => {
  const event = await makeEvent(service.deps, chapter.id, { ...thursdayEvening, seatsRoom: 2 });
  await service.settle();
  const says = async (name: string, answer: 'yes' | 'no') => {
    service.clock.advance(minutes(10));
    await answerInvitation(service.deps, {
      eventId: event.id,
      personId: of(name).id,
      answer,
      source: 'link',
    });
    await service.settle();
  };
  const confirmed = async (person: Person) => wordsOf(lastMail(service, addressOf(person), 'confirmation'));

  const giulia = await follow(service, of('Giulia'), 'invitation', 'Ci sarò');
  expect(giulia.page.text).toContain('2 posti disponibili');
  await giulia.press('Ci sarò');
  expect(giulia.page.text).toContain('Hai confermato la presenza, Giulia: il tuo posto c’è.');
  await service.settle();
  expect(await confirmed(of('Giulia'))).toContain('fatto: il tuo posto c’è.');

  await giulia.press('Non riesco a venire');
  expect(giulia.page.text).toContain('Hai disdetto.');
  await service.settle();
  expect(await confirmed(of('Giulia'))).toContain('ho liberato il tuo posto');

  // Two take what is left, a third waits.
  await says('Bea', 'yes');
  await says('Carla', 'yes');
  await says('Dora', 'yes');

  // The old mail still says "Ci sarò". The page behind it tells the truth before she presses anything.
  service.clock.advance(minutes(10));
  const again = await follow(service, of('Giulia'), 'invitation', 'Ci sarò');
  await again.open(again.page.url.replace(/\?.*/, ''));
  expect(again.page.text).toContain('Mettimi in lista d’attesa');
  expect(again.page.text).not.toMatch(/\bCi sarò\b/);
  await again.press('Mettimi in lista d’attesa');
  expect(again.page.text).toContain('Sei al 2º posto della lista.');
  await service.settle();
  expect(await confirmed(of('Giulia'))).toContain('il tuo nome è in lista d’attesa: hai il numero 2.');

  // Her place is the time of her last yes, not of her first: Dora, who came between, is served before her.
  await says('Bea', 'no');
  expect(await standings(service, event.id)).toEqual({
    Bea: 'withdrawn',
    Carla: 'going',
    Dora: 'offered',
    Giulia: 'waitlisted',
  });
  expect(mailsTo(service, addressOf(of('Giulia')), 'offer')).toEqual([]);
  await again.open(again.page.url);
  expect(again.page.text).toContain('Sei al 1º posto della lista.');

  // A tap on yes while she waits does not cost her the place.
  await again.press('Salva');
  expect(again.page.text).toContain('Sei al 1º posto della lista.');
  await says('Dora', 'no');
  expect(await standings(service, event.id)).toMatchObject({ Giulia: 'offered' });
  await (await follow(service, of('Giulia'), 'offer', 'Sì, ci sarò')).press('Lo prendo: ci sarò');
  await service.settle();
  expect(await confirmed(of('Giulia'))).toContain('fatto: il tuo posto c’è.');
});

test('a forwarded mail says whose link it is, and Sara has a plain way to ask for one of her own', async () => {
  const event = await makeEvent(service.deps, chapter.id, {
    ...thursdayEvening,
    title: 'Pranzo di rete',
    access: 'link',
  });
  await service.settle();
  const forwarded = await linkIn(lastMail(service, addressOf(of('Giulia')), 'invitation'), 'Ci sarò');

  const sara = visitor(service.url);
  await sara.open(forwarded);
  // Before she touches anything, and before the buttons.
  expect(sara.page.text).toContain('Stai rispondendo per Giulia R. Non sei tu?');
  expect(sara.page.text.indexOf('Giulia R.')).toBeLessThan(sara.page.text.indexOf('Ci sarò'));
  expect(sara.page.html).not.toContain('Rossi');
  expect(sara.page.html).not.toContain(addressOf(of('Giulia')));

  const [, href = ''] = /href="([^"]+)">Non sei tu\?/.exec(sara.page.html) ?? [];
  await sara.open(href.replaceAll('&amp;', '&'));
  await sara.press('Mandami il link', { name: 'Sara Neri', email: 'sara@example.org' });
  expect(sara.page.text).toContain('Ora guarda la posta');
  await service.settle();
  const own = await linkIn(lastMail(service, 'sara@example.org', 'invitation'), 'Ci sarò');
  expect(own).not.toBe(forwarded);
  expect(await wordsOf(lastMail(service, 'sara@example.org', 'invitation'))).toContain('Giulia R.');

  await sara.open(own);
  expect(sara.page.text).toContain('Stai rispondendo per Sara N.');
  await sara.press('Ci sarò');
  expect(await standings(service, event.id)).toEqual({ Sara: 'going' });
  // Giulia, who was named, hears that Sara comes; her own answer is still hers to give.
  await service.settle();
  expect(await wordsOf(lastMail(service, addressOf(of('Giulia')), 'confirmation'))).toContain(
    'Sara Neri ha confermato e ci sarà.',
  );
});

test('where only members may come, a forwarded mail leads to a door that gives nothing away', async () => {
  const event = await makeEvent(service.deps, chapter.id, { ...thursdayEvening, title: 'Cena riservata' });
  await service.settle();
  const sara = visitor(service.url);
  await sara.open(`/e/${event.id}?from=Giulia%20R.#link`);
  expect(sara.page.text).toContain('È riservato a chi ha ricevuto un invito.');
  expect(sara.page.html).not.toContain('Cena riservata');
  const before = service.inbox.messages.length;
  await sara.press('Mandami il link', { email: 'chiunque@example.org' });
  expect(sara.page.text).toContain('Ora guarda la posta');
  await service.settle();
  expect(service.inbox.messages.length).toBe(before);
  // A member who deleted hers gets it again.
  await sara.open(`/e/${event.id}`);
  await sara.press('Mandami il link', { email: addressOf(of('Bea')) });
  await service.settle();
  expect(
    mailsTo(service, addressOf(of('Bea')), 'invitation')
      .at(-1)
      ?.header('subject'),
  ).toBeDefined();
  expect(service.inbox.messages.length).toBe(before + 1);
});
