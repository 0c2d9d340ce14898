import { type Static, Type } from '@fastify/type-provider-typebox';
import { Body } from './shapes.ts';
import { InvalidInput } from './validation.ts';

const defaultLimit = 100;
const longest = 500;

export const PageQuery = Body({
  cursor: Type.Optional(Type.String({ maxLength: 100, description: '`nextCursor` of the page before.' })),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: longest,
      description: `How many at most; ${defaultLimit} where left out.`,
    }),
  ),
});

/**
 * Reads one page of a list that is ordered by an id which never changes: a row that existed when the first page was
 * read is neither skipped nor repeated, whatever comes in between.
 * @param keyOf the id that orders it, where that is not the row's own
 */
export async function readPage<Row extends { id: string }>(
  query: Static<typeof PageQuery>,
  read: (page: { after: string | null; limit: number }) => Promise<Row[]>,
  keyOf: (row: Row) => string = ({ id }) => id,
): Promise<{ items: Row[]; nextCursor: string | null }> {
  const limit = query.limit ?? defaultLimit;
  // One more than asked for tells whether there is another page.
  const rows = await read({
    after: query.cursor === undefined ? null : readCursor(query.cursor),
    limit: limit + 1,
  });
  const items = rows.slice(0, limit);
  return { items, nextCursor: rows.length > limit ? cursorOf(keyOf(items[limit - 1]!)) : null };
}

function cursorOf(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}

function readCursor(cursor: string): string {
  const bytes = Buffer.from(cursor, 'base64url');
  if (bytes.length !== 16 || bytes.toString('base64url') !== cursor) {
    throw new InvalidInput([
      { path: 'cursor', message: 'Takes the nextCursor of the page before, unchanged.' },
    ]);
  }
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
