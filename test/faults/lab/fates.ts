import { RcRefusedError } from '../../../certs/rc-errors.ts';

/** What is known of something that was asked of the registration centre. */
export type Fate<T> =
  | { readonly fate: 'done'; readonly answer: T }
  /** It said no: nothing was done. */
  | { readonly fate: 'refused' }
  /** No answer came: it may have been done, and may not. */
  | { readonly fate: 'unknown'; readonly cause: unknown };

export async function fateOf<T>(asked: Promise<T>): Promise<Fate<T>> {
  try {
    return { fate: 'done', answer: await asked };
  } catch (cause) {
    return cause instanceof RcRefusedError ? { fate: 'refused' } : { fate: 'unknown', cause };
  }
}
