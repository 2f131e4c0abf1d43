import { CardeaError } from '../runtime/errors.ts';
import { RcAnswerError } from './rc-errors.ts';

/**
 * What `read` makes of an answer with certificates in it: one that would leave a folder with what is of no use
 * is refused before anything is kept of it.
 *
 * @throws RcAnswerError for whatever `read` throws
 */
export function ofUse<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    const why = cause instanceof CardeaError ? cause.message : 'it cannot be read';
    throw new RcAnswerError(`the registration centre's answer is of no use: ${why}`, { cause });
  }
}
