import { Format, type TSchema, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import type { FastifySchemaCompiler } from 'fastify';
import type { TLocalizedValidationError } from 'typebox/error';
import { Settings } from 'typebox/system';
import { isZone } from '../events/local-time.ts';
import { validateOffset } from '../mailings/timing.ts';
import { readAddress, tidyName } from '../people/rules.ts';
import { type FieldError, Problem } from '../web/errors.ts';

// All that is wrong is named, not the first few things: a body is limited by its size.
Settings.Set({ maxErrors: 1000 });

/** Our own formats, and what to say of a text that does not have them. */
const formats: Record<string, { check: (text: string) => boolean; message: string }> = {
  email: {
    check: (text) => readAddress(text) !== null,
    message: 'Takes a mail address such as "anna@example.org".',
  },
  name: { check: (text) => tidyName(text) !== '', message: 'Takes a name: it must not be blank.' },
  slug: {
    check: (text) => /^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/.test(text),
    message: 'Takes small letters, digits and hyphens, such as "bologna", at most 64.',
  },
  'time-zone': { check: isZone, message: 'Takes an IANA time zone such as "Europe/Rome".' },
  'local-time': {
    check: (text) => /^([01]\d|2[0-3]):[0-5]\d$/.test(text),
    message: 'Takes a time of day such as "10:00".',
  },
  'timeline-offset': {
    check: (text) => validateOffset(text).ok,
    message: 'Takes an ISO 8601 duration such as "-P1D" or "PT2H", of whole days, ten years at most.',
  },
  url: {
    check: (text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ''),
    message: 'Takes an address that begins with https:// or http://.',
  },
};
for (const [name, { check }] of Object.entries(formats)) Format.Set(name, check);

/** What was refused because its shape is wrong: 400, with every field that is. */
export class InvalidInput extends Problem {
  constructor(errors: FieldError[]) {
    const fields = errors.map((error) => error.path || 'the body').join(', ');
    super(400, `Some of what was sent cannot be taken: ${fields}.`, { code: 'invalid', errors });
  }
}

/**
 * Nothing is coerced: a body is taken as it is, and of a query only whole numbers are read, since all of it is text. A
 * path is not judged here: what it names is looked up, and 404 where it cannot exist.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart, ...route }) => {
  if (httpPart === 'params') return (value: unknown) => ({ value });
  const validate = TypeBoxValidatorCompiler({ ...route, schema, httpPart: 'body' });
  return (given: unknown) => {
    // A file is judged by whoever reads it.
    if (Buffer.isBuffer(given)) return { value: given };
    const value = httpPart === 'querystring' ? readNumbers(given as Query, schema as Fields) : given;
    const result = validate(value) as { error?: TLocalizedValidationError[] };
    const errors = [...(result.error ?? []).flatMap(describe), ...nulPaths(value)];
    return errors.length > 0 ? { error: new InvalidInput(errors) } : { value };
  };
};

type Query = Record<string, unknown>;
type Fields = { properties?: Record<string, { type?: string }> };

function readNumbers(query: Query, schema: Fields): Query {
  const read = ([name, text]: [string, unknown]) => {
    const isNumber =
      schema.properties?.[name]?.type === 'integer' && typeof text === 'string' && /^\d{1,15}$/.test(text);
    return [name, isNumber ? Number(text) : text];
  };
  return Object.fromEntries(Object.entries(query).map(read));
}

function describe(error: TLocalizedValidationError): FieldError[] {
  const path = dotted(error.instancePath);
  const below = (name: string) => (path ? `${path}.${name}` : name);
  switch (error.keyword) {
    case 'required':
      return error.params.requiredProperties.map((name) => ({
        path: below(name),
        message: 'This field is needed.',
      }));
    case 'additionalProperties':
      return error.params.additionalProperties.map((name) => ({
        path: below(name),
        message: 'There is no such field: check its spelling, or leave it out.',
      }));
    case 'boolean':
      // The unknown field once more, named above.
      return [];
    default:
      return [{ path, message: messageOf(error) }];
  }
}

function messageOf(error: TLocalizedValidationError): string {
  switch (error.keyword) {
    case 'type':
      return `Takes ${[error.params.type]
        .flat()
        .map((type) => typeWords[type] ?? type)
        .join(' or ')}.`;
    case 'enum':
      return `Takes one of: ${error.params.allowedValues.filter((value) => value !== null).join(', ')}.`;
    case 'minLength':
      return error.params.limit === 1
        ? 'Must not be empty.'
        : `Takes at least ${error.params.limit} characters.`;
    case 'maxLength':
      return `Takes at most ${error.params.limit} characters.`;
    case 'minimum':
      return `Takes a number from ${error.params.limit} on.`;
    case 'maximum':
      return `Takes a number up to ${error.params.limit}.`;
    case 'maxItems':
      return `Takes at most ${error.params.limit} entries.`;
    case 'format':
      return formats[error.params.format]?.message ?? `Takes a text in the form ${error.params.format}.`;
    default:
      return `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`;
  }
}

const typeWords: Record<string, string> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
};

/** `/timeline/2/offset` (RFC 6901) as `timeline[2].offset`. */
function dotted(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path ? `${path}.${part}` : part), '');
}

/** PostgreSQL keeps no text with a NUL in it. */
function nulPaths(value: unknown, path = ''): FieldError[] {
  if (typeof value === 'string') {
    return value.includes('\0') ? [{ path, message: 'Contains a NUL character: leave it out.' }] : [];
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => nulPaths(item, `${path}[${index}]`));
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, item]) => nulPaths(item, path ? `${path}.${key}` : key));
}
