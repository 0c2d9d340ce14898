/** A raw message as it went over the wire, taken apart by hand: what a parser would smooth over can be seen here. */
export type RawPart = {
  headers: Map<string, string>;
  names: string[];
  head: string;
  body: string;
  parts: RawPart[];
};

export function rawPart(raw: string): RawPart {
  const cut = raw.indexOf('\r\n\r\n');
  const head = raw.slice(0, cut);
  const body = raw.slice(cut + 4);
  const fields = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const headers = new Map(
    fields.map((field) => [
      field.slice(0, field.indexOf(':')).toLowerCase(),
      field.slice(field.indexOf(':') + 1).trim(),
    ]),
  );
  const names = fields.map((field) => field.slice(0, field.indexOf(':')));
  const boundary = headers.get('content-type')?.match(/^multipart\/.*boundary="?([^";]+)"?/)?.[1];
  const parts = boundary
    ? body
        .split(`--${boundary}--`)[0]!
        .split(`--${boundary}\r\n`)
        .slice(1)
        .map((part) => rawPart(part.replace(/\r\n$/, '')))
    : [];
  return { headers, names, head, body, parts };
}
