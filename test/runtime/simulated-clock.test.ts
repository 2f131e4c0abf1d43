import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { sleep } from '../../runtime/clock.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';

describe('a simulated clock', () => {
  it('stands still until it is advanced, and then moves both its times', async () => {
    const clock = new SimulatedClock(1_000);
    expect([clock.now(), clock.monotonic()]).toEqual([1_000, 0]);
    await clock.advance(250);
    expect([clock.now(), clock.monotonic()]).toEqual([1_250, 250]);
  });

  it('runs timers in the order they are due, equal ones in the order they were set', async () => {
    const clock = new SimulatedClock(0);
    const ran: string[] = [];
    const note = (name: string) => () => ran.push(`${name}@${clock.now()}`);
    clock.after(20, note('c'));
    clock.after(10, note('a'));
    clock.after(10, note('b'));
    clock.after(31, note('not yet'));
    await clock.advance(30);
    expect(ran).toEqual(['a@10', 'b@10', 'c@20']);
    expect(clock.pendingTimers).toBe(1);
  });

  it('lets promises and turns of the event loop settle before the next timer', async () => {
    const clock = new SimulatedClock(0);
    const ran: string[] = [];
    const worker = async () => {
      await sleep(clock, 10);
      await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
      ran.push('worker');
      await sleep(clock, 5);
      ran.push(`worker again @${clock.now()}`);
    };
    const working = worker();
    clock.after(16, () => ran.push('later timer'));
    await clock.advance(100);
    await working;
    expect(ran).toEqual(['worker', 'worker again @15', 'later timer']);
  });

  it('never runs a timer that was cancelled, also by another timer due at the same moment', async () => {
    const clock = new SimulatedClock();
    const second = { cancel: () => {} };
    clock.after(10, () => second.cancel());
    second.cancel = clock.after(10, () => expect.unreachable()).cancel;
    await clock.advance(10);
    second.cancel();
    expect(clock.pendingTimers).toBe(0);
  });

  it('jumps like a corrected system clock: now moves, durations and timers do not', async () => {
    const clock = new SimulatedClock(5_000);
    let fired = false;
    clock.after(10, () => {
      fired = true;
    });
    clock.jump(-3_000);
    expect([clock.now(), clock.monotonic(), fired]).toEqual([2_000, 0, false]);
    await clock.advance(10);
    expect([clock.now(), clock.monotonic(), fired]).toEqual([2_010, 10, true]);
  });

  it('takes a time in the past as now', async () => {
    const clock = new SimulatedClock();
    let fired = false;
    clock.after(-5, () => {
      fired = true;
    });
    await clock.advance(0);
    expect([fired, clock.monotonic()]).toEqual([true, 0]);
  });

  it('rejects with what a timer throws, and goes on afterwards', async () => {
    const clock = new SimulatedClock();
    clock.after(10, () => {
      throw new Error('from the timer');
    });
    await expect(clock.advance(20)).rejects.toThrow('from the timer');
    await clock.advance(20);
    expect(clock.monotonic()).toBe(30);
  });

  it('lets no time pass while other threads are busy, where it is told of them', async () => {
    let isBusy = false;
    const clock = new SimulatedClock(0, { isBusy: () => isBusy });
    const readAt: number[] = [];
    clock.after(10, () => {
      isBusy = true;
      void readdir('.').then(() => {
        isBusy = false;
        readAt.push(clock.monotonic());
      });
    });
    clock.after(11, () => readAt.push(-1));
    await clock.advance(20);
    expect(readAt).toEqual([10, -1]);
  });

  it('refuses to be advanced twice at once', async () => {
    const clock = new SimulatedClock();
    const first = clock.advance(10);
    await expect(clock.advance(10)).rejects.toThrow('advanced already');
    await first;
  });
});

describe('advanceUntil', () => {
  it('lets just as much time pass as the promise needs', async () => {
    const clock = new SimulatedClock();
    clock.after(5_000, () => expect.unreachable());
    const work = sleep(clock, 30).then(() => sleep(clock, 40).then(() => 'done'));
    expect(await clock.advanceUntil(work)).toBe('done');
    expect(clock.monotonic()).toBe(70);
  });

  it('waits in real time for work of other threads, where no timer is left', async () => {
    const clock = new SimulatedClock();
    const entries = await clock.advanceUntil(readdir('.').then((names) => readdir('.').then(() => names)));
    expect(entries).toContain('package.json');
    expect(clock.monotonic()).toBe(0);
  });

  it('rejects as the promise does', async () => {
    const clock = new SimulatedClock();
    const work = sleep(clock, 30).then(() => Promise.reject(new Error('no')));
    await expect(clock.advanceUntil(work)).rejects.toThrow('no');
  });

  it('gives up when the promise needs longer than it may', async () => {
    const clock = new SimulatedClock();
    await expect(clock.advanceUntil(sleep(clock, 1_001), 1_000)).rejects.toThrow('within 1000 ms');
  });
});
