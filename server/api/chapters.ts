import { type Static, Type } from '@fastify/type-provider-typebox';
import { listMembers, type MemberRow } from '../chapters/queries.ts';
import { addMember, createChapter } from '../chapters/service.ts';
import { saveSettings } from '../chapters/settings.ts';
import type { Deps } from '../deps.ts';
import { isKnownPlace } from '../holidays/calendar.ts';
import { readAddress } from '../people/rules.ts';
import { actorOf, needChapter } from './auth.ts';
import { PageQuery, readPage } from './paging.ts';
import { refused } from './refusals.ts';
import { type Api, answers, Body, Choice, Id, Instant, List, Locale, nullable } from './shapes.ts';
import { InvalidInput } from './validation.ts';

const Country = Type.String({
  maxLength: 2,
  description: 'Whose public holidays it keeps (ISO 3166-1, `IT`); null: none. `IT` where left out.',
});
const Region = Type.String({
  maxLength: 10,
  description: 'One of that country’s regions with holidays of its own, such as `BY` in `DE`.',
});
const ChapterShape = Type.Object({
  id: Id,
  slug: Type.String(),
  name: Type.String(),
  timeZone: Type.String(),
  locale: Locale,
  holidayCountry: nullable(Country),
  holidayRegion: nullable(Region),
  url: Type.String({ description: 'Its public page.' }),
});
type ChapterView = Static<typeof ChapterShape>;

const Email = Type.String({ format: 'email', maxLength: 254 });
const Name = Type.String({ format: 'name', maxLength: 100 });
const Role = Choice(['member', 'coordinator']);

const PersonShape = {
  id: Id,
  email: nullable(Type.String()),
  firstName: Type.String(),
  lastName: Type.String(),
  locale: nullable(Locale),
  role: Role,
};
const MemberShape = Type.Object(PersonShape);
const ListedMember = Type.Object({ ...PersonShape, since: Instant });

const params = Type.Object({ slug: Type.String() });

/** Chapters and the people who belong to them. */
export async function chapterRoutes(app: Api, { deps }: { deps: Deps }): Promise<void> {
  app.post(
    '/chapters',
    {
      schema: {
        tags: ['Chapters'],
        summary: 'Make a chapter',
        description: 'Without a coordinator, whoever has coordinated in the network for longest holds it.',
        body: Body({
          slug: Type.String({
            format: 'slug',
            description: 'Its part of addresses: small letters, digits, hyphens.',
          }),
          name: Type.String({ format: 'name', maxLength: 100 }),
          timeZone: Type.String({ format: 'time-zone', maxLength: 64 }),
          locale: Locale,
          holidayCountry: Type.Optional(nullable(Country)),
          holidayRegion: Type.Optional(nullable(Region)),
          coordinator: Type.Optional(
            Body({ email: Email, firstName: Name, lastName: Type.Optional(Type.String({ maxLength: 100 })) }),
          ),
        }),
        response: answers({ 201: ChapterShape }, 403, 409),
      },
    },
    async (request, reply) => {
      const { coordinator, ...input } = request.body;
      await checkHolidays(input);
      const holder = coordinator && { ...coordinator, email: readAddress(coordinator.email) };
      const outcome = await createChapter(deps, input, holder ?? null, actorOf(request));
      if (!outcome.ok) throw refused(outcome.reason);
      return reply.code(201).send(viewOf(outcome.chapter));
    },
  );

  app.patch(
    '/chapters/:slug',
    {
      schema: {
        tags: ['Chapters'],
        summary: 'Choose whose public holidays a chapter keeps',
        description:
          'What is left out stays; another country without a region has none. Dates of series to come are looked at again.',
        params,
        body: Body({
          holidayCountry: Type.Optional(nullable(Country)),
          holidayRegion: Type.Optional(nullable(Region)),
        }),
        response: answers({ 200: ChapterShape }),
      },
    },
    async (request) => {
      const chapter = await needChapter(deps, request, request.params.slug);
      const { holidayCountry = chapter.holidayCountry } = request.body;
      const isSame = holidayCountry === chapter.holidayCountry;
      const { holidayRegion = isSame ? chapter.holidayRegion : null } = request.body;
      await checkHolidays({ holidayCountry, holidayRegion });
      await saveSettings(deps, chapter.id, { holidayCountry, holidayRegion }, actorOf(request));
      return viewOf({ ...chapter, holidayCountry, holidayRegion });
    },
  );

  app.post(
    '/chapters/:slug/members',
    {
      schema: {
        tags: ['Members'],
        summary: 'Make somebody a member',
        description:
          'The same address is the same person: one who belongs to the chapter already is answered with 200 and stays as she is, one known from another chapter joins with 201 and keeps her name. `role: coordinator` makes a member a coordinator; nothing here takes a role away.',
        params,
        body: Body({
          email: Email,
          firstName: Name,
          lastName: Type.Optional(Type.String({ maxLength: 100 })),
          locale: Type.Optional(nullable(Locale)),
          role: Type.Optional(Role),
        }),
        response: answers({ 200: MemberShape, 201: MemberShape }, 409),
      },
    },
    async (request, reply) => {
      const chapter = await needChapter(deps, request, request.params.slug);
      const input = { ...request.body, email: readAddress(request.body.email) };
      const outcome = await addMember(deps, chapter.id, input, { actor: actorOf(request), source: 'api' });
      if (!outcome.ok) throw refused(outcome.reason);
      return reply
        .code(outcome.joined ? 201 : 200)
        .send(memberView({ ...outcome.person, role: outcome.role }));
    },
  );

  function viewOf(chapter: Omit<ChapterView, 'url' | 'locale'> & { locale: string }): ChapterView {
    const { id, slug, name, timeZone, holidayCountry, holidayRegion } = chapter;
    const locale = chapter.locale as Static<typeof Locale>;
    const url = deps.links.url(`/c/${slug}`);
    return { id, slug, name, timeZone, locale, holidayCountry, holidayRegion, url };
  }

  app.get(
    '/chapters/:slug/members',
    {
      schema: {
        tags: ['Members'],
        summary: 'Who belongs to a chapter',
        params,
        querystring: PageQuery,
        response: answers({ 200: List(ListedMember) }),
      },
    },
    async (request) => {
      const chapter = await needChapter(deps, request, request.params.slug);
      const now = deps.clock();
      const page = await readPage(request.query, (at) => listMembers(deps.db, chapter.id, { ...at, now }));
      return {
        ...page,
        items: page.items.map((row) => ({ ...memberView(row), since: row.since.toISOString() })),
      };
    },
  );
}

/** Refuses a place whose holidays nobody knows. */
async function checkHolidays(of: { holidayCountry?: string | null; holidayRegion?: string | null }) {
  const { holidayCountry = 'IT', holidayRegion = null } = of;
  if (await isKnownPlace({ holidayCountry, holidayRegion })) return;
  const path = holidayRegion === null ? 'holidayCountry' : 'holidayRegion';
  const message = 'Takes a country whose holidays are known (ISO 3166-1), and a region of that country.';
  throw new InvalidInput([{ path, message }]);
}

function memberView(row: Omit<MemberRow, 'since'>): Static<typeof MemberShape> {
  const { id, email, firstName, lastName, locale, role } = row;
  return { id, email, firstName, lastName, locale: locale as Static<typeof Locale> | null, role };
}
