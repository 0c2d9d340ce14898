import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ChapterSettings, saveSettings } from '../chapters/settings.ts';
import type { Deps } from '../deps.ts';
import { isZone } from '../events/local-time.ts';
import { isKnownPlace, listCountries, listRegions } from '../holidays/calendar.ts';
import { readAddress, tidyName } from '../people/rules.ts';
import type { Locale } from '../web/i18n.ts';
import { deskPage, fieldOf } from './page.ts';
import { actorOf } from './scope.ts';

const fields = [
  ...(['name', 'accentColour', 'senderName', 'replyTo', 'timeZone', 'locale', 'form'] as const),
  ...(['holidayCountry', 'holidayRegion'] as const),
] as const;
type Field = (typeof fields)[number];
type Values = Record<Field, string> & { invitationInCalendar: boolean };
type Errors = Partial<Record<Field, string>>;
const forms = ['feminine', 'masculine', 'neutral'];
const zones = Intl.supportedValuesOf('timeZone');

/** What a chapter decides for itself: its name and colour, who signs, where answers go, how people are addressed. */
export async function settingsRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/settings', (request, reply) => {
    const { deskChapter: chapter } = request;
    const { name, accentColour, timeZone, locale, invitationInCalendar } = chapter;
    const texts = { senderName: chapter.senderName ?? '', replyTo: chapter.replyTo ?? '' };
    const holidays = {
      holidayCountry: chapter.holidayCountry ?? '',
      holidayRegion: chapter.holidayRegion ?? '',
    };
    return page(
      request,
      reply,
      {
        ...{ name, accentColour, timeZone, locale, invitationInCalendar },
        ...texts,
        ...holidays,
        form: chapter.form ?? '',
      },
      {},
    );
  });

  app.post('/settings', async (request, reply) => {
    const { deskChapter: chapter } = request;
    const { values, errors, settings } = readForm(request.body);
    // The regions on the page were those of the country before.
    if (settings.holidayCountry !== chapter.holidayCountry) settings.holidayRegion = null;
    if (!(await isKnownPlace(settings))) errors.holidayCountry = 'notAPlace';
    if (Object.keys(errors).length > 0) return page(request, reply.code(400), values, errors);
    // What cannot be chosen here now stays as it was chosen.
    const { invitationInCalendar } = values;
    const chosen = deps.config.inbound ? { ...settings, invitationInCalendar } : settings;
    await saveSettings(deps, chapter.id, chosen, actorOf(request));
    return reply.redirect(`/desk/chapters/${chapter.slug}/settings?done=saved`, 303);
  });

  async function page(request: FastifyRequest, reply: FastifyReply, values: Values, errors: Errors) {
    const { desk, deskChapter: chapter } = request;
    const country = chapter.holidayCountry;
    const regions = country ? await listRegions(country) : [];
    const { t } = desk;
    const e = Object.fromEntries(
      Object.entries(errors).map(([field, error]) => [field, t(`net.settings.wrong.${error}`)]),
    );
    return deskPage(
      request,
      reply,
      'settings',
      { title: t('net.settings.title'), chapter, section: 'more', sheets: ['entry.css'] },
      {
        base: `/desk/chapters/${chapter.slug}`,
        v: values,
        e,
        wrong: Object.entries(e).map(([field, message]) => ({
          field,
          label: t(`net.settings.field.${field}`),
          message,
        })),
        zones,
        forms,
        inbound: deps.config.inbound,
        countries: await countriesInWords(desk.locale),
        regions: regions.map(({ code, ...names }) => ({ value: code, label: names[desk.locale] })),
        publicUrl: `/c/${chapter.slug}`,
      },
    );
  }
}

/** The countries whose holidays are known, by name. */
async function countriesInWords(locale: Locale) {
  const names = new Intl.DisplayNames(locale === 'en' ? 'en-GB' : locale, { type: 'region' });
  return (await listCountries())
    .map((value) => ({ value, label: names.of(value) ?? value }))
    .sort((a, b) => a.label.localeCompare(b.label, locale));
}

function readForm(body: unknown): { values: Values; errors: Errors; settings: ChapterSettings } {
  const field = (name: string) => tidyName(fieldOf(body, name)).slice(0, 400);
  const values = {
    ...(Object.fromEntries(fields.map((name) => [name, field(name)])) as Record<Field, string>),
    invitationInCalendar: fieldOf(body, 'invitationInCalendar') === 'yes',
  };
  const errors: Errors = {};
  if (values.name === '') errors.name = 'missing';
  for (const name of ['name', 'senderName'] as const) if (values[name].length > 100) errors[name] = 'tooLong';
  const accentColour = values.accentColour.toLowerCase();
  if (!/^#[0-9a-f]{6}$/.test(accentColour)) errors.accentColour = 'notAColour';
  const replyTo = values.replyTo === '' ? null : readAddress(values.replyTo);
  if (values.replyTo !== '' && !replyTo) errors.replyTo = 'notAnAddress';
  if (!isZone(values.timeZone)) errors.timeZone = 'notAZone';
  return {
    values,
    errors,
    settings: {
      name: values.name,
      accentColour,
      senderName: values.senderName || null,
      replyTo,
      timeZone: values.timeZone,
      locale: values.locale === 'en' ? 'en' : 'it',
      form: forms.includes(values.form) ? values.form : null,
      holidayCountry: values.holidayCountry.slice(0, 2) || null,
      holidayRegion: values.holidayRegion.slice(0, 10) || null,
    },
  };
}
