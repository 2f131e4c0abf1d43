import type { Clock } from './clock.ts';
import type { Log, LogFields } from './log.ts';

const WINDOW_MS = 60_000;
/** Lines of one event a minute. */
const LINES_MAX = 100;

type Level = keyof Log;

interface Window {
  readonly began: number;
  readonly lines: number;
  readonly left: number;
}

/**
 * A log that writes at most 100 lines of one event a minute, so that nobody who can cause one fills the disk with
 * them; how many were left out is said with the next line of that event.
 */
export function boundedLog(log: Log, clock: Pick<Clock, 'monotonic'>): Log {
  // Events are sentences of the program: there are as many as it has.
  const windows = new Map<string, Window>();
  const bounded = (level: Level) => (event: string, fields?: LogFields) => {
    const now = clock.monotonic();
    const last = windows.get(event);
    const isNew = last === undefined || now - last.began >= WINDOW_MS;
    if (!isNew && last.lines >= LINES_MAX) {
      windows.set(event, { ...last, left: last.left + 1 });
      return;
    }
    const left = isNew ? (last?.left ?? 0) : last.left;
    windows.set(event, { began: isNew ? now : last.began, lines: isNew ? 1 : last.lines + 1, left: 0 });
    log[level](event, left === 0 ? fields : { ...fields, leftOut: left });
  };
  return { debug: bounded('debug'), info: bounded('info'), warn: bounded('warn'), error: bounded('error') };
}
