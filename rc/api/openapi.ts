import { z } from 'zod';
import { problem } from '../../protocol/rc-api/problem.ts';
import { REFUSALS } from '../errors.ts';
import { ACCESS, isRouteName, type RouteName } from './access.ts';
import { SUMMARIES } from './summaries.ts';
import type { ZodApp } from './zod-app.ts';

type JsonSchema = Record<string, unknown>;

/** What a route takes and gives, as it was added to the API. */
export interface DescribedRoute {
  readonly name: RouteName;
  readonly body?: z.ZodType | undefined;
  readonly params?: z.ZodType | undefined;
  readonly querystring?: z.ZodType | undefined;
  readonly answer?: z.ZodType | undefined;
  /** The media type of the same answer in bytes, for whoever asks for it. */
  readonly inBytes?: string | undefined;
}

const CONTACT_TYPE = 'application/json';
const PROBLEM_TYPE = 'application/problem+json';
/** What a caller is told besides what the route itself refuses. */
const REFUSED_STATUSES = [...new Set([...Object.values(REFUSALS), 500, 503])].sort();

/**
 * Serves the API's OpenAPI 3.1 document, made from the schemas by which the routes check what they get: every
 * route that is added after this is in it.
 */
export function addOpenApiRoute(app: ZodApp): void {
  const routes: DescribedRoute[] = [];
  let document: string | undefined;
  app.addHook('onRoute', ({ method, url, schema, config }) => {
    const name = `${String(method)} ${url}`;
    if (!isRouteName(name)) return;
    const { body, params, querystring, response } = schema ?? {};
    const answers: Readonly<Record<string, unknown>> = { ...(typeof response === 'object' && response) };
    routes.push({
      name,
      body: zodOnly(body),
      params: zodOnly(params),
      querystring: zodOnly(querystring),
      answer: zodOnly(answers['200']),
      inBytes: config?.inBytes,
    });
  });
  app.get('/v1/openapi.json', async (_request, reply) => {
    document ??= JSON.stringify(openApiDocument(routes));
    return reply.type(CONTACT_TYPE).serializer(String).send(document);
  });
}

function zodOnly(schema: unknown): z.ZodType | undefined {
  return schema instanceof z.ZodType ? schema : undefined;
}

/** @param routes of the API, in any order */
export function openApiDocument(routes: readonly DescribedRoute[]): JsonSchema {
  const paths: Record<string, JsonSchema> = {};
  for (const route of [...routes].sort((a, b) => a.name.localeCompare(b.name))) {
    const [method = '', path = ''] = route.name.split(' ');
    const template = path.replace(/:([a-z]+)/gi, '{$1}');
    paths[template] = { ...paths[template], [method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'Cardea registration centre',
      version: '1',
      description:
        'JSON over TLS 1.3. Bytes are lower-case hex, times are milliseconds since the Unix epoch. Callers are known by their client certificate; x-callers says who may call. Every refusal is a problem document (RFC 9457), whose code is stable.',
    },
    paths,
    components: {
      securitySchemes: { certificate: { type: 'mutualTLS', description: 'A certificate that joining gave' } },
      schemas: { Problem: schemaOf(problem, 'output') },
      responses: {
        Problem: {
          description: `A refusal or a failure; code says which (${Object.keys(REFUSALS).join(', ')})`,
          content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  };
}

function operationOf({ name, body, params, querystring, answer, inBytes }: DescribedRoute): JsonSchema {
  const callers: 'anyone' | readonly string[] = ACCESS[name];
  const refusals = REFUSED_STATUSES.map((status) => [status, { $ref: '#/components/responses/Problem' }]);
  return {
    operationId: operationId(name),
    summary: SUMMARIES[name],
    security: callers === 'anyone' ? [] : [{ certificate: [] }],
    'x-callers': callers,
    parameters: [...parameters('path', params), ...parameters('query', querystring)],
    ...(body && {
      requestBody: { required: true, content: { [CONTACT_TYPE]: { schema: schemaOf(body, 'input') } } },
    }),
    responses: {
      200: {
        description: 'Done',
        content: {
          [CONTACT_TYPE]: { schema: answer === undefined ? {} : schemaOf(answer, 'output') },
          ...(inBytes !== undefined && { [inBytes]: { schema: { contentMediaType: inBytes } } }),
        },
      },
      ...Object.fromEntries(refusals),
    },
  };
}

/** `PUT /v1/registrations/:id` → `putRegistrationsId`. */
function operationId(name: RouteName): string {
  const [first = '', ...words] =
    name
      .toLowerCase()
      .replace('/v1/', '')
      .match(/[a-z0-9]+/g) ?? [];
  return first + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function parameters(place: 'path' | 'query', schema: z.ZodType | undefined): JsonSchema[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = objectSchema.parse(schemaOf(schema, 'input'));
  return Object.entries(properties).map(([name, each]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: each,
  }));
}

const objectSchema = z.object({
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
});

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
