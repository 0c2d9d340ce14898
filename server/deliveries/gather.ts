/** Does one thing for an item, together with what is asked for at the same time. */
export type Gathered<T, R> = (item: T) => Promise<R>;

/**
 * Turns single wishes into common statements: while one is on its way, what comes next gathers, and leaves with the
 * following one. Nobody waits for a timer; a lone item leaves at once.
 *
 * @param work does it for all of them, answers in their order; where it throws, each of them hears it
 * @param most items in one statement
 */
export function gather<T, R>(work: (items: T[]) => Promise<R[]>, most: number): Gathered<T, R> {
  let waiting: { item: T; done: (result: R) => void; failed: (error: unknown) => void }[] = [];
  let running = false;

  const run = async () => {
    // One turn of the loop, so that what the same packets of the network brought leaves together.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const batch = waiting.slice(0, most);
      waiting = waiting.slice(most);
      try {
        const results = await work(batch.map(({ item }) => item));
        batch.forEach(({ done }, index) => void done(results[index] as R));
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    running = false;
  };

  return (item) =>
    new Promise<R>((done, failed) => {
      waiting.push({ item, done, failed });
      if (running) return;
      running = true;
      void run();
    });
}
