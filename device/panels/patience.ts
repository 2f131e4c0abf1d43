import type { Clock } from '../../runtime/clock.ts';

/** How long a patient may take before they are asked whether they are still there, and then how much longer. */
export const PATIENCE_MS = 60_000;
export const GRACE_MS = 30_000;

/**
 * Waits for a patient, but not for ever: `warn` is called when it has taken long, and the wait ends by itself
 * some time after, with undefined. The next patient's PIN must not be taken for the last one's.
 *
 * @param wait rejects when the signal it is given aborts
 * @throws the outer signal's reason when it aborts, and whatever `wait` throws of its own
 */
export async function withPatience<T>(
  clock: Pick<Clock, 'after'>,
  signal: AbortSignal,
  warn: () => void,
  wait: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const over = new AbortController();
  let timer = clock.after(PATIENCE_MS, () => {
    warn();
    timer = clock.after(GRACE_MS, () => over.abort());
  });
  try {
    return await wait(AbortSignal.any([signal, over.signal]));
  } catch (error) {
    if (over.signal.aborted && !signal.aborted) return undefined;
    throw error;
  } finally {
    timer.cancel();
  }
}
