import { Type } from '@fastify/type-provider-typebox';
import type { Deps } from '../deps.ts';
import { fileRefusalInEnglish, reasonInEnglish } from '../imports/reasons.ts';
import { importFile } from '../imports/service.ts';
import { mostLines } from '../imports/table.ts';
import { Problem } from '../web/errors.ts';
import { actorOf, needChapter } from './auth.ts';
import { type Api, answers, Choice } from './shapes.ts';

const mostBytes = 10 * 1024 * 1024;
const count = (description: string) => Type.Integer({ description });

const ImportShape = Type.Object({
  created: count('Who joined the chapter, known to the network or not.'),
  updated: count('Members of whom something else is known now.'),
  unchanged: count('Members of whom all of it was known.'),
  rejected: Type.Array(
    Type.Object({
      line: Type.Integer({ description: 'Where it stands in the file, from 1.' }),
      reason: Type.String({ description: 'Why, and what to do about it.' }),
    }),
    { description: 'Lines that brought nobody in, in their order.' },
  ),
});

/** People from a file. */
export async function importRoutes(app: Api, { deps }: { deps: Deps }): Promise<void> {
  for (const type of ['text/csv', 'text/tab-separated-values']) {
    app.addContentTypeParser(type, { parseAs: 'buffer', bodyLimit: mostBytes }, (_request, body, done) =>
      done(null, body),
    );
  }

  app.post(
    '/chapters/:slug/members/import',
    {
      schema: {
        tags: ['Members'],
        summary: 'Import members from CSV',
        description: [
          'Takes `text/csv` up to 10 MB and 100,000 lines, as spreadsheets write it: divided by semicolons, commas or tabs; in UTF-8, UTF-16 or Windows-1252; with Italian or English headings ("Cognome", "Nome", "Nome e cognome", "E-mail", "Telefono", "Lingua"), or without any.',
          'The address says who somebody is. Somebody of another chapter joins with the name that is known of her; an empty cell never erases anything; whoever opted out stays so; whoever had herself erased does not come back. The same file again changes nothing.',
          'Lines are taken in batches: after a failure, send the same file again.',
        ].join('\n\n'),
        body: {
          content: {
            'text/csv': { schema: Type.String({ description: 'The file, as it is.' }) },
            'text/tab-separated-values': { schema: Type.String({ description: 'The file, as it is.' }) },
          },
        },
        params: Type.Object({ slug: Type.String() }),
        querystring: Type.Object(
          {
            returning: Type.Optional(
              Choice(
                ['true', 'false'],
                'Whether people who left this chapter are taken in again; without it their lines are rejected.',
              ),
            ),
          },
          { additionalProperties: false },
        ),
        response: answers({ 200: ImportShape }),
      },
    },
    async (request) => {
      const chapter = await needChapter(deps, request, request.params.slug);
      const { body } = request;
      if (!Buffer.isBuffer(body)) {
        throw new Problem(415, 'This call takes text/csv: say so in Content-Type.');
      }
      const outcome = await importFile(
        deps,
        {
          chapterId: chapter.id,
          actor: actorOf(request),
          source: 'import',
          returningAllowed: request.query.returning === 'true',
        },
        body,
        { mostLines },
      );
      if (!outcome.ok) {
        throw new Problem(400, fileRefusalInEnglish(outcome.reason), { code: outcome.reason });
      }
      const { rejected, ...counts } = outcome.result;
      return {
        ...counts,
        rejected: rejected.map((line) => ({ line: line.line, reason: reasonInEnglish(line) })),
      };
    },
  );
}
