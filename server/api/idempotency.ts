import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { Problem } from '../web/errors.ts';
import { beginKey, findKey, forgetKey, forgetOldKeys, type KeyOf, keepAnswer } from './idempotency-keys.ts';
import { InvalidInput } from './validation.ts';

const keptMs = 24 * 3_600_000;
/** A call that has not ended by then died with its process. */
const abandonedAfterMs = 60_000;

declare module 'fastify' {
  interface FastifyRequest {
    /** The Idempotency-Key that this request answers for, until its answer is kept. */
    answersKey: KeyOf | null;
  }
}

/** Forgets the answers of more than a day ago, also where no call comes that would. */
export async function forgetOldAnswers({ db, clock }: Pick<Deps, 'db' | 'clock'>): Promise<void> {
  await forgetOldKeys(db, new Date(clock().getTime() - keptMs));
}

/**
 * A POST with an `Idempotency-Key` is done once: the same key and body get the same answer for a day. The answer is kept
 * after the work was committed: a crash between the two lets a repeat do it again after a minute. That is a draft or a
 * walk-in too many, which a person sees and removes; a call that could never be repeated would be worse.
 */
export function honourIdempotencyKeys(app: FastifyInstance, { db, clock }: Pick<Deps, 'db' | 'clock'>): void {
  app.decorateRequest('answersKey', null);

  app.addHook('preHandler', async (request, reply) => {
    const key = request.headers['idempotency-key'];
    if (request.method !== 'POST' || key === undefined) return undefined;
    if (typeof key !== 'string' || key.length === 0 || key.length > 255) {
      throw new InvalidInput([
        { path: 'Idempotency-Key', message: 'Takes one text of 1 to 255 characters.' },
      ]);
    }
    const now = clock();
    await forgetOldKeys(db, new Date(now.getTime() - keptMs));
    const keyOf = { apiTokenId: request.caller.tokenId, key };
    const requestHash = hashOf(request);
    if (
      await beginKey(db, keyOf, { requestHash, now, abandoned: new Date(now.getTime() - abandonedAfterMs) })
    ) {
      request.answersKey = keyOf;
      return undefined;
    }
    const earlier = await findKey(db, keyOf);
    if (earlier && !earlier.requestHash.equals(requestHash)) {
      throw new Problem(
        422,
        'This Idempotency-Key was used for another call: use a new one for a new call.',
        {
          code: 'idempotency_key_reused',
        },
      );
    }
    if (!earlier?.status) {
      throw new Problem(409, 'The call with this Idempotency-Key is still running: ask again in a moment.', {
        code: 'still_running',
        headers: { 'retry-after': '1' },
      });
    }
    const type = earlier.status < 400 ? 'application/json' : 'application/problem+json';
    return reply.code(earlier.status).header('idempotency-replayed', 'true').type(type).send(earlier.body);
  });

  app.addHook('onSend', async (request, reply, payload) => {
    const keyOf = request.answersKey;
    if (keyOf === null) return;
    request.answersKey = null;
    try {
      // What failed on our side may be tried again with the same key.
      const kept = reply.statusCode < 500 && typeof payload === 'string';
      if (kept) await keepAnswer(db, keyOf, { status: reply.statusCode, body: payload });
      else await forgetKey(db, keyOf);
    } catch (error) {
      request.log.error({ err: error }, 'the answer to an Idempotency-Key could not be kept');
    }
  });
}

function hashOf(request: FastifyRequest): Buffer {
  const { body } = request;
  return createHash('sha256')
    .update(`${request.method} ${request.url}\n`)
    .update(Buffer.isBuffer(body) ? body : (JSON.stringify(body) ?? ''))
    .digest();
}
