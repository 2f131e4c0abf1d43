import { type DestinationStream, destination as openDestination, pino } from 'pino';
import { boundedLog } from './bounded-log.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Log, LogFields } from './log.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A file's path, or anything with `write(line)`. */
export type LogDestination = string | DestinationStream;

const STDERR = 2;

/**
 * Opens a log that writes one JSON document a line, at most 100 of one event a minute: `time`, `level`, `process`, the fields, `event`. Lines
 * are written before the call returns, so that the last words of a process that dies are there. A log that
 * cannot be written (disk full) is given up silently: it must not take the service with it.
 *
 * There is no list of fields to black out: `Log` takes flat fields only, never an object that might carry
 * a secret along.
 *
 * @param options.name the process, as in `cardea-hub`
 * @param options.destination standard error when left out
 */
export function openLog(options: {
  readonly level: LogLevel;
  readonly name: string;
  readonly destination?: LogDestination;
  readonly clock?: Clock;
}): Log {
  const clock = options.clock ?? systemClock;
  const logger = pino(
    {
      level: options.level,
      base: { process: options.name },
      messageKey: 'event',
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    openSink(options.destination ?? STDERR),
  );
  const write = (level: 'debug' | 'info' | 'warn' | 'error') => (event: string, fields?: LogFields) =>
    logger[level](fields ?? {}, event);
  const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  return boundedLog(log, clock);
}

function openSink(target: LogDestination | number): DestinationStream {
  if (typeof target === 'object') {
    return target;
  }
  const sink = openDestination({ dest: target, sync: true, mode: 0o600 });
  sink.on('error', () => {});
  return sink;
}

/** Says nothing: for tests. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
