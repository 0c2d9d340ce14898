import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { type AtDesk, csrfOf } from './at-desk.ts';

/** Sends a file as the form of the desk does. */
export async function uploadFile(
  { server }: { server: FastifyInstance },
  desk: AtDesk,
  path: string,
  file: Buffer | string | null,
  { name = 'socie.csv', csrf }: { name?: string; csrf?: string } = {},
): Promise<LightMyRequestResponse> {
  const form = new FormData();
  form.append('_csrf', csrf ?? csrfOf((await desk.get('/desk/help')).body));
  form.append(
    'file',
    new Blob(file === null ? [] : [Uint8Array.from(Buffer.from(file))]),
    file === null ? '' : name,
  );
  const encoded = new Response(form);
  return server.inject({
    method: 'POST',
    url: path,
    headers: {
      cookie: desk.cookie,
      accept: 'text/html',
      'content-type': encoded.headers.get('content-type') as string,
    },
    payload: Buffer.from(await encoded.arrayBuffer()),
  });
}
