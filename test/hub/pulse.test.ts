import { describe, expect, it } from 'vitest';
import { BEAT_MS, Pulse } from '../../hub/workers/pulse.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';

/** A worker that is asked, and answers or does not. */
function watched() {
  const clock = new SimulatedClock();
  const worker = { isWell: true, asked: 0, hung: 0 };
  const pulse = new Pulse(
    clock,
    () => {
      worker.asked += 1;
      if (worker.isWell) queueMicrotask(() => pulse.answered());
    },
    () => {
      worker.hung += 1;
    },
  );
  return { clock, worker, pulse };
}

describe('the pulse of a worker', () => {
  it('goes on for as long as it answers', async () => {
    const { clock, worker, pulse } = watched();
    pulse.started();
    await clock.advance(100 * BEAT_MS);
    expect([worker.hung, pulse.isSilent]).toEqual([0, false]);
    pulse.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it('makes it silent after one question, and given up, once, after three', async () => {
    const { clock, worker, pulse } = watched();
    pulse.started();
    await clock.advance(BEAT_MS - 1);
    worker.isWell = false;
    await clock.advance(BEAT_MS);
    expect([pulse.isSilent, worker.hung]).toEqual([false, 0]);
    await clock.advance(BEAT_MS);
    expect([pulse.isSilent, worker.hung]).toEqual([true, 0]);
    await clock.advance(2 * BEAT_MS);
    expect([pulse.isSilent, worker.hung]).toEqual([true, 1]);
    await clock.advance(20 * BEAT_MS);
    expect([worker.hung, clock.pendingTimers]).toEqual([1, 0]);
  });

  it('is taken up again by one answer', async () => {
    const { clock, worker, pulse } = watched();
    pulse.started();
    worker.isWell = false;
    await clock.advance(2 * BEAT_MS + 1);
    worker.isWell = true;
    await clock.advance(BEAT_MS);
    expect([pulse.isSilent, worker.hung]).toEqual([false, 0]);
  });

  it('leaves it time to start, but not for ever', async () => {
    const { clock, worker } = watched();
    worker.isWell = false;
    await clock.advance(10 * BEAT_MS);
    expect(worker.hung).toBe(0);
    await clock.advance(5 * BEAT_MS);
    expect(worker.hung).toBe(1);
  });

  it('counts one question for however long the process that asks stood still', async () => {
    let due: () => void = () => {};
    let hung = 0;
    const late = {
      after: (_ms: number, run: () => void) => {
        due = run;
        return { cancel: () => {} };
      },
    };
    const pulse = new Pulse(
      late,
      () => {},
      () => hung++,
    );
    pulse.started();
    // An hour later: the timer is first, and what the worker answered long ago is read only then.
    due();
    pulse.answered();
    due();
    pulse.answered();
    expect([hung, pulse.isSilent]).toEqual([0, false]);
  });
});
