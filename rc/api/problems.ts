import type { Duplex } from 'node:stream';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ProtocolError } from '../../protocol/errors.ts';
import type { Problem } from '../../protocol/rc-api/problem.ts';
import type { Log } from '../../runtime/log.ts';
import { StoreError, StoreFullError, StoreReadOnlyError } from '../../runtime/store-errors.ts';
import { REFUSALS, type RefusalCode, RefusedError } from '../errors.ts';
import { methodsAt } from './access.ts';
import type { ZodApp } from './zod-app.ts';

const TITLES: Readonly<Record<RefusalCode, string>> = {
  'request-malformed': 'The request is malformed',
  'certificate-required': 'A client certificate is needed',
  'certificate-unknown': 'The client certificate is unknown',
  'certificate-expired': 'The client certificate has expired',
  'member-revoked': 'The caller was revoked',
  'not-allowed': 'The caller may not do this',
  'token-refused': 'The join token is not good',
  'proof-refused': 'The proof does not match',
  'route-unknown': 'There is nothing here',
  'method-not-allowed': 'There is no such method here',
  'card-unknown': 'There is no such card',
  'patient-unknown': 'There is no such patient',
  'member-unknown': 'There is no such member',
  'member-self': 'Nobody revokes themselves',
  'registration-unknown': 'There is no such registration',
  'id-taken': 'The id is taken',
  'key-taken': 'The key is taken',
  'certificates-too-many': 'There are too many certificates',
  'uid-taken': 'The UID is taken',
  'location-too-long': 'The location is too long',
  'hub-not-registered': 'The hub is not registered under limbasiya-2021',
  'clocks-differ': 'The clocks differ',
  'registration-conflict': 'The registration was completed otherwise',
  'record-taken': 'The record number is taken',
  'card-replaced': 'The card has been replaced',
  'card-revoked': 'The card is revoked',
  'card-copied': 'There is a copy of the card',
  'card-without-locks': 'The card is of a suite without locks',
  'authority-in-use': 'Cards in use would be lost',
  'rotation-conflict': 'The key is not the present one',
  'secret-place': 'The new key cannot be kept',
  'body-too-large': 'The request is too large',
  'media-type-unsupported': 'The request is not JSON',
  'audit-broken': 'The audit trail is not as it was written',
  'requests-too-many': 'There are too many requests',
};

/**
 * Has every refusal and failure answered as problem details (RFC 9457), and the unforeseen ones logged.
 *
 * @param onRefusal hears of every refusal before it is answered; must not throw
 */
export function answerWithProblems(
  app: ZodApp,
  log: Log,
  onRefusal: (request: FastifyRequest, refused: RefusedError) => Promise<void>,
): void {
  app.setNotFoundHandler((request, reply) => {
    const methods = methodsAt(request.url);
    if (methods.length === 0) {
      sendProblem(reply, problemOf(new RefusedError('route-unknown', 'no such path')));
      return;
    }
    void reply.header('allow', methods.join(', '));
    sendProblem(reply, refusal('method-not-allowed', `this takes ${methods.join(' or ')}`));
  });
  app.setErrorHandler(async (error, request, reply) => {
    const problem = problemOf(error);
    if (problem.status >= 500) {
      const route = `${request.method} ${request.routeOptions.url ?? ''}`;
      log.error('a request failed', { route, code: problem.code, error: describe(error) });
    }
    if (error instanceof RefusedError) await onRefusal(request, error);
    if (error instanceof RefusedError && error.retryAfterSeconds !== null) {
      void reply.header('retry-after', error.retryAfterSeconds);
    }
    sendProblem(reply, problem);
    return reply;
  });
}

/** What is no HTTP at all is answered once, and its connection closed: nothing after it can be trusted. */
export function answerBrokenHttp(_error: Error, socket: Duplex): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(refusal('request-malformed', 'this is not HTTP/1.1, or its head is too long'));
  const head = [
    'HTTP/1.1 400 Bad Request',
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

export function sendProblem(reply: FastifyReply, problem: Problem): void {
  // As a string: the serializer of the route is for its answers.
  void reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

/** What to tell the caller. Nothing of an unforeseen failure goes out: it might hold what it failed on. */
export function problemOf(error: unknown): Problem {
  if (error instanceof RefusedError) return refusal(error.code, error.message);
  if (error instanceof z.ZodError) return refusal('request-malformed', describeIssues(error));
  if (error instanceof ProtocolError) return refusal('request-malformed', error.message);
  if (error instanceof StoreError) return storeProblem(error);
  return frameworkProblem(error);
}

/** Nothing was changed: a store's transaction is done whole or not at all. */
function storeProblem(error: StoreError): Problem {
  const problem = { type: 'about:blank', status: 503, code: error.code };
  if (error instanceof StoreFullError) {
    const detail =
      'its disk is full, and nothing was changed: have its operator free space on it, then try again';
    return { ...problem, title: "The registration centre's disk is full", detail };
  }
  if (error instanceof StoreReadOnlyError) {
    const detail =
      'its disk cannot be written, and nothing was changed: have its operator look into its log, then try again';
    return { ...problem, title: "The registration centre's disk is read-only", detail };
  }
  const detail =
    'its disk failed, and nothing was changed: try again later; its operator finds the reason in its log';
  return { ...problem, title: 'The registration centre cannot use its disk', detail };
}

/** fastify's own: what it could not read has a status below 500. */
function frameworkProblem(error: unknown): Problem {
  const status = isFastifyError(error) ? (error.statusCode ?? 500) : 500;
  switch (status) {
    case REFUSALS['body-too-large']:
      return refusal('body-too-large', 'send less at a time');
    case REFUSALS['media-type-unsupported']:
      return refusal('media-type-unsupported', 'send Content-Type: application/json');
    default:
      return status < 500
        ? refusal('request-malformed', 'the body is no JSON, or the path or a header cannot be read')
        : {
            type: 'about:blank',
            title: 'The registration centre failed',
            status: 500,
            detail: 'try again; its operator finds the reason in its log',
            code: 'internal',
          };
  }
}

function refusal(code: RefusalCode, detail: string): Problem {
  return { type: 'about:blank', title: TITLES[code], status: REFUSALS[code], detail, code };
}

/** Where the request is wrong and what belongs there; never what was sent. */
function describeIssues(error: z.ZodError): string {
  const [first] = error.issues;
  if (first === undefined) return 'the request does not fit';
  const place = first.path.map(String).join('.') || 'the request';
  const expected = first.code === 'unrecognized_keys' ? 'has unknown fields' : first.message;
  return `${place}: ${expected}`.slice(0, 300);
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : 'not an error';
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number';
}
