import type { HardwareClock } from './clock.ts';

/** Settles as `work` does. @throws the signal's reason, at once, when it is or becomes aborted */
export function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Resolves `ms` milliseconds later by `clock`. @throws the signal's reason, at once, when aborted */
export function pauseUnlessAborted(
  clock: HardwareClock,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  let timer: { cancel(): void } | undefined;
  const paused = new Promise<void>((resolve) => {
    timer = clock.after(ms, resolve);
  });
  return abortable(paused, signal).finally(() => timer?.cancel());
}
