import { renderMarkdown } from '../web/markdown.ts';
import type { JsonSchema, OpenApiDocument, Operation } from './openapi.ts';
import { refusals } from './refusals.ts';

type Field = { path: string; type: string; needed: boolean; description: string };
type Call = {
  id: string;
  method: string;
  path: string;
  summary: string;
  description: string;
  query: Field[];
  body: Field[];
  answers: { status: string; fields: Field[] }[];
};

export type DocsView = {
  introduction: string;
  groups: { name: string; description: string; calls: Call[] }[];
  refusals: { code: string; detail: string }[];
};

/** The document as the reference page prints it. Descriptions are ours: Markdown, rendered without HTML. */
export function docsView(document: OpenApiDocument): DocsView {
  const calls = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      tag: operation.tags?.[0],
      ...callOf(method, path, operation),
    })),
  );
  return {
    introduction: renderMarkdown(document.info.description ?? ''),
    groups: (document.tags ?? []).map(({ name, description = '' }) => ({
      name,
      description,
      calls: calls.filter((call) => call.tag === name),
    })),
    refusals: Object.entries(refusals).map(([code, detail]) => ({ code, detail })),
  };
}

function callOf(method: string, path: string, operation: Operation): Call {
  const body = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
  const parameters = operation.parameters ?? [];
  return {
    id: `${method}${path.replace('/api/v1', '').replaceAll(/[/{}]+/g, '-')}`.replace(/-$/, ''),
    method: method.toUpperCase(),
    path,
    summary: operation.summary ?? '',
    description: renderMarkdown(operation.description ?? ''),
    query: parameters
      .filter((parameter) => parameter.in === 'query')
      .map(({ name, schema, description, required }) => ({
        path: name,
        type: typeOf(schema ?? {}),
        needed: required ?? false,
        description: renderMarkdown(description ?? schema?.description ?? ''),
      })),
    body: body ? fieldsOf(body) : [],
    answers: Object.entries(operation.responses)
      .filter(([status]) => status.startsWith('2'))
      .map(([status, answer]) => {
        const schema = Object.values(answer.content ?? {})[0]?.schema;
        return { status, fields: schema ? fieldsOf(schema) : [] };
      }),
  };
}

/** A schema's fields, those of what lies inside it with dotted paths. */
function fieldsOf(schema: JsonSchema, prefix = ''): Field[] {
  if (schema.items) return fieldsOf(schema.items, `${prefix}[]`);
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix ? `${prefix}.${name}` : name;
    const described = {
      path,
      type: typeOf(field),
      needed: schema.required?.includes(name) ?? false,
      description: renderMarkdown(field.description ?? ''),
    };
    return [described, ...fieldsOf(field, path)];
  });
}

function typeOf(schema: JsonSchema): string {
  const types = [schema.type ?? 'any']
    .flat()
    .map((type) => (type === 'array' ? `list of ${typeOf(schema.items ?? {})}` : type));
  const choices = schema.enum?.filter((value) => value !== null).join(' | ');
  const word = choices ? types.map((type) => (type === 'string' ? choices : type)) : types;
  return [word.join(' or '), limits(schema)].filter(Boolean).join(', ');
}

function limits(schema: JsonSchema): string {
  const { minimum, maximum, maxLength } = schema;
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
  if (minimum !== undefined) return `from ${minimum}`;
  return maxLength === undefined ? '' : `up to ${maxLength} characters`;
}
