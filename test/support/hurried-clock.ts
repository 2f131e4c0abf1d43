import { type Clock, systemClock } from '../../runtime/clock.ts';

/**
 * The machine's clock with timers that run out `factor` times sooner: for patience that is to end within a
 * test, where real sockets and files are at work too.
 */
export function hurriedClock(factor: number): Clock {
  return { ...systemClock, after: (ms, run) => systemClock.after(ms / factor, run) };
}
