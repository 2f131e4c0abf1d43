/** What tells a process to stop, and ends it: `process` in life. */
export interface StoppableProcess {
  on(signal: 'SIGTERM' | 'SIGINT' | 'SIGXFSZ', listener: () => void): unknown;
  off(signal: 'SIGTERM' | 'SIGINT' | 'SIGXFSZ', listener: () => void): unknown;
  exit(code: number): void;
}

/**
 * Runs a service until it ends by itself or SIGTERM or SIGINT asks it to: then `signal` is aborted, and
 * `run` has to close what it opened and return (or throw the signal's reason). Whoever asks a second time
 * is not patient: the process exits with 1 at once.
 */
export async function untilStopped(
  run: (signal: AbortSignal) => Promise<void>,
  target: StoppableProcess = process,
): Promise<void> {
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) {
      target.exit(1);
    }
    stop.abort();
  };
  target.on('SIGTERM', onSignal);
  target.on('SIGINT', onSignal);
  // Where a limit on the size of files is reached, the write fails, and is told of, instead of all ending here.
  target.on('SIGXFSZ', onTooLarge);
  try {
    await run(stop.signal);
  } catch (cause) {
    if (!stop.signal.aborted || cause !== stop.signal.reason) {
      throw cause;
    }
  } finally {
    target.off('SIGTERM', onSignal);
    target.off('SIGINT', onSignal);
    target.off('SIGXFSZ', onTooLarge);
  }
}

function onTooLarge(): void {}

/** Resolves when `signal` is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    } else {
      signal.addEventListener('abort', () => resolve(), { once: true });
    }
  });
}

/**
 * What a service has opened. `close` closes it in reverse order, each thing once, also those that remain
 * when one of them fails; then it throws the first failure.
 */
export class Resources {
  readonly #closers: (() => void | Promise<void>)[] = [];

  /** Remembers how to close a thing, and gives the thing back. */
  add<T>(resource: T, close: (resource: T) => void | Promise<void>): T {
    this.#closers.push(() => close(resource));
    return resource;
  }

  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      try {
        await close();
      } catch (cause) {
        failures.push(cause);
      }
    }
    if (failures.length > 0) {
      throw failures[0];
    }
  }
}
