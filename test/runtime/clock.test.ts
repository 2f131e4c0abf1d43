import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sleep, systemClock } from '../../runtime/clock.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';

describe('the system clock', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('waits as long as a certificate lives, longer than setTimeout can', () => {
    const days90 = 90 * 86_400_000;
    let fired = 0;
    systemClock.after(days90, () => {
      fired += 1;
    });
    vi.advanceTimersByTime(days90 - 1);
    expect(fired).toBe(0);
    vi.advanceTimersByTime(1);
    expect(fired).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('cancels a long timer in its second stretch', () => {
    const timer = systemClock.after(60 * 86_400_000, () => expect.unreachable());
    vi.advanceTimersByTime(30 * 86_400_000);
    timer.cancel();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('sleep', () => {
  it('resolves when its time is over', async () => {
    const clock = new SimulatedClock();
    let awake = false;
    const slept = sleep(clock, 100).then(() => {
      awake = true;
    });
    await clock.advance(99);
    expect(awake).toBe(false);
    await clock.advance(1);
    expect(awake).toBe(true);
    await slept;
  });

  it('rejects with the reason when aborted, before or during, and leaves no timer', async () => {
    const clock = new SimulatedClock();
    const stop = new AbortController();
    const slept = sleep(clock, 100, stop.signal);
    stop.abort(new Error('enough'));
    await expect(slept).rejects.toThrow('enough');
    await expect(sleep(clock, 100, stop.signal)).rejects.toThrow('enough');
    expect(clock.pendingTimers).toBe(0);
  });
});
