import Fastify, { type FastifyReply, type FastifyTypeProvider } from 'fastify';
import type { z } from 'zod';
import type { Membership } from '../store/members.ts';

/** What a request may hold where its route does not say otherwise. */
const BODY_LIMIT_BYTES = 64 * 1024;

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; null on the routes that are for anyone. */
    caller: Membership | null;
  }
  interface FastifyContextConfig {
    /** The media type in which a route answers besides JSON, where it is asked for. */
    inBytes?: string;
  }
}

/** Types of a route's request and answer, out of its zod schemas. */
interface ZodTypes extends FastifyTypeProvider {
  readonly validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown;
  readonly serializer: this['schema'] extends z.ZodType ? z.input<this['schema']> : unknown;
}

export type ZodApp = ReturnType<typeof newZodApp>;

/**
 * fastify, with JSON as the only body and zod schemas to check requests by.
 *
 * @param answerUnroutable answers requests whose path cannot even be read
 */
export function newZodApp(answerUnroutable: (error: unknown, reply: FastifyReply) => void) {
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    exposeHeadRoutes: false,
    frameworkErrors: (error, _request, reply) => answerUnroutable(error, reply),
  });
  app.removeContentTypeParser('text/plain');
  app.decorateRequest('caller', null);
  app.setValidatorCompiler<z.ZodType>(({ schema }) => (data) => {
    const parsed = schema.safeParse(data);
    return parsed.success ? { value: parsed.data } : { error: parsed.error };
  });
  // The answers' shapes are held by their types; to check each once more would only cost time.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  return app.withTypeProvider<ZodTypes>();
}

/** The member who calls a route that is not for anyone. */
export function callerOf(request: { readonly caller: Membership | null }): Membership {
  if (request.caller === null) throw new Error('a route for members was reached without one');
  return request.caller;
}

/** Its id. */
export function callerId(request: { readonly caller: Membership | null }): string {
  return callerOf(request).id;
}
