import { expect, test } from 'vitest';
import { useService } from '../support/app.ts';
import { atTheDesk } from './coordinator.ts';
import { addressOf, follow, fullEvent, seatsTaken, standings } from './full-event.ts';
import { lastMail, recipients, sinceNow, subjectOf, wordsOf } from './inbox.ts';

// In 2031 no alarm of the queue rings while the test runs: what is due happens when the test's clock says so.
const service = useService({
  now: '2031-11-10T10:00:00+01:00',
  listen: true,
  env: { LOG_LEVEL: 'error' },
});

const thursdayEvening = {
  startsAt: new Date('2031-11-20T18:30:00+01:00'),
  endsAt: new Date('2031-11-20T20:30:00+01:00'),
};

test('a seat freed five days before is held for 24 waking hours, then passes on', async () => {
  service.clock.set('2031-11-10T10:00:00+01:00');
  const { event, going, queue } = await fullEvent(service, { ...thursdayEvening, seats: 25, waiting: 4 });
  const [first, second] = queue as [(typeof queue)[0], (typeof queue)[0]];

  await service.travel('2031-11-15T15:30:00+01:00');
  let news = sinceNow(service);
  const giulia = await follow(service, going[3]!, 'confirmation', 'dillo qui');
  expect(giulia.page.text).toContain('Questa volta no?');
  await giulia.press('Non riesco a venire');
  expect(giulia.page.text).toContain('Hai disdetto');
  await service.settle();

  // Saturday 15:30 to 21:00, Sunday 8:00 to 21:00, and on Monday what is left.
  const offer = lastMail(service, addressOf(first), 'offer');
  expect(await subjectOf(offer)).toBe('Aperitivo di rete · gio 20 nov, 18:30 · si è liberato un posto');
  expect(await wordsOf(offer)).toContain('Te lo tengo fino a lunedì alle 13:30');
  expect(recipients(news('offer'))).toEqual([first.email]);
  const page = await follow(service, first, 'offer', 'Sì, ci sarò');
  expect(page.page.text).toContain('Lo teniamo per te fino a lunedì alle 13:30.');
  expect(await standings(service, event.id)).toMatchObject({ Attesa1: 'offered', Attesa2: 'waitlisted' });

  await service.travel('2031-11-17T13:29:59+01:00');
  expect(recipients(news('offer'))).toEqual([first.email]);
  expect(await seatsTaken(service, event.id)).toBe(25);

  news = sinceNow(service);
  await service.travel('2031-11-17T13:30:00+01:00');
  expect(recipients(news('offer'))).toEqual([second.email]);
  expect(await wordsOf(lastMail(service, addressOf(second), 'offer'))).toContain(
    'Te lo tengo fino a mercoledì alle 11:30',
  );
  expect(await wordsOf(lastMail(service, addressOf(first), 'confirmation'))).toContain(
    'il tempo per confermare il posto che ti tenevo è finito',
  );
  expect(await standings(service, event.id)).toMatchObject({
    Socia4: 'withdrawn',
    Attesa1: 'waitlisted',
    Attesa2: 'offered',
    Attesa3: 'waitlisted',
  });
  expect(await seatsTaken(service, event.id)).toBe(25);

  // What she was offered too late is not hers any more, and the page says so before she touches it.
  const late = await follow(service, first, 'offer', 'Sì, ci sarò');
  expect(late.page.text).toContain('Il posto non è più tenuto per te');
  await late.press('Mi va ancora');
  expect(late.page.text).toContain('Sei al 3º posto della lista.');

  const taker = await follow(service, second, 'offer', 'Sì, ci sarò');
  await taker.press('Lo prendo: ci sarò');
  expect(taker.page.text).toContain('Ci vediamo giovedì');
  expect(await seatsTaken(service, event.id)).toBe(25);
});

test('three seats more make three offers, and three mails go out', async () => {
  service.clock.set('2031-11-10T10:00:00+01:00');
  const { chapter, event, going, queue } = await fullEvent(service, {
    ...thursdayEvening,
    seats: 25,
    waiting: 4,
  });
  await service.travel('2031-11-15T15:30:00+01:00');

  const news = sinceNow(service);
  const desk = await atTheDesk(service, chapter.coordinator.id);
  await desk.open(`/desk/events/${event.id}/edit`);
  await desk.press('Salva', { seatsRoom: '28' });
  expect(desk.page.text).toContain('Salvato.');
  await service.settle();

  const offered = queue.slice(0, 3);
  expect(recipients(news())).toEqual(offered.map((person) => addressOf(person)).sort());
  expect(news().map((mail) => mail.header('x-ritrovo-kind'))).toEqual(['offer', 'offer', 'offer']);
  for (const mail of news()) expect(await wordsOf(mail)).toContain('Te lo tengo fino a lunedì alle 13:30');
  expect(await standings(service, event.id)).toMatchObject({
    Attesa1: 'offered',
    Attesa2: 'offered',
    Attesa3: 'offered',
    Attesa4: 'waitlisted',
  });

  // One takes it, one leaves it, one is silent; the fourth gets what was left, once.
  const [takes, leaves, silent] = offered as [(typeof queue)[0], (typeof queue)[0], (typeof queue)[0]];
  await (await follow(service, takes, 'offer', 'Sì, ci sarò')).press('Lo prendo: ci sarò');
  await (await follow(service, leaves, 'offer', 'No, grazie')).press('Lascio il posto');
  await service.settle();
  expect(recipients(news('offer')).filter((to) => to === queue[3]?.email)).toHaveLength(1);
  await service.travel('2031-11-17T13:30:00+01:00');
  expect(await standings(service, event.id)).toMatchObject({
    Attesa1: 'going',
    Attesa2: 'withdrawn',
    Attesa3: 'waitlisted',
    Attesa4: 'waitlisted',
  });
  expect(going).toHaveLength(25);
  expect(await seatsTaken(service, event.id)).toBe(26);
  expect(await wordsOf(lastMail(service, addressOf(silent), 'confirmation'))).toContain('è finito');

  // Fewer seats than are taken: nothing changes, and the field says why.
  await desk.open(`/desk/events/${event.id}/edit`);
  await desk.press('Salva', { seatsRoom: '25' });
  expect(desk.page.status).toBe(409);
  expect(desk.page.text).toContain('Ci sono già più persone di così. Nulla è cambiato.');
  expect(await seatsTaken(service, event.id)).toBe(26);
});
