import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import type { Links } from '../web/links.ts';

/** The part of an OpenAPI document (3.1) that the reference page reads. */
export type OpenApiDocument = {
  info: { title: string; version: string; description?: string };
  tags?: { name: string; description?: string }[];
  paths: Record<string, Record<string, Operation>>;
};
export type Operation = {
  tags?: string[];
  summary?: string;
  description?: string;
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema?: JsonSchema }[];
  requestBody?: { content: Record<string, { schema: JsonSchema }> };
  responses: Record<string, { description?: string; content?: Record<string, { schema: JsonSchema }> }>;
};
export type JsonSchema = {
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  examples?: unknown[];
} & Partial<Record<'minimum' | 'maximum' | 'minLength' | 'maxLength' | 'maxItems', number>>;

/** Collects the schemas of all routes that follow into one document: `app.swagger()`. */
export async function collectOpenApi(app: FastifyInstance, links: Links): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Ritrovo', version: '1', description: introduction },
      servers: [{ url: links.publicUrl }],
      security: [{ token: [] }],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      tags: [
        { name: 'Chapters', description: 'The groups of a network.' },
        { name: 'Members', description: 'Who belongs to a chapter.' },
        { name: 'Events', description: 'From a draft to its end.' },
        { name: 'Answers', description: 'Who comes, who waits, who does not.' },
        { name: 'Attendance', description: 'Who was there, apart from what she had answered.' },
        { name: 'Timeline', description: 'Which mail leaves when, and to whom.' },
        { name: 'Mailings', description: 'What was sent, and what became of it.' },
        {
          name: 'Texts',
          description: 'The words of the mails: the original’s, the network’s, a chapter’s, an event’s.',
        },
      ],
    },
  });
}

const introduction = [
  'Every call takes `Authorization: Bearer TOKEN`. A token is made with `npm run cli -- token create --name NAME`; one made with `--chapter SLUG` sees that chapter alone: the others do not exist for it (404).',
  'Bodies and answers are JSON in camelCase. A field that a call does not know is refused, and all that is wrong with a body is named at once.',
  'Times come out as ISO 8601 in UTC. On the way in, a time with an offset is that instant; one without is local to the `timeZone` of the event.',
  'Lists are pages of `items` with `nextCursor`, in an order that never changes: what was there when the first page was read comes once, whatever is added meanwhile.',
  'Errors are application/problem+json (RFC 9457): `detail` says what to do, `code` says which refusal it is, `errors` names the fields. Where the database is away the answer is 503 with `Retry-After`.',
  'A POST with an `Idempotency-Key` is done once: for a day the same key and body get the same answer. Another body under the same key is 422; while the first call runs, a repeat is 409 with `Retry-After`.',
].join('\n\n');
