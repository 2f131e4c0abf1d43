import type { Clock, Timer } from '../../runtime/clock.ts';

/** How often a worker is asked. */
export const BEAT_MS = 5_000;
/** So many questions without an answer, and it hangs. */
const BEATS_MISSED_MAX = 3;
/** The same while it starts, which takes long on a slow machine under load. */
const BEATS_MISSED_MAX_STARTING = 12;

/**
 * Whether a worker that has not ended still works. It is asked again and again; one whose event loop goes round
 * answers at once. Questions are counted, not time: where it is the asking process that stood still, or the machine
 * slept, the answers that wait are read before the next question.
 */
export class Pulse {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #ask: () => void;
  readonly #onHung: () => void;
  #timer: Timer | undefined;
  #missed = 0;
  #isStarted = false;

  /** @param onHung called once, when the worker has missed too many; nothing is asked then any more */
  constructor(clock: Pick<Clock, 'after'>, ask: () => void, onHung: () => void) {
    this.#clock = clock;
    this.#ask = ask;
    this.#onHung = onHung;
    this.#beat();
  }

  /** It has not answered the last question: whoever is sent to it waits in vain. */
  get isSilent(): boolean {
    return this.#missed > 1;
  }

  /** From now on it has no excuse. */
  started(): void {
    this.#isStarted = true;
    this.answered();
  }

  answered(): void {
    this.#missed = 0;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #beat(): void {
    if (this.#missed >= (this.#isStarted ? BEATS_MISSED_MAX : BEATS_MISSED_MAX_STARTING)) {
      this.#onHung();
      return;
    }
    this.#missed += 1;
    this.#ask();
    this.#timer = this.#clock.after(BEAT_MS, () => this.#beat());
  }
}
