import { setTimeout as delay } from 'node:timers/promises';

/** In milliseconds: longer than anything takes that depends on who is known. */
const takesMs = 300;

/** Does some work in the time that it takes for everybody, so that nobody learns from it who is known. */
export async function inEqualTime<T>(work: T): Promise<Awaited<T>> {
  const [outcome] = await Promise.all([work, delay(takesMs)]);
  return outcome;
}
