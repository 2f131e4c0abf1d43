import { ProtocolError } from '../errors.ts';

/** ΔT: how far two clocks may be apart, in milliseconds (PROTOCOL 1.2). */
export const DELTA_T = 1000;

/** Two clocks differ by more than ΔT: at the hub ERROR 8, before `beta` is looked at (PROTOCOL 1.2, 2.5). */
export class ClockError extends ProtocolError {
  readonly code = 'clock';
  /** The other side's time minus ours, in milliseconds. */
  readonly difference: number;

  constructor(difference: number) {
    super(`the clocks differ by ${Math.abs(difference)} ms; at most ${DELTA_T} ms are allowed`);
    this.difference = difference;
  }
}

/** Times in milliseconds since the Unix epoch. @throws ClockError when they are more than ΔT apart. */
export function requireFresh(theirs: number, ours: number): void {
  if (Math.abs(theirs - ours) > DELTA_T) throw new ClockError(theirs - ours);
}
