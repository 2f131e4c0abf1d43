/** 2026-01-01: a clock that says less is wrong, since Cardea is younger. Milliseconds since the Unix epoch. */
export const EARLIEST_TIME = Date.UTC(2026, 0, 1);

/** A timer that has not fired yet. Cancelling one that fired, or was cancelled, does nothing. */
export interface Timer {
  cancel(): void;
}

/**
 * Time as everything in Cardea sees it: passed in, so that a test or the fault lab decides what time
 * it is and when it passes.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. May jump in both directions. */
  now(): number;
  /** Milliseconds from an arbitrary start, never going back: for durations. */
  monotonic(): number;
  /** Calls `run` once, `ms` milliseconds from now at the earliest. Keeps the process alive until then. */
  after(ms: number, run: () => void): Timer;
}

/** 24.8 days: `setTimeout` fires at once when asked for more, and certificates live longer. */
const LONGEST_TIMEOUT_MS = 0x7fff_ffff;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, run) {
    let handle: NodeJS.Timeout;
    const wait = (left: number) => {
      const step = Math.min(left, LONGEST_TIMEOUT_MS);
      handle = setTimeout(() => (left > step ? wait(left - step) : run()), step);
    };
    wait(ms);
    return { cancel: () => clearTimeout(handle) };
  },
};

/**
 * Resolves `ms` milliseconds later by `clock`.
 * @throws the signal's reason, at once, when `signal` is or becomes aborted.
 */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
