import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** A field that does not hold, and what to do about it. `path` is dotted: `seats.room`, `[2].offset`. */
export type FieldError = { path: string; message: string };

/** The body of an error (RFC 9457). `code` says which one, for programs; `detail` what to do, for people. */
export type ProblemBody = {
  type: string;
  title: string;
  status: number;
  detail: string;
  code?: string;
  errors?: FieldError[];
};

/** What a route throws to refuse a request. Not a failure of ours: it is not logged. */
export class Problem extends Error {
  readonly statusCode: number;
  readonly code: string | undefined;
  readonly errors: FieldError[] | undefined;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    detail: string,
    more: { code?: string; errors?: FieldError[]; headers?: Record<string, string> } = {},
  ) {
    super(detail);
    this.statusCode = status;
    this.code = more.code;
    this.errors = more.errors;
    this.headers = more.headers ?? {};
  }
}

/** Shows a refusal or a failure as a page. */
export type FailurePage = (
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
) => FastifyReply | Promise<FastifyReply>;

const retryAfterSeconds = '5';

/**
 * The one place where errors become answers: problem+json for programs, `page` for browsers. What is thrown without
 * being a refusal is logged once, and its text is shown to nobody. A database that is away is 503, to be tried again.
 */
export function registerErrorHandlers(app: FastifyInstance, page?: FailurePage): void {
  const answer = (request: FastifyRequest, reply: FastifyReply, problem: Problem) => {
    reply.code(problem.statusCode).headers(problem.headers);
    if (page && wantsPage(request)) return page(request, reply, problem.statusCode);
    return sendProblem(reply, problem);
  };
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = asProblem(error);
    if (problem.statusCode >= 500) request.log.error({ err: error }, 'a request failed');
    return answer(request, reply, problem);
  });
  app.setNotFoundHandler((request, reply) => answer(request, reply, nothingHere()));
}

const nothingHere = () => new Problem(404, 'Nothing is at this address. See /docs for what there is.');

/**
 * An address that cannot be decoded, such as a link that was cut in the middle of a character, taken letter by letter:
 * it then leads nowhere like any other wrong one. The router would answer it by itself, without our pages and hooks.
 */
export function decodableUrl(url: string): string {
  if (!url.includes('%')) return url;
  try {
    decodeURIComponent(url);
    return url;
  } catch {
    return url.replaceAll('%', '%25');
  }
}

/** Sends a problem as its body, also from a hook that has to stop the request. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const { statusCode: status, code, errors } = problem;
  const body: ProblemBody = {
    type: code ? `/docs#${code}` : 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: problem.message,
    ...(code && { code }),
    ...(errors && { errors }),
  };
  return reply
    .code(status)
    .headers(problem.headers)
    .type('application/problem+json')
    .send(JSON.stringify(body));
}

function wantsPage(request: FastifyRequest): boolean {
  return !request.url.startsWith('/api/') && (request.headers.accept ?? '').includes('text/html');
}

function asProblem(error: FastifyError): Problem {
  if (error instanceof Problem) return error;
  if (isDatabaseAway(error)) {
    return new Problem(503, 'The database does not answer. Nothing was changed; try again in a moment.', {
      code: 'database_away',
      headers: { 'retry-after': retryAfterSeconds },
    });
  }
  const status = error.statusCode ?? 500;
  if (status >= 500) {
    return new Problem(
      status,
      'Something went wrong on our side. It was written down; please try again later.',
    );
  }
  return new Problem(status, details[error.code] ?? error.message);
}

const details: Record<string, string> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'The body is larger than this call takes.',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'This call takes application/json: say so in Content-Type.',
  FST_ERR_CTP_INVALID_JSON_BODY: 'The body is not JSON: check its quotes, commas and brackets.',
};

// Sockets, the pool, and the classes of SQLSTATE that say the server is gone, going or not there yet.
const awayCodes = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ENOENT', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH'],
  ...['57P01', '57P02', '57P03', '53300'],
]);
const awayMessages =
  /^(timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error)/;

/** Whether an error says that the database cannot be reached, rather than that it refused something. */
export function isDatabaseAway(error: Error & { code?: string | undefined; syscall?: string }): boolean {
  const { code = '' } = error;
  // A missing file is ENOENT too: only a socket that is not there counts.
  if (code === 'ENOENT' && error.syscall !== 'connect') return false;
  return awayCodes.has(code) || code.startsWith('08') || awayMessages.test(error.message);
}
