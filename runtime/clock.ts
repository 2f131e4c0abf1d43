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

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, run) {
    const handle = setTimeout(run, ms);
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
