import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** A file that a form of the desk brought. `tooLarge` where it was cut off at the limit. */
export type Upload = { name: string; bytes: Buffer; tooLarge: boolean };

export const mostUploadBytes = 10 * 1024 * 1024;

/** The config of a route that takes one file in a form; elsewhere a form brings none. */
export const takesOneFile = { multipartOptions: { limits: { files: 1, fileSize: mostUploadBytes } } };

/**
 * Reads forms that bring files. Before the guard's own hook, which looks for the form's token among their fields.
 */
export async function readUploads(app: FastifyInstance): Promise<void> {
  await app.register(multipart, {
    attachFieldsToBody: 'keyValues',
    throwFileSizeLimit: false,
    limits: { files: 0, fileSize: 1, fields: 100, parts: 101, fieldSize: 10_000 },
    async onFile(part) {
      const chunks: Buffer[] = [];
      for await (const chunk of part.file) chunks.push(chunk as Buffer);
      const upload: Upload = {
        name: part.filename ?? '',
        bytes: Buffer.concat(chunks),
        tooLarge: part.file.truncated,
      };
      part.value = upload;
    },
  });
}

/** The file in a field of a form, where one was chosen. */
export function uploadOf(request: FastifyRequest, field: string): Upload | null {
  const found = (request.body as Record<string, unknown> | null | undefined)?.[field];
  const upload = found as Upload | undefined;
  if (!upload || !Buffer.isBuffer(upload.bytes)) return null;
  // A browser sends the field of a form without a file as an empty one without a name.
  return upload.name === '' && upload.bytes.length === 0 ? null : upload;
}
