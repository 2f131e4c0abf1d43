import { parseCertificate } from '../certs/certificate.ts';
import { CardeaError } from '../runtime/errors.ts';

/** This machine's clock cannot be right, or the authority's time is over. */
export class ImpossibleTimeError extends CardeaError {
  readonly code = 'impossible-time';
}

/**
 * Checks that the time lies within the authority's life. A registration centre whose clock woke in 1970, or leapt
 * by decades, would issue what nobody can believe, and turn away whoever is in the right.
 *
 * @param authority its certificate, DER
 * @throws ImpossibleTimeError
 */
export function checkClock(authority: Uint8Array, now: number): void {
  const { notBefore, notAfter } = parseCertificate(authority);
  const clock = `this machine's clock says ${day(now)}`;
  if (now < notBefore) {
    throw new ImpossibleTimeError(
      `${clock}, and the network's authority was made on ${day(notBefore)}: set the clock`,
    );
  }
  if (now > notAfter) {
    throw new ImpossibleTimeError(
      `${clock}, and the network's authority ended on ${day(notAfter)}: set the clock; if it is right, set up a new network, for this one was not rotated in time`,
    );
  }
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
