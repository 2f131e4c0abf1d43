import type { z } from 'zod';
import { problem } from '../protocol/rc-api/problem.ts';
import type { HttpsAnswer, HttpsRequest } from './https-client.ts';
import { RcAnswerError, RcRefusedError } from './rc-errors.ts';

/** What the RC answered, where it is what was asked for. @throws RcRefusedError, RcAnswerError */
export function understood<T>(schema: z.ZodType<T>, request: HttpsRequest, answer: HttpsAnswer): T {
  if (answer.status >= 400) throw refusal(answer);
  const parsed = schema.safeParse(answer.body);
  if (answer.status < 200 || answer.status >= 300 || !parsed.success) {
    throw notUnderstood(request.path, parsed.error);
  }
  return parsed.data;
}

function refusal({ status, body }: HttpsAnswer): RcRefusedError | RcAnswerError {
  const parsed = problem.safeParse(body);
  if (!parsed.success) {
    return new RcAnswerError(`the registration centre failed with HTTP status ${status}: look into its log`);
  }
  const { title, detail = title, code } = parsed.data;
  return new RcRefusedError(`the registration centre refuses: ${oneLine(detail)}`, {
    problemCode: code,
    status,
  });
}

export function notUnderstood(path: string, cause: unknown): RcAnswerError {
  const what = path.replace(/[?].*/s, '');
  return new RcAnswerError(
    `the registration centre's answer to ${what} is not understood: check that both sides have the same version of Cardea`,
    { cause },
  );
}

/** For a terminal or a log: without control characters, and not endless. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, 300);
}
