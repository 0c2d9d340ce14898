import { Resolver } from 'node:dns/promises';

/** Asks DNS: rejects with a code such as ENOTFOUND or ENODATA where there is nothing, with another where nobody knows. */
export type Resolve = (name: string, type: string) => Promise<string[] | string[][]>;

/** What one mail may ask for, all of it together. */
const withinMs = 10_000;
const mostQuestions = 40;

/** The machine's own resolvers, for a few seconds each. */
export function systemResolve(): Resolve {
  const resolver = new Resolver({ timeout: 2_500, tries: 2 });
  return (name, type) => resolver.resolve(name, type) as Promise<string[] | string[][]>;
}

/** The same for one mail: whoever wrote it may make it ask for much, of servers that answer late or never. */
export function bounded(resolve: Resolve, { ms = withinMs }: { ms?: number } = {}): Resolve {
  const end = performance.now() + ms;
  let asked = 0;
  return async (name, type) => {
    asked += 1;
    const left = end - performance.now();
    if (left <= 0 || asked > mostQuestions) throw tooLong();
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(tooLong()), left);
    return Promise.race([resolve(name, type), promise]).finally(() => clearTimeout(timer));
  };
}

const tooLong = () => Object.assign(new Error('DNS took too long'), { code: 'ETIMEOUT' });
