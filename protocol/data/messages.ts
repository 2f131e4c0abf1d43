import { z } from 'zod';
import { fromUtf8, utf8 } from '../bytes.ts';
import { MalformedError } from '../errors.ts';
import { DATA_METHODS, type DataMethod, type DataParams, type DataResult, isDataMethod } from './methods.ts';

/** Codes of `{"id", "error": {"code", "message"}}`. */
export const DATA_ERROR_CODES = [
  'method-unknown',
  'params-invalid',
  'not-allowed',
  'conflict',
  'busy',
  'internal',
] as const;
export type DataErrorCode = (typeof DATA_ERROR_CODES)[number];

/** One request; `method` tells the type of `params`. `id` is a safe integer from 0. */
export type DataRequest = {
  [M in DataMethod]: { readonly id: number; readonly method: M; readonly params: DataParams<M> };
}[DataMethod];

export interface ErrorAnswer {
  readonly id: number;
  readonly error: { readonly code: DataErrorCode; readonly message: string };
}

export interface ResultAnswer<M extends DataMethod> {
  readonly id: number;
  readonly result: DataResult<M>;
}

/** What a device reads: the hub may know more codes than it does. */
export type ReceivedAnswer<M extends DataMethod> =
  | ResultAnswer<M>
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } };

const id = z.int().min(0);
const requestEnvelope = z.object({ id, method: z.string(), params: z.unknown().optional() });
const answerEnvelope = z.object({
  id,
  result: z.unknown().optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});

/** The plaintext of a DATA message from the device (PROTOCOL 2.5). */
export function encodeRequest(request: DataRequest): Uint8Array {
  return encodeJson(request);
}

/**
 * The request, or, where its id can be read but no more, the error to answer it with.
 * @throws MalformedError for what is no request at all
 */
export function decodeRequest(plaintext: Uint8Array): DataRequest | ErrorAnswer {
  const envelope = requestEnvelope.safeParse(decodeJson(plaintext));
  if (!envelope.success) throw new MalformedError('no {"id", "method", "params"}');
  const { id, method, params } = envelope.data;
  if (!isDataMethod(method)) {
    return { id, error: { code: 'method-unknown', message: 'this hub does not know the method' } };
  }
  const parsed = DATA_METHODS[method].params.safeParse(params);
  if (!parsed.success) {
    const at = parsed.error.issues[0]?.path.join('.') || 'params';
    return { id, error: { code: 'params-invalid', message: `${at} of ${method} is not what it should be` } };
  }
  // The schema is the method's own; TypeScript cannot follow the pair through the table.
  return { id, method, params: parsed.data } as DataRequest;
}

/** The plaintext of a DATA message from the hub. */
export function encodeAnswer(answer: ResultAnswer<DataMethod> | ErrorAnswer): Uint8Array {
  return encodeJson(answer);
}

/**
 * The answer to `request`, which is the only one under way.
 * @throws MalformedError for what is no answer, or the answer to another request
 */
export function decodeAnswer<M extends DataMethod>(
  plaintext: Uint8Array,
  request: { readonly id: number; readonly method: M },
): ReceivedAnswer<M> {
  const envelope = answerEnvelope.safeParse(decodeJson(plaintext));
  if (!envelope.success) throw new MalformedError('no {"id", "result"} and no {"id", "error"}');
  const { id, result, error } = envelope.data;
  if (id !== request.id) throw new MalformedError('an answer to another request');
  if (error !== undefined) {
    if (result !== undefined) throw new MalformedError('an answer with both a result and an error');
    return { id, error };
  }
  const parsed = DATA_METHODS[request.method].result.safeParse(result);
  if (!parsed.success) throw new MalformedError(`the result of ${request.method} is not what it should be`);
  return { id, result: parsed.data as DataResult<M> };
}

function encodeJson(value: DataRequest | ResultAnswer<DataMethod> | ErrorAnswer): Uint8Array {
  return utf8(JSON.stringify(value));
}

/** The parser's own error is not passed on: it quotes what came from the other side. */
function decodeJson(bytes: Uint8Array): unknown {
  const text = fromUtf8(bytes);
  try {
    return JSON.parse(text);
  } catch {
    throw new MalformedError('not JSON');
  }
}
