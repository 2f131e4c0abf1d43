/**
 * Time as `hardware/` sees it, passed in. (A `Clock` of `runtime/` is one; this folder imports none of the
 * others.)
 */
export interface HardwareClock {
  /** Milliseconds from an arbitrary start, never going back. */
  monotonic(): number;
  /** Calls `run` once, `ms` milliseconds from now at the earliest. */
  after(ms: number, run: () => void): { cancel(): void };
}

/** Resolves `ms` milliseconds later by `clock`. */
export function pause(clock: HardwareClock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}
