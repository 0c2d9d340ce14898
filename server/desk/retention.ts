import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { listRuns } from '../retention/service.ts';
import {
  bounds,
  findRetention,
  type Retention,
  readRetention,
  retentionFields,
  saveRetention,
} from '../retention/settings.ts';
import { dateInWords } from '../web/dates.ts';
import { deskPage, fieldOf, saidOf } from './page.ts';
import { actorOf } from './scope.ts';

type Values = Record<keyof Retention, string>;

/** How long the network keeps each thing, and what the last nights did about it. */
export async function retentionRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/retention', async (request, reply) => {
    const keep = await findRetention(deps.db);
    return page(
      request,
      reply,
      valuesOf((name) => String(keep[name])),
      [],
    );
  });

  app.post('/retention', async (request, reply) => {
    const values = valuesOf((name) => fieldOf(request.body, name).trim().slice(0, 20));
    const read = readRetention(values);
    if (!read.ok) return page(request, reply.code(400), values, read.wrong);
    await saveRetention(deps, read.retention, actorOf(request));
    return reply.redirect('/desk/network/retention?said=kept', 303);
  });

  async function page(
    request: FastifyRequest,
    reply: FastifyReply,
    values: Values,
    wrong: readonly (keyof Retention)[],
  ) {
    const { desk } = request;
    const { t } = desk;
    const runs = await listRuns(deps.db);
    const zone = desk.chapters[0]?.timeZone ?? 'Europe/Rome';
    const fields = retentionFields.map((name) => ({
      name,
      label: t(`retention.field.${name}`),
      hint: t(`retention.hint.${name}`),
      value: values[name],
      error: wrong.includes(name) ? t('retention.wrong', bounds[name]) : null,
      ...bounds[name],
    }));
    return deskPage(
      request,
      reply,
      'network-retention',
      { title: t('retention.title'), section: 'more', sheets: ['entry.css'] },
      {
        fields,
        wrong: fields
          .filter(({ error }) => error)
          .map(({ name, label, error }) => ({ field: name, label, message: error })),
        runs: runs.map(({ ranAt, finishedAt, did }) => ({
          when: dateInWords(ranAt, zone, desk.locale),
          line: inWords(did as Record<string, number>, finishedAt !== null, t),
        })),
        ...(saidOf(request, 'said', ['kept']) && { done: t('retention.saved') }),
      },
    );
  }
}

function valuesOf(of: (name: keyof Retention) => string): Values {
  return Object.fromEntries(retentionFields.map((name) => [name, of(name)])) as Values;
}

function inWords(did: Record<string, number>, isFinished: boolean, t: FastifyRequest['desk']['t']): string {
  const words = Object.entries(did).map(([kind, count]) => t(`retention.did.${kind}`, { count }));
  const said = words.length > 0 ? words.join(' · ') : t('retention.nothing');
  return isFinished ? said : `${said} ${t('retention.running')}`;
}
