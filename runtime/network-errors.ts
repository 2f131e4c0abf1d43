import { CardeaError } from './errors.ts';

/** The network refused something other than the cases that have errors of their own. */
export class NetworkError extends CardeaError {
  readonly code: string = 'network';
}

/** Nothing answers there: a wrong name, nothing listening, no way to it, or no answer in time. */
export class UnreachableError extends NetworkError {
  override readonly code = 'unreachable';
}

/** Another program listens there already. */
export class AddressInUseError extends NetworkError {
  override readonly code = 'address-in-use';
}
