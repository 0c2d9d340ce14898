import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { fewest } from '../introductions/rules.ts';
import { discreet } from '../network/discretion.ts';
import { listChapters } from '../network/queries.ts';
import { lastTwelveMonths, type NetworkSum, sumKinds, sumNetwork } from '../network/sums.ts';
import { dateInWords } from '../web/dates.ts';
import { deskPage } from './page.ts';

/** What stands in the table for a figure that is kept back. */
const silent = '–';

/** What the network came to in a year, in sums alone: nobody's name, and no figure about fewer than five people. */
export async function networkNumbersRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/numbers', async (request, reply) => {
    const { t, locale } = request.desk;
    const period = lastTwelveMonths(deps.clock());
    const [chapters, sums] = await Promise.all([listChapters(deps.db), sumNetwork(deps.db, period)]);
    const few = t('net.numbers.few', { fewest });
    const columns = sumKinds.map((kind) => {
      const of = (chapterId: string | null) => toldOf(sums, kind, chapterId);
      const told = discreet(
        chapters.map(({ id }) => of(id)),
        of(null),
      );
      return { label: t(`net.numbers.${kind}`), total: told.total ?? few, parts: told.parts };
    });
    return deskPage(
      request,
      reply,
      'network-numbers',
      { title: t('net.numbers.title'), section: 'more', sheets: ['figures.css', 'people.css'] },
      {
        period: t('net.numbers.period', {
          from: dateInWords(period.from, 'UTC', locale),
          to: dateInWords(new Date(period.to.getTime() - 1), 'UTC', locale),
        }),
        fewest,
        silent,
        columns,
        rows: chapters.map(({ name }, place) => ({
          name,
          figures: columns.map(({ parts }) => parts[place] ?? silent),
        })),
      },
    );
  });
}

function toldOf(sums: readonly NetworkSum[], kind: string, chapterId: string | null) {
  const found = sums.find((sum) => sum.kind === kind && sum.chapterId === chapterId);
  return found ?? { count: 0, people: 0 };
}
