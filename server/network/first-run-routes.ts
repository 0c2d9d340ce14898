import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { fieldOf } from '../desk/page.ts';
import { deviceInWords } from '../organizers/devices.ts';
import { setSessionCookie } from '../organizers/guard.ts';
import { createSession } from '../organizers/sessions.ts';
import { type Locale, pickLocale, translator } from '../web/i18n.ts';
import { isForeign } from '../web/origin.ts';
import { findSetUpLink } from './first-run.ts';
import {
  carried,
  checkStep,
  emptySetUp,
  readSetUp,
  type SetUpErrors,
  type SetUpValues,
  type Step,
  setupOf,
  steps,
} from './first-run-form.ts';
import { setUpNetwork } from './setup.ts';

type ByToken = { Params: { token: string } };
const byIp = { rateLimit: { max: 60, timeWindow: '10 minutes' } };
const zones = Intl.supportedValuesOf('timeZone');

/** The first run: three short pages make the network; on the desk the first people and the first event follow. */
export async function firstRunRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });

  app.get<ByToken>('/setup/:token', { config: byIp }, async (request, reply) => {
    const state = await findSetUpLink(deps, request.params.token);
    if (state !== 'open') return closed(request, reply, state);
    return page(request, reply, 'network', emptySetUp(localeOf(request)), {});
  });

  app.post<ByToken>('/setup/:token', { config: byIp }, async (request, reply) => {
    const state = isForeign(request, deps.links.publicUrl)
      ? 'wrong'
      : await findSetUpLink(deps, request.params.token);
    if (state !== 'open') return closed(request, reply, state);
    const values = readSetUp((name) => fieldOf(request.body, name), localeOf(request));
    const at = steps.find((step) => step === fieldOf(request.body, 'step')) ?? 'network';
    if (fieldOf(request.body, 'go') === 'back') return page(request, reply, before(at), values, {});
    // Earlier ones are looked at again: hidden fields are fields.
    for (const step of steps.slice(0, steps.indexOf(at) + 1)) {
      const errors = checkStep(step, values);
      if (Object.keys(errors).length > 0) return page(request, reply.code(400), step, values, errors);
    }
    if (at !== 'you') return page(request, reply, steps[steps.indexOf(at) + 1] as Step, values, {});

    const made = await setUpNetwork(deps, setupOf(values));
    // Of two who hold the link at the same moment one was faster.
    if (!made.ok) return closed(request, reply, 'over');
    const device = deviceInWords(request.headers['user-agent']);
    setSessionCookie(reply, deps, await createSession(deps.db, made.personId, deps.clock(), device));
    return reply.redirect(`/desk/chapters/${values.slug}/members/new`, 303);
  });

  function page(
    request: FastifyRequest,
    reply: FastifyReply,
    step: Step,
    values: SetUpValues,
    errors: SetUpErrors,
  ) {
    const locale = (step === 'network' ? localeOf(request) : values.locale) as Locale;
    const t = translator(locale, 'feminine');
    const messages = Object.fromEntries(
      Object.entries(errors).map(([field, error]) => [field, t(`entry.setup.wrong.${error}`)]),
    );
    return reply.page(
      'desk/setup',
      { locale, form: 'feminine', title: t('entry.setup.pageTitle'), brand: { name: 'Ritrovo', href: '/' } },
      {
        step,
        number: steps.indexOf(step) + 1,
        action: request.url.split('?')[0],
        v: values,
        e: messages,
        wrong: Object.entries(messages).map(([field, message]) => ({
          field,
          label: t(`entry.setup.field.${field}`),
          message,
        })),
        carried: carried(step, values),
        zones,
        sheets: ['entry.css'],
        scripts: step === 'chapter' ? ['setup.js'] : [],
      },
    );
  }

  function closed(request: FastifyRequest, reply: FastifyReply, state: 'wrong' | 'over') {
    const locale = localeOf(request);
    const t = translator(locale, 'feminine');
    return reply.code(state === 'over' ? 410 : 404).page(
      'desk/setup-closed',
      {
        locale,
        form: 'feminine',
        title: t('entry.setup.pageTitle'),
        brand: { name: 'Ritrovo', href: '/' },
      },
      { state },
    );
  }
}

const before = (step: Step): Step => steps[Math.max(0, steps.indexOf(step) - 1)] as Step;
const localeOf = (request: FastifyRequest): Locale =>
  pickLocale(null, request.headers['accept-language'], 'it');
