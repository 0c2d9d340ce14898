import Fastify, { type FastifyInstance } from 'fastify';
import { Compile } from 'typebox/schema';
import { afterAll, beforeAll, expect } from 'vitest';
import { apiRoutes } from '../../server/api/routes.ts';
import { createToken } from '../../server/api/tokens.ts';
import type { Deps } from '../../server/deps.ts';
import { registerErrorHandlers } from '../../server/web/errors.ts';
import { registerPages } from '../../server/web/pages.ts';
import { type TestClock, testClock } from '../support/clock.ts';
import { useDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A row of a list, as far as tests look into it. */
export type Row = Record<'id' | 'personId' | 'email' | 'kind' | 'state' | 'link', string> & {
  [field: string]: unknown;
};

/** What came back; the fields that tests look into are there where the call answers with them. */
export type Shown = Row & {
  items: Row[];
  nextCursor: string | null;
  errors: { path: string; message: string }[];
};

export type Answer = { status: number; body: Shown; headers: Record<string, unknown> };

export type TestApi = {
  readonly app: FastifyInstance;
  readonly deps: Deps;
  clock: TestClock;
  /** A call with the network's token, under /api/v1. */
  call(method: Method, path: string, body?: unknown, options?: CallOptions): Promise<Answer>;
  /** A token of one chapter. */
  tokenOf(chapterId: string | null): Promise<string>;
};

export type CallOptions = { token?: string | null; key?: string; headers?: Record<string, string> };

/** The API alone, on a database of its own. Each answer is held against the OpenAPI document. */
export function useApi(options: { now: string }): TestApi {
  const database = useDatabase();
  const clock = testClock(options.now);
  const app = Fastify({ logger: false, bodyLimit: 256 * 1024, routerOptions: { maxParamLength: 300 } });
  let deps: Deps;
  let token: string;

  beforeAll(async () => {
    deps = testDeps(database.db, clock);
    registerErrorHandlers(app);
    await registerPages(app);
    await app.register(apiRoutes, { deps });
    await app.ready();
    token = await tokenOf(null);
  });
  afterAll(() => app.close());

  const tokenOf = async (chapterId: string | null) =>
    (await createToken(deps.db, { name: 'a test', chapterId, now: clock() })).secret;

  return {
    get app() {
      return app;
    },
    get deps() {
      return deps;
    },
    clock,
    tokenOf,
    async call(method, path, body, { token: other, key, headers } = {}) {
      const bearer = other === undefined ? token : other;
      const response = await app.inject({
        method,
        url: `/api/v1${path}`,
        ...(body !== undefined && { payload: body as object }),
        headers: {
          ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
          ...(key !== undefined && { 'idempotency-key': key }),
          ...headers,
        },
      });
      const answer = {
        status: response.statusCode,
        body: (response.body === '' ? null : response.json()) as Shown,
        headers: response.headers,
      };
      holdAgainstDocument(await documentOf(app), method, path, answer);
      return answer;
    },
  };
}

type Schema = { [key: string]: unknown };
type Document = {
  paths: Record<
    string,
    Record<string, { responses: Record<string, { content?: Record<string, { schema: Schema }> }> }>
  >;
};

async function documentOf(app: FastifyInstance): Promise<Document> {
  return (await app.inject('/api/v1/openapi.json')).json();
}

/** What a call answers is what the document says: no field less, and none more. */
function holdAgainstDocument(document: Document, method: Method, path: string, answer: Answer): void {
  if (answer.status >= 400) {
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.body).toMatchObject({
      status: answer.status,
      title: expect.any(String),
      detail: expect.any(String),
    });
    return;
  }
  const asked = `/api/v1${path}`.replace(/\?.*/, '').split('/');
  const found = Object.keys(document.paths).find((known) => {
    const parts = known.split('/');
    return (
      parts.length === asked.length && parts.every((part, at) => part.startsWith('{') || part === asked[at])
    );
  });
  const responses = document.paths[found ?? '']?.[method.toLowerCase()]?.responses;
  const documented = responses?.[answer.status];
  expect(
    documented,
    `${method} ${path} answered ${answer.status}, which the document does not know`,
  ).toBeDefined();
  const schema = documented?.content?.['application/json']?.schema;
  if (!schema) return;
  const [, errors] = Compile(closed(schema) as never).Errors(answer.body);
  expect(errors, `${method} ${path} answered something else than the document says`).toEqual([]);
}

function closed(schema: Schema): Schema {
  const properties = schema.properties as Record<string, Schema> | undefined;
  return {
    ...schema,
    ...(properties && {
      additionalProperties: false,
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, inner]) => [name, closed(inner)]),
      ),
    }),
    ...(schema.items !== undefined && { items: closed(schema.items as Schema) }),
  };
}

/** The fields that a 400 names, in order. */
export const wrongPaths = (answer: Answer) => {
  expect(answer.status).toBe(400);
  return answer.body.errors.map((error) => error.path);
};
